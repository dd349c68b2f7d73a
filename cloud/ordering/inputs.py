"""What the plan of one site is made from, as the site says it: stock, forecast, prices, calendars, settings.

Owns these words, so that a plan can be made again from what was kept of it. Must not know databases or
clocks: the moment of planning is part of the inputs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time


@dataclass(frozen=True, slots=True)
class SupplierInput:
    """A supplier's terms. `is_closed` takes no orders for now. It comes `late_days` after the promised day on
    average, +- `late_sigma_days`.
    """

    supplier_id: str
    name: str
    order_weekdays: tuple[int, ...]
    cut_off: time
    lead_days: int
    delivery_weekdays: tuple[int, ...] = ()
    closed_on: tuple[date, ...] = ()
    minimum_order_value: float = 0.0
    delivery_fee: float = 0.0
    is_closed: bool = False
    late_days: float = 0.0
    late_sigma_days: float = 0.0


@dataclass(frozen=True, slots=True)
class ArticleInput:
    """One article: a case of `pack_units` bottles, (least cases, price of a bottle), deposit of a bottle."""

    supplier_id: str
    article_id: str
    pack_units: int
    price_breaks: tuple[tuple[int, float], ...]
    deposit: float = 0.0


@dataclass(frozen=True, slots=True)
class ProductInput:
    """One product, counted in its bottles; `on_hand_units` holds `store_units` too.

    `daily_mean[t]` is the demand of day t, `sum_sigma[n]` the spread of that of the first n days together.
    `open_orders` are bottles on their way, by the day they come. `par_units` is the manager's own, and so is
    `at_least_units`, which is to be kept in reserve.
    """

    product_id: str
    name: str
    on_hand_units: float
    on_hand_sigma: float
    daily_mean: tuple[float, ...]
    sum_sigma: Mapping[int, float]
    articles: tuple[ArticleInput, ...]
    open_orders: tuple[tuple[date, float], ...] = ()
    par_units: float | None = None
    bottle_ml: float = 0.0
    shelf_life_days: int | None = None
    basis: str = ""
    category: str = ""
    store_units: float = 0.0
    at_least_units: float = 0.0


@dataclass(frozen=True, slots=True)
class StorageZone:
    """Room for bottles of some categories, such as a fridge; a category belongs to at most one."""

    name: str
    litres: float
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrderSettings:
    """How a site orders: horizon, money, and what holding a bottle and missing one costs.

    `weekly_budget` None is unlimited. A bottle costs `holding_rate` of its price a year, a missing one
    `shortage_factor` times its price, and that `class_weights` times (of classes A, B, C). `storage_l` is
    room for all that belongs to no zone; None is unlimited.
    """

    days: int = 21
    weekly_budget: float | None = None
    storage_l: float | None = None
    holding_rate: float = 0.25
    shortage_factor: float = 3.5
    zones: tuple[StorageZone, ...] = ()
    class_weights: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def class_weight(self, abc_class: str) -> float:
        """How much more a missing bottle of a class weighs."""
        return self.class_weights["ABC".index(abc_class)]


@dataclass(frozen=True, slots=True)
class Inputs:
    """All of it, at one moment in the site's own time (with its offset)."""

    site_id: str
    now: datetime
    suppliers: tuple[SupplierInput, ...]
    products: tuple[ProductInput, ...]
    settings: OrderSettings = field(default_factory=OrderSettings)
    provenance: Mapping[str, str] = field(default_factory=dict)
