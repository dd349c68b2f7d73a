"""What cannot be planned with, named in a sentence, and the problem without it.

Owns the limits of sound input. Positions never change: a bad offer goes, a bad delivery is closed, a bad
product stays with nothing to order, so that the lines of a plan mean the same in the given problem.
Must not know how plans are found.
"""

import math
from collections.abc import Iterable
from dataclasses import replace

from cloud.ordering.model import (
    MAX_BREAK_CASES,
    MAX_DAYS,
    MAX_DELIVERIES,
    MAX_PACK_UNITS,
    MAX_PRODUCTS,
    MAX_UNITS,
    Delivery,
    Offer,
    Problem,
    Product,
    credit_cap,
    demand_of,
    offer_for,
)
from cloud.ordering.packs import MixedOffer, mixed

MAX_NOTES = 200
MAX_PACKS = 4
"""Packs of one product at one supplier that are planned with."""


def checked(problem: Problem) -> tuple[Problem, tuple[str, ...]]:
    """The problem with everything sound, and a note for each thing that is not.

    Raises ValueError, naming the limit, only where nothing at all can be planned.
    """
    _check_size(problem)
    notes: list[str] = []
    problem = replace(
        problem,
        weekly_budget=_budgets(problem, notes),
        deliveries=tuple(_delivery(problem, d, notes) for d in problem.deliveries),
        products=tuple(_product(problem, p, notes) for p in problem.products),
    )
    notes += _supplier_notes(problem)
    problem = replace(problem, deliveries=_reachable(problem, notes))
    notes += _product_notes(problem)
    if len(notes) > MAX_NOTES:
        notes[MAX_NOTES:] = [f"and {len(notes) - MAX_NOTES} more like these"]
    return problem, tuple(notes)


def _check_size(problem: Problem) -> None:
    sizes = (
        ("days", problem.days, 1, MAX_DAYS),
        ("products", len(problem.products), 0, MAX_PRODUCTS),
        ("deliveries", len(problem.deliveries), 0, MAX_DELIVERIES),
    )
    for word, size, least, most in sizes:
        if not least <= size <= most:
            raise ValueError(
                f"A plan takes {least} to {most} {word}, not {size}: plan a shorter horizon or fewer at once."
            )


def _budgets(problem: Problem, notes: list[str]) -> tuple[float | None, ...]:
    sound: list[float | None] = []
    for week, budget in enumerate(problem.weekly_budget):
        if budget is None or (_is_amount(budget) and budget > 0):
            sound.append(budget)
            continue
        notes.append(
            f"The budget of week {week} is {budget}: nothing can be ordered in it. Set a budget, or none."
        )
        sound.append(0.0)
    return tuple(sound)


def _delivery(problem: Problem, delivery: Delivery, notes: list[str]) -> Delivery:
    if not delivery.is_open:
        return delivery
    name = _supplier(problem, delivery.supplier)
    inside = 0 <= delivery.order_day <= delivery.arrival_day < problem.days and delivery.week >= 0
    if not inside:
        notes.append(
            f"{name}: ordered on day {delivery.order_day}, arriving on day {delivery.arrival_day} "
            f"does not lie in the {problem.days} days planned; it is not used."
        )
        return Delivery(delivery.supplier, 0, 0, 0, is_open=False)
    if not (_is_amount(delivery.minimum_order_value) and _is_amount(delivery.fee)):
        notes.append(
            f"{name}: the minimum order value and the fee must be 0 or more; the delivery is not used."
        )
        return replace(delivery, minimum_order_value=0.0, fee=0.0, is_open=False)
    return delivery


def _product(problem: Problem, product: Product, notes: list[str]) -> Product:
    fault = _fault(problem, product)
    if fault is not None:
        notes.append(f"{product.name} is left out: {fault}")
        return Product(product.name, (0.0,) * problem.days, 0.0, 0.0, 0.0, 0.0, ())
    if product.on_hand_units < 0:
        notes.append(f"{product.name}: {product.on_hand_units:g} in stock is counted as 0; count it again.")
        product = replace(product, on_hand_units=0.0)
    if problem.zone_volume and not 0 <= product.zone < len(problem.zone_volume):
        notes.append(f"{product.name}: there is no storage zone {product.zone}; its room is not counted.")
        product = replace(product, zone=0, unit_volume=0.0)
    return replace(product, offers=tuple(_sound_offers(problem, product, notes)))


def _fault(problem: Problem, product: Product) -> str | None:
    """Why a product cannot be planned at all, or None."""
    series = (("demand", product.demand_units, False), ("open orders", product.arriving_units, True))
    for word, values, may_be_empty in series:
        if may_be_empty and not values:
            continue
        if len(values) != problem.days or not all(map(_is_amount, values)):
            return f"its {word} must be {problem.days} numbers of 0 or more."
    if product.surprise_units and len(product.surprise_units) != problem.days:
        return f"its uncertainty must be given for {problem.days} evenings or for none."
    if not math.isfinite(product.on_hand_units):
        return "its stock is not a number."
    if max(product.on_hand_units, demand_of(product), sum(product.arriving_units)) > MAX_UNITS:
        return f"more than {MAX_UNITS:,} of it are in stock, on the way or wanted; give its real numbers."
    money = (product.unit_cost, product.shortage_cost, product.holding_cost_per_day)
    if not all(map(_is_amount, (*money, product.safety_stock_units, product.unit_volume))):
        return "its costs, safety stock and volume must be 0 or more."
    return None


def _sound_offers(problem: Problem, product: Product, notes: list[str]) -> Iterable[Offer]:
    sound: dict[int, list[Offer]] = {}
    for offer in product.offers:
        packs = offer.packs if isinstance(offer, MixedOffer) else (offer,)
        for pack in packs:
            fault = _offer_fault(problem, pack)
            if fault is not None:
                notes.append(f"{product.name}: {_supplier(problem, pack.supplier)} {fault}")
                continue
            breaks = tuple(sorted(pack.price_breaks, key=lambda b: b.min_cases))
            sound.setdefault(pack.supplier, []).append(replace(pack, price_breaks=breaks))
    for packs_of_supplier in sound.values():
        yield mixed(packs_of_supplier[:MAX_PACKS])


def _offer_fault(problem: Problem, offer: Offer) -> str | None:
    if not 0 <= offer.supplier < len(problem.suppliers):
        return "is not among the suppliers."
    if offer.pack_units != int(offer.pack_units) or offer.pack_units < 1:
        return f"gives a pack of {offer.pack_units}; a pack holds 1 or more, its offer is not used."
    if offer.pack_units > MAX_PACK_UNITS:
        return f"gives a pack of {offer.pack_units:,}, more than {MAX_PACK_UNITS:,}; its offer is not used."
    return _price_fault(offer)


def _price_fault(offer: Offer) -> str | None:
    if not offer.price_breaks:
        return "gives no price; its offer is not used."
    if any(b.min_cases > MAX_BREAK_CASES for b in offer.price_breaks):
        return f"gives a price from more than {MAX_BREAK_CASES:,} cases; its offer is not used."
    if not all(
        _is_amount(b.unit_price) and b.unit_price > 0 and b.min_cases >= 1 for b in offer.price_breaks
    ):
        return "gives a price that is not above 0, or from less than 1 case; its offer is not used."
    return None


def _supplier_notes(problem: Problem) -> list[str]:
    notes = []
    delivering = {d.supplier for d in problem.deliveries if d.is_open}
    known = {d.supplier for d in problem.deliveries}
    offering = {offer.supplier for product in problem.products for offer in product.offers}
    for number, name in enumerate(problem.suppliers):
        if number not in offering:
            notes.append(f"{name} has no usable prices: nothing is ordered there.")
        elif number not in delivering:
            notes.append(
                f"{name} takes no orders now: nothing is ordered there."
                if number in known
                else f"{name} has no day in its calendar that delivers within {problem.days} days."
            )
    return notes


def _reachable(problem: Problem, notes: list[str]) -> tuple[Delivery, ...]:
    """Close deliveries whose minimum is more than everything useful there costs."""
    worth = [_most_money(problem, number) for number in range(len(problem.suppliers))]
    deliveries, told = [], set()
    for delivery in problem.deliveries:
        most = worth[delivery.supplier]
        if delivery.is_open and most > 0 and delivery.minimum_order_value > most:
            deliveries.append(replace(delivery, is_open=False))
            if delivery.supplier not in told:
                name, least = problem.suppliers[delivery.supplier], delivery.minimum_order_value
                notes.append(
                    f"{name}: its minimum of {least:.2f} cannot be reached, all that is of use there costs "
                    f"{most:.2f}; nothing is ordered there."
                )
            told.add(delivery.supplier)
            continue
        deliveries.append(delivery)
    return tuple(deliveries)


def _most_money(problem: Problem, supplier: int) -> float:
    """What everything of use in the horizon costs at this supplier's first prices."""
    total = 0.0
    for product in problem.products:
        offer = offer_for(product, supplier)
        if offer is None:
            continue
        useful = demand_of(product) + credit_cap(product, problem.rules)
        cases = max(math.ceil(useful / offer.pack_units), *(b.min_cases for b in offer.price_breaks))
        total += cases * offer.pack_units * offer.price_breaks[0].unit_price
    return total


def _product_notes(problem: Problem) -> list[str]:
    delivering = {d.supplier for d in problem.deliveries if d.is_open}
    return [
        f"{product.name}: {_nobody(product)} in these {problem.days} days; it can only run out."
        for product in problem.products
        if demand_of(product) and not any(offer.supplier in delivering for offer in product.offers)
    ]


def _nobody(product: Product) -> str:
    return "none of its suppliers delivers" if product.offers else "nobody sells it"


def _supplier(problem: Problem, number: int) -> str:
    return problem.suppliers[number] if 0 <= number < len(problem.suppliers) else f"supplier {number}"


def _is_amount(value: float) -> bool:
    return math.isfinite(value) and value >= 0
