"""A planning problem as a JSON document, and a plan as one: the format of the benchmark instances, with
our additions.

Owns the reading and writing of that format. Must not know files, commands or how a plan is found.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cloud.ordering.model import Delivery, Line, Offer, PriceBreak, Problem, Product
from cloud.ordering.uncertainty import stock_surprises, surprises

Document = Mapping[str, Any]


def read_problem(document: Document) -> Problem:
    """Build the problem of one instance; day t is weekday t % 7, week t // 7, whole horizon long."""
    days = int(document["days"])
    suppliers = document["suppliers"]
    zones = _zones(document)
    return Problem(
        days=days,
        suppliers=tuple(str(s.get("name", f"supplier {n}")) for n, s in enumerate(suppliers)),
        deliveries=tuple(_deliveries(suppliers, days)),
        products=tuple(_product(n, item, list(zones)) for n, item in enumerate(document["items"])),
        weekly_budget=_budgets(document.get("weekly_budget"), (days + 6) // 7),
        zone_volume=tuple(zones.values()),
        zone_names=tuple(zones),
    )


def _budgets(said: float | Sequence[float | None] | None, weeks: int) -> tuple[float | None, ...]:
    """One budget for every week, or a list of them."""
    return tuple(said) if isinstance(said, Sequence) else (said,) * weeks


def _zones(document: Document) -> dict[str, float]:
    """The volume of each storage zone by name; `storage_volume` alone is one zone for everything."""
    if document.get("zones"):
        return {str(name): float(volume) for name, volume in document["zones"].items()}
    volume = document.get("storage_volume")
    return {} if volume is None else {"storage": volume}


def write_lines(problem: Problem, lines: Sequence[Line]) -> list[dict[str, int]]:
    """The plan as the instance format has it: item, supplier, day, cases."""
    return [
        {
            "item": line.product,
            "supplier": problem.deliveries[line.delivery].supplier,
            "day": problem.deliveries[line.delivery].order_day,
            "cases": line.cases,
        }
        for line in sorted(lines)
    ]


def _deliveries(suppliers: Sequence[Document], days: int) -> list[Delivery]:
    return [
        Delivery(n, day, day + s["lead_days"], day // 7, s["minimum_order_value"], s["delivery_fee"], is_open)
        for n, s in enumerate(suppliers)
        for is_open in (not s.get("is_closed", False),)
        for closed in (set(s.get("closed_days", ())),)
        for day in range(days - s["lead_days"])
        if day % 7 in s["order_weekdays"] and not {day, day + s["lead_days"]} & closed
    ]


def _product(number: int, item: Document, zones: Sequence[str]) -> Product:
    demand = tuple(item["demand"])
    stock_sigma = float(item.get("on_hand_sigma", 0.0))
    daily_sigma = tuple(item.get("demand_sigma", (0.0,) * len(demand)))
    zone = item.get("zone")
    return Product(
        name=str(item.get("name", f"{item.get('kind', 'item')} {number}")),
        demand_units=demand,
        on_hand_units=item["on_hand"],
        unit_cost=item["unit_cost"],
        shortage_cost=item["shortage_cost"],
        holding_cost_per_day=item["holding_cost_per_day"],
        offers=tuple(_offer(offer) for offer in item["offers"]),
        safety_stock_units=item["safety_stock"],
        unit_volume=item["unit_volume"],
        zone=zones.index(zone) if zone in zones else len(zones) if zone is not None else 0,
        arriving_units=tuple(item.get("arriving", ())),
        surprise_units=surprises(demand, daily_sigma, stock_sigma),
        stock_surprise_units=stock_surprises(stock_sigma),
        shelf_life_days=item.get("shelf_life_days"),
    )


def _offer(offer: Document) -> Offer:
    breaks = sorted((b["min_cases"], b["unit_price"]) for b in offer["price_breaks"])
    prices = tuple(PriceBreak(n, price) for n, price in breaks)
    deposit, article = float(offer.get("deposit", 0.0)), str(offer.get("article", ""))
    return Offer(offer["supplier"], offer["pack_size"], prices, deposit, article)
