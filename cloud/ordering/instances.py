"""A planning problem as a JSON document, and a plan as one: the format of the benchmark instances, with
our additions.

Owns the reading and writing of that format. Must not know files, commands or how a plan is found.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cloud.ordering.model import Delivery, Line, Offer, PriceBreak, Problem, Product

Document = Mapping[str, Any]


def read_problem(document: Document) -> Problem:
    """Build the problem of one instance; day t is weekday t % 7, week t // 7, whole horizon long."""
    days = int(document["days"])
    suppliers = document["suppliers"]
    weeks = (days + 6) // 7
    return Problem(
        days=days,
        suppliers=tuple(str(s.get("name", f"supplier {n}")) for n, s in enumerate(suppliers)),
        deliveries=tuple(_deliveries(suppliers, days)),
        products=tuple(_product(n, item) for n, item in enumerate(document["items"])),
        weekly_budget=(document.get("weekly_budget"),) * weeks,
        zone_volume=(document["storage_volume"],) if document.get("storage_volume") is not None else (),
    )


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
        Delivery(n, day, day + s["lead_days"], day // 7, s["minimum_order_value"], s["delivery_fee"])
        for n, s in enumerate(suppliers)
        for day in range(days - s["lead_days"])
        if day % 7 in s["order_weekdays"]
    ]


def _product(number: int, item: Document) -> Product:
    return Product(
        name=str(item.get("name", f"{item.get('kind', 'item')} {number}")),
        demand_units=tuple(item["demand"]),
        on_hand_units=item["on_hand"],
        unit_cost=item["unit_cost"],
        shortage_cost=item["shortage_cost"],
        holding_cost_per_day=item["holding_cost_per_day"],
        offers=tuple(_offer(offer) for offer in item["offers"]),
        safety_stock_units=item["safety_stock"],
        unit_volume=item["unit_volume"],
    )


def _offer(offer: Document) -> Offer:
    breaks = sorted((b["min_cases"], b["unit_price"]) for b in offer["price_breaks"])
    return Offer(offer["supplier"], offer["pack_size"], tuple(PriceBreak(n, price) for n, price in breaks))
