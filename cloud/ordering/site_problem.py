"""From the inputs of a site's plan to the planning problem.

Owns what a stock, a forecast, a price and a calendar become in it. Pure; must not know where they came from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from cloud.ordering.calendar import MAX_LEAD_DAYS, Calendar, deliveries_of
from cloud.ordering.inputs import ArticleInput, Inputs, OrderSettings, ProductInput, SupplierInput
from cloud.ordering.lateness import spread_in_plan, whole_days
from cloud.ordering.model import CostRules, Delivery, Offer, PriceBreak, Problem, Product
from cloud.ordering.product_figures import classes_of
from cloud.ordering.uncertainty import FORECAST_DOUBT, stock_surprises, surprises_of_sums

DAYS_PER_YEAR = 365.0
ROOM_FOR_ALL_L = 1e9
"""Where no room is set for what belongs to no zone."""
SURPRISE_LEVELS = 31
ROLLING_RULES = CostRules(credit_share=1.0, credit_horizon_share=2.0)
"""The plan is made again before every cut-off: what is left at its end is worth its price, as far as
two more such horizons need it. A reserve is asked for only where the manager wants one: the rest of what
safety stocks are for is in the expected shortage."""


def problem_of(inputs: Inputs) -> tuple[Problem, tuple[str, ...]]:
    """The planning problem, and a sentence for each supplier whose calendar cannot be used."""
    notes: list[str] = []
    place = {supplier.supplier_id: number for number, supplier in enumerate(inputs.suppliers)}
    deliveries: list[Delivery] = []
    for number, supplier in enumerate(inputs.suppliers):
        deliveries += _deliveries(inputs, number, supplier, notes)
    weeks = (inputs.settings.days + 6) // 7 + 1
    names, volumes = _zones(inputs.settings)
    problem = Problem(
        days=inputs.settings.days,
        suppliers=tuple(supplier.name for supplier in inputs.suppliers),
        deliveries=tuple(deliveries),
        products=_products(inputs, place, deliveries),
        zone_names=names,
        weekly_budget=(inputs.settings.weekly_budget,) * weeks,
        zone_volume=volumes,
        rules=ROLLING_RULES,
    )
    return problem, tuple(notes)


def _deliveries(
    inputs: Inputs, number: int, supplier: SupplierInput, notes: list[str]
) -> tuple[Delivery, ...]:
    if supplier.is_closed:
        notes.append(f"{supplier.name} is marked as closed: nothing is ordered there.")
        return ()
    if not supplier.order_weekdays:
        notes.append(f"{supplier.name} has no order day in its calendar: nothing is ordered there.")
        return ()
    if not 0 <= supplier.lead_days <= MAX_LEAD_DAYS:
        notes.append(
            f"{supplier.name}: a lead time of {supplier.lead_days} days is not 0 to {MAX_LEAD_DAYS}; "
            "nothing is ordered there."
        )
        return ()
    coming = deliveries_of(number, _calendar(supplier), inputs.now, inputs.settings.days)
    late = whole_days(supplier.late_days)
    return tuple(
        replace(delivery, arrival_day=delivery.arrival_day + late)
        for delivery in coming
        if delivery.arrival_day + late < inputs.settings.days
    )


def _zones(settings: OrderSettings) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Names and litres; zone 0 is for what belongs to no other."""
    if settings.storage_l is None and not settings.zones:
        return (), ()
    rest = ROOM_FOR_ALL_L if settings.storage_l is None else settings.storage_l
    return (
        ("storage", *(zone.name for zone in settings.zones)),
        (rest, *(zone.litres for zone in settings.zones)),
    )


def _zone_of(settings: OrderSettings, category: str) -> int:
    return next((n for n, zone in enumerate(settings.zones, 1) if category in zone.categories), 0)


def _calendar(supplier: SupplierInput) -> Calendar:
    return Calendar(
        order_weekdays=supplier.order_weekdays,
        cut_off=supplier.cut_off,
        lead_days=supplier.lead_days,
        delivery_weekdays=supplier.delivery_weekdays,
        closed_on=supplier.closed_on,
        minimum_order_value=supplier.minimum_order_value,
        delivery_fee=supplier.delivery_fee,
    )


def _products(
    inputs: Inputs, place: Mapping[str, int], deliveries: Sequence[Delivery]
) -> tuple[Product, ...]:
    classes = classes_of(inputs)
    made = []
    for product in inputs.products:
        weight = inputs.settings.class_weight(classes[product.product_id])
        made.append(_product(inputs, product, place, deliveries, weight))
    return tuple(made)


def _product(
    inputs: Inputs,
    product: ProductInput,
    place: Mapping[str, int],
    deliveries: Sequence[Delivery],
    class_weight: float,
) -> Product:
    days, settings = inputs.settings.days, inputs.settings
    offers = tuple(_offer(article, place) for article in product.articles if article.supplier_id in place)
    prices = [b.unit_price for offer in offers for b in offer.price_breaks if b.unit_price > 0]
    cost = min(prices, default=0.0)
    arriving = _arriving(inputs, product)
    memory_days = _memory_days(offers, deliveries)
    late_sigma = _late_sigma(inputs, product, offers, deliveries, arriving)
    return Product(
        name=product.name,
        demand_units=stretched(product.daily_mean, days),
        on_hand_units=product.on_hand_units,
        unit_cost=cost,
        shortage_cost=settings.shortage_factor * class_weight * cost,
        holding_cost_per_day=settings.holding_rate / DAYS_PER_YEAR * cost,
        offers=offers,
        safety_stock_units=product.at_least_units,
        unit_volume=product.bottle_ml / 1000,
        zone=_zone_of(settings, product.category),
        arriving_units=arriving,
        surprise_units=_surprises(product, days, memory_days, late_sigma),
        stock_surprise_units=stock_surprises(product.on_hand_sigma, SURPRISE_LEVELS),
        shelf_life_days=product.shelf_life_days,
    )


def stretched(daily_mean: Sequence[float], days: int) -> tuple[float, ...]:
    """A forecast for exactly `days` days: beyond its end its last week comes again."""
    values = list(daily_mean[:days])
    while values and len(values) < days:
        values.append(values[-7] if len(values) >= 7 else values[-1])
    return tuple(values) or (0.0,) * days


def _surprises(
    product: ProductInput, days: int, memory_days: int, late_sigma: Sequence[float]
) -> tuple[tuple[float, ...], ...]:
    mean = stretched(product.daily_mean, days)
    if not any(mean) or not (product.sum_sigma or any(late_sigma)):
        return ()
    return surprises_of_sums(
        mean,
        product.sum_sigma,
        product.on_hand_sigma,
        memory_days,
        SURPRISE_LEVELS,
        doubt=FORECAST_DOUBT,
        late_sigma=late_sigma,
    )


def _late_sigma(
    inputs: Inputs,
    product: ProductInput,
    offers: Sequence[Offer],
    deliveries: Sequence[Delivery],
    arriving: Sequence[float],
) -> tuple[float, ...]:
    """What each evening's stock may miss because a delivery comes on another day: mean daily use x spread.

    That is the lead-time term of the classic safety stock. It counts from the first morning on which anything
    can come, and for the least sure of the product's suppliers, as nobody knows beforehand which one it is.
    """
    sellers = {offer.supplier for offer in offers}
    spread = max(
        (
            spread_in_plan(s.late_days, s.late_sigma_days)
            for n, s in enumerate(inputs.suppliers)
            if n in sellers
        ),
        default=0.0,
    )
    if not spread:
        return ()
    coming = [d.arrival_day for d in deliveries if d.supplier in sellers]
    first = min(
        [*coming, *(day for day, units in enumerate(arriving) if units)], default=inputs.settings.days
    )
    mean = stretched(product.daily_mean, inputs.settings.days)
    daily = sum(mean) / len(mean)
    return tuple(daily * spread if day >= first else 0.0 for day in range(inputs.settings.days))


def _memory_days(offers: Sequence[Offer], deliveries: Sequence[Delivery]) -> int:
    """From an order until the delivery after it comes, for the quickest of the product's suppliers."""
    spans = []
    for supplier in {offer.supplier for offer in offers}:
        mine = [d for d in deliveries if d.supplier == supplier]
        gaps = [later.arrival_day - d.order_day for d, later in pairwise(mine)]
        spans += [max(gaps)] if gaps else [d.arrival_day - d.order_day + 7 for d in mine]
    return min(spans, default=7)


def _offer(article: ArticleInput, place: Mapping[str, int]) -> Offer:
    breaks = tuple(PriceBreak(cases, price) for cases, price in sorted(article.price_breaks))
    return Offer(place[article.supplier_id], article.pack_units, breaks, article.deposit, article.article_id)


def _arriving(inputs: Inputs, product: ProductInput) -> tuple[float, ...]:
    """Open orders by day; what should have come by now but lies in the past is not counted twice."""
    arriving = [0.0] * inputs.settings.days
    today = inputs.now.date()
    for day, units in product.open_orders:
        if 0 <= (day - today).days < inputs.settings.days:
            arriving[(day - today).days] += units
    return tuple(arriving)
