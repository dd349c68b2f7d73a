"""A suggestion as a manager reads it: the words and figures of orders, lines and answers.

Owns their shape only, so that what reads a kept suggestion need not load what makes one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class PackCount:
    """Cases of one article."""

    article_id: str
    cases: int
    pack_units: int
    unit_price: float
    deposit: float


@dataclass(frozen=True, slots=True)
class SuggestedLine:
    """One product of an order: how many cases, why, and what a bar's par would order.

    `key` names the line when a quantity is changed by hand. A case holds `pack_units` bottles; where the
    supplier sells several packs it is a piece, and `packs` says which. `par_cases` fill up to `par_units`.
    """

    key: str
    product_id: str
    product: str
    cases: int
    pack_units: int
    units: int
    unit_price: float
    money: float
    packs: tuple[PackCount, ...]
    on_hand_units: float
    on_hand_sigma: float
    coming_units: float
    daily_units: float
    par_units: float
    par_is_managers: bool
    par_cases: int
    risk_without: float
    saves: float
    last_case_saves: float
    sentences: tuple[str, ...]
    store_units: float = 0.0
    """Of those on hand, the ones in store rooms."""


@dataclass(frozen=True, slots=True)
class SuggestedOrder:
    """One order to one supplier on one day."""

    delivery: int
    supplier_id: str
    supplier: str
    order_on: date
    cut_off: datetime
    arrives_on: date
    is_due: bool
    """It must go out on the day the plan was made; later ones are outlooks and will be planned again."""
    money: float
    deposit: float
    fee: float
    minimum_order_value: float
    lines: tuple[SuggestedLine, ...]
    expected_on: date | None = None
    """The day the plan counts on where that is not the promised one, `arrives_on`."""


@dataclass(frozen=True, slots=True)
class Enough:
    """A product that needs no order now, and until when it lasts on average (None: beyond the plan)."""

    product_id: str
    product: str
    on_hand_units: float
    daily_units: float
    lasts_until: date | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The whole answer. `cost` is what the plan costs over its days, `par_cost` what a par plan would."""

    made_at: datetime
    days: int
    orders: tuple[SuggestedOrder, ...]
    enough: tuple[Enough, ...]
    notes: tuple[str, ...]
    limits: tuple[str, ...]
    method: str
    cost: float
    par_cost: float
    purchases: float
    fees: float
    shortage: float
    fill_rate: float
    gap: float | None
    fingerprint: str
    changes: tuple[str, ...] = ()
    """Of an answer to a question: what is ordered otherwise than in the plan."""


@dataclass(frozen=True, slots=True)
class ChangedCost:
    """What quantities set by hand do: money of each order, and what the whole plan costs more (or less)."""

    cost_change: float
    purchases_change: float
    lost_units_change: float
    order_money: Mapping[int, float]
    broken: tuple[str, ...]
