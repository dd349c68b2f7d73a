"""What an order plan is made from, and what it is made of.

Owns the words of ordering: product, offer, price break, delivery, cost rules, line. Products and
deliveries are named by their position in the problem, so that a plan is small and says nothing a caller
has to look up twice. Must not know where stock, forecast and prices come from, nor how a plan is found.

Days count from 0, the day of planning; a day's deliveries arrive in its morning, before its demand.
Money has no currency here: all amounts are in the site's own.
"""

from dataclasses import dataclass, field

MAX_DAYS = 56
MAX_PRODUCTS = 5_000
MAX_DELIVERIES = 400
MAX_UNITS = 10_000_000
"""Of one product in stock, on the way and in demand."""
MAX_PACK_UNITS = 100_000
MAX_BREAK_CASES = 1_000_000
"""From which a price may begin."""
MAX_MIXED_PIECES = 240
"""Pieces weighed at once of a product that one supplier sells in several packs."""


@dataclass(frozen=True, slots=True)
class PriceBreak:
    """From `min_cases` on, every unit of the line costs `unit_price` (all-units discount)."""

    min_cases: int
    unit_price: float


@dataclass(frozen=True)
class Offer:
    """One supplier's way of selling a product: whole cases of `pack_units`, price breaks by rising
    `min_cases`. `deposit` is paid for each unit and comes back with the empty one. `article` is the
    supplier's number of it, for people.
    """

    supplier: int
    pack_units: int
    price_breaks: tuple[PriceBreak, ...]
    deposit: float = 0.0
    article: str = ""

    def unit_price(self, cases: int) -> float:
        """Price of each unit when `cases` are bought at once; fewer than the first break cannot be bought."""
        reached = [b for b in self.price_breaks if cases >= b.min_cases]
        if not reached:
            raise ValueError(f"{cases} cases are under the smallest quantity this offer sells")
        return max(reached, key=lambda b: b.min_cases).unit_price

    def price(self, cases: int) -> float:
        """What the line costs; nothing costs nothing."""
        return cases * self.pack_units * self.unit_price(cases) if cases else 0.0

    def split(self, cases: int) -> tuple[tuple["Offer", int], ...]:
        """The packs these cases are ordered in, and how many of each; an offer of one pack has only that."""
        return ((self, cases),)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One chance to order: from `supplier` on `order_day`, arriving in the morning of `arrival_day`.

    `week` is the budget week the money is counted in. `minimum_order_value` and `fee` apply once, if used
    at all. A closed delivery cannot be used.
    """

    supplier: int
    order_day: int
    arrival_day: int
    week: int
    minimum_order_value: float = 0.0
    fee: float = 0.0
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Product:
    """One product's stock, expected demand and money.

    `demand_units[t]` is the mean demand of day t. `arriving_units[t]` is already ordered and arrives on
    day t. `surprise_units[t]` are equally likely values of (demand so far + stock read wrongly - what was
    expected) at the evening of day t, and `stock_surprise_units` the same before day 0; empty means certain.
    `shelf_life_days` None keeps for ever.
    """

    name: str
    demand_units: tuple[float, ...]
    on_hand_units: float
    unit_cost: float
    shortage_cost: float
    holding_cost_per_day: float
    offers: tuple[Offer, ...]
    safety_stock_units: float = 0.0
    unit_volume: float = 0.0
    zone: int = 0
    arriving_units: tuple[float, ...] = ()
    surprise_units: tuple[tuple[float, ...], ...] = ()
    stock_surprise_units: tuple[float, ...] = ()
    shelf_life_days: int | None = None


@dataclass(frozen=True, slots=True)
class CostRules:
    """How a plan is charged beside purchases and fees.

    `under_safety_share` of the shortage cost per unit and evening under safety stock. What is left at the
    end is credited at `credit_share` of its unit cost up to `credit_horizon_share` of the horizon's demand
    + safety stock + the largest pack, and charged `surplus_cost` per unit beyond.
    """

    under_safety_share: float = 0.06
    credit_share: float = 0.97
    credit_horizon_share: float = 0.7
    surplus_cost: float = 0.01


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything one plan depends on. `weekly_budget[w]` None is unlimited; `zone_volume[z]` bounds each
    evening and `zone_names` says what it is.
    """

    days: int
    suppliers: tuple[str, ...]
    deliveries: tuple[Delivery, ...]
    products: tuple[Product, ...]
    weekly_budget: tuple[float | None, ...] = ()
    zone_volume: tuple[float, ...] = ()
    zone_names: tuple[str, ...] = ()
    rules: CostRules = field(default_factory=CostRules)

    def budget(self, week: int) -> float | None:
        """Money that may be ordered in a week; weeks beyond the list are unlimited."""
        return self.weekly_budget[week] if week < len(self.weekly_budget) else None

    def zone_name(self, zone: int) -> str:
        """What people call a zone."""
        return self.zone_names[zone] if zone < len(self.zone_names) else f"zone {zone}"


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """`cases` of the product, by the delivery (positions in the problem)."""

    delivery: int
    product: int
    cases: int


def demand_of(product: Product) -> float:
    """Units expected over the whole horizon."""
    return sum(product.demand_units)


def credit_cap(product: Product, rules: CostRules) -> float:
    """Units whose value is credited when they are left at the end of the horizon."""
    largest = max((offer.pack_units for offer in product.offers), default=0)
    return demand_of(product) * rules.credit_horizon_share + product.safety_stock_units + largest


def offer_for(product: Product, supplier: int) -> Offer | None:
    """The first offer of that supplier for the product."""
    return next((offer for offer in product.offers if offer.supplier == supplier), None)
