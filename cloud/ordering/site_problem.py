"""From the inputs of a site's plan to the planning problem.

Owns what a stock, a forecast, a price and a calendar become in it. Pure; must not know where they came from.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from cloud.ordering.calendar import MAX_LEAD_DAYS, Calendar, deliveries_of
from cloud.ordering.inputs import ArticleInput, Inputs, ProductInput, SupplierInput
from cloud.ordering.model import CostRules, Delivery, Offer, PriceBreak, Problem, Product
from cloud.ordering.uncertainty import FORECAST_DOUBT, stock_surprises, surprises_of_sums

DAYS_PER_YEAR = 365.0
SURPRISE_LEVELS = 31
ROLLING_RULES = CostRules(under_safety_share=0.0, credit_share=1.0, credit_horizon_share=1.0)
"""The plan is made again before every cut-off: what is left at its end is worth its price, as far as
another such horizon needs it, and no safety stock is asked for beside the expected shortage."""


def problem_of(inputs: Inputs) -> tuple[Problem, tuple[str, ...]]:
    """The planning problem, and a sentence for each supplier whose calendar cannot be used."""
    notes: list[str] = []
    place = {supplier.supplier_id: number for number, supplier in enumerate(inputs.suppliers)}
    deliveries: list[Delivery] = []
    for number, supplier in enumerate(inputs.suppliers):
        deliveries += _deliveries(inputs, number, supplier, notes)
    weeks = (inputs.settings.days + 6) // 7 + 1
    storage = inputs.settings.storage_l
    problem = Problem(
        days=inputs.settings.days,
        suppliers=tuple(supplier.name for supplier in inputs.suppliers),
        deliveries=tuple(deliveries),
        products=tuple(_product(inputs, product, place, deliveries) for product in inputs.products),
        weekly_budget=(inputs.settings.weekly_budget,) * weeks,
        zone_volume=() if storage is None else (storage,),
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
    return deliveries_of(number, _calendar(supplier), inputs.now, inputs.settings.days)


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


def _product(
    inputs: Inputs, product: ProductInput, place: Mapping[str, int], deliveries: Sequence[Delivery]
) -> Product:
    days, settings = inputs.settings.days, inputs.settings
    offers = tuple(_offer(article, place) for article in product.articles if article.supplier_id in place)
    prices = [b.unit_price for offer in offers for b in offer.price_breaks if b.unit_price > 0]
    cost = min(prices, default=0.0)
    return Product(
        name=product.name,
        demand_units=stretched(product.daily_mean, days),
        on_hand_units=product.on_hand_units,
        unit_cost=cost,
        shortage_cost=settings.shortage_factor * cost,
        holding_cost_per_day=settings.holding_rate / DAYS_PER_YEAR * cost,
        offers=offers,
        unit_volume=product.bottle_ml / 1000,
        arriving_units=_arriving(inputs, product),
        surprise_units=_surprises(product, days, _memory_days(offers, deliveries)),
        stock_surprise_units=stock_surprises(product.on_hand_sigma, SURPRISE_LEVELS),
        shelf_life_days=product.shelf_life_days,
    )


def stretched(daily_mean: Sequence[float], days: int) -> tuple[float, ...]:
    """A forecast for exactly `days` days: beyond its end its last week comes again."""
    values = list(daily_mean[:days])
    while values and len(values) < days:
        values.append(values[-7] if len(values) >= 7 else values[-1])
    return tuple(values) or (0.0,) * days


def _surprises(product: ProductInput, days: int, memory_days: int) -> tuple[tuple[float, ...], ...]:
    mean = stretched(product.daily_mean, days)
    if not any(mean) or not product.sum_sigma:
        return ()
    return surprises_of_sums(
        mean,
        product.sum_sigma,
        product.on_hand_sigma,
        memory_days,
        SURPRISE_LEVELS,
        doubt=FORECAST_DOUBT,
    )


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
