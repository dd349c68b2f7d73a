"""The classic figures of every product of a site, from the same inputs as its plan: to check a plan against,
and to override it by hand.

Owns which supplier, spread and cost the textbook formulas are given. Pure. Must not know plans.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from cloud.ordering.classic import ClassicFigures, abc_classes, classic_figures
from cloud.ordering.inputs import ArticleInput, Inputs, ProductInput, SupplierInput

DAYS_PER_YEAR = 365.0
COUNT_EVERY_DAYS = {"A": 7, "B": 14, "C": 28}
"""How often a product of a class should be counted where no scale weighs it."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a product comes from by the textbook: of the suppliers that take orders the cheapest by its first
    price.

    `lead_days` and `lead_sigma_days` are from order to delivery with its usual delay, `review_days` the
    longest wait from one order day to the next, `order_cost` the delivery fee's share of one of its products.
    """

    supplier: str
    unit_price: float
    lead_days: float
    lead_sigma_days: float
    review_days: int
    order_cost: float


@dataclass(frozen=True, slots=True)
class ProductFigures:
    """One product: what it is worth, where it stands and what the textbook says of it; in bottles.

    `value_share` is its share of the value used; `par_units` and `at_least_units` are the manager's own.
    Source and figures are None where nobody sells it.
    """

    product_id: str
    name: str
    abc_class: str
    value_share: float
    daily_units: float
    on_hand_units: float
    coming_units: float
    par_units: float | None
    at_least_units: float
    count_every_days: int
    source: Source | None
    figures: ClassicFigures | None

    @property
    def is_due(self) -> bool:
        """Whether stock and what is on its way have come down to the order point."""
        held = self.on_hand_units + self.coming_units
        return self.figures is not None and held <= self.figures.reorder_point_units


def classes_of(inputs: Inputs) -> dict[str, str]:
    """A, B or C of each product, by the value it uses in a day: expected demand at its lowest price."""
    values = [_value(product) for product in inputs.products]
    names = (product.product_id for product in inputs.products)
    return dict(zip(names, abc_classes(values), strict=True))


def figures_of(inputs: Inputs) -> tuple[ProductFigures, ...]:
    """Every product's figures, those that use most money first."""
    classes = classes_of(inputs)
    total = sum(map(_value, inputs.products))
    chosen = {product.product_id: _cheapest(inputs, product) for product in inputs.products}
    lines = Counter(pair[0].supplier_id for pair in chosen.values() if pair is not None)
    found = []
    for product in sorted(inputs.products, key=lambda p: (-_value(p), p.name)):
        pair, abc_class = chosen[product.product_id], classes[product.product_id]
        source = _source(*pair, lines[pair[0].supplier_id]) if pair else None
        found.append(
            ProductFigures(
                product_id=product.product_id,
                name=product.name,
                abc_class=abc_class,
                value_share=_value(product) / total if total else 0.0,
                daily_units=_daily(product),
                on_hand_units=product.on_hand_units,
                coming_units=sum(units for _, units in product.open_orders),
                par_units=product.par_units,
                at_least_units=product.at_least_units,
                count_every_days=COUNT_EVERY_DAYS[abc_class],
                source=source,
                figures=_figures(inputs, product, source, abc_class) if source else None,
            )
        )
    return tuple(found)


def _figures(inputs: Inputs, product: ProductInput, source: Source, abc_class: str) -> ClassicFigures:
    settings = inputs.settings
    missing = settings.shortage_factor * settings.class_weight(abc_class)
    return classic_figures(
        abc_class=abc_class,
        daily_mean=_daily(product),
        daily_sigma=_daily_sigma(product, source.lead_days + source.review_days),
        lead_days=source.lead_days,
        review_days=source.review_days,
        order_cost=source.order_cost,
        holding_cost_per_day=settings.holding_rate / DAYS_PER_YEAR * source.unit_price,
        shortage_cost=missing * source.unit_price,
        lead_sigma_days=source.lead_sigma_days,
    )


def _cheapest(inputs: Inputs, product: ProductInput) -> tuple[SupplierInput, ArticleInput] | None:
    """The supplier that sells a bottle for least, among those that take orders; then the quickest."""
    open_ones = {s.supplier_id: s for s in inputs.suppliers if s.order_weekdays and not s.is_closed}
    offers = [
        (_first_price(article), open_ones[article.supplier_id].lead_days, article.supplier_id, article)
        for article in product.articles
        if article.supplier_id in open_ones and article.price_breaks
    ]
    if not offers:
        return None
    _, _, supplier_id, article = min(offers, key=lambda offer: offer[:3])
    return open_ones[supplier_id], article


def _source(supplier: SupplierInput, article: ArticleInput, products: int) -> Source:
    return Source(
        supplier=supplier.name,
        unit_price=_first_price(article),
        lead_days=supplier.lead_days + supplier.late_days,
        lead_sigma_days=supplier.late_sigma_days,
        review_days=longest_wait(supplier.order_weekdays),
        order_cost=supplier.delivery_fee / products,
    )


def longest_wait(weekdays: Sequence[int]) -> int:
    """Days from one of some weekdays (Monday 0) to the next, at the longest."""
    rising = sorted(set(weekdays))
    following = [*rising[1:], rising[0] + 7]
    return max(b - a for a, b in zip(rising, following, strict=True))


def _first_price(article: ArticleInput) -> float:
    return min(article.price_breaks)[1]


def _value(product: ProductInput) -> float:
    prices = [price for article in product.articles for _, price in article.price_breaks]
    return _daily(product) * min(prices, default=0.0)


def _daily(product: ProductInput) -> float:
    """Mean of the whole days to come; of today only a part is left."""
    whole = product.daily_mean[1:] or product.daily_mean
    return sum(whole) / max(1, len(whole))


def _daily_sigma(product: ProductInput, span_days: float) -> float:
    """One day's spread, from that of the sum whose length is nearest to the days a stock must last."""
    if not product.sum_sigma:
        return 0.0
    length = min(product.sum_sigma, key=lambda days: (abs(days - span_days), days))
    return product.sum_sigma[length] / sqrt(length)
