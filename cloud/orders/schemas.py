"""What the orders feature hands out: kept plans, answers to questions, approved orders."""

from dataclasses import dataclass
from datetime import date, datetime

from cloud.ordering.suggested import Suggestion


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """A plan as it was made; it never changes. `reason`: 'before a cut-off', 'asked for' or as given."""

    plan_no: int
    site_id: str
    made_at: datetime
    reason: str
    software: str
    fingerprint: str
    suggestion: Suggestion


@dataclass(frozen=True, slots=True)
class OrderedLine:
    """One article of an approved order."""

    article_id: str
    name: str
    product_id: str | None
    cases: int
    pack_units: int
    unit_price: float
    deposit: float

    @property
    def money(self) -> float:
        """Without the deposit."""
        return self.cases * self.pack_units * self.unit_price


@dataclass(frozen=True, slots=True)
class ApprovedOrder:
    """An order the manager approved; sending comes with the order process."""

    order_no: int
    supplier_id: str
    supplier: str
    plan_no: int | None
    order_on: date
    arrives_on: date
    approved_at: datetime
    lines: tuple[OrderedLine, ...]
    came_on: date | None = None
    """None until somebody says when it came; `arrives_on` is the promised day."""

    @property
    def money(self) -> float:
        """Of all lines, without fee and deposits."""
        return sum(line.money for line in self.lines)


@dataclass(frozen=True, slots=True)
class OrderedUnits:
    """Bottles of one product in an approved order."""

    product_id: str
    supplier_id: str
    promised_on: date
    came_on: date | None
    units: float


@dataclass(frozen=True, slots=True)
class Repeated:
    """A plan made again from what was kept of it."""

    plan_no: int
    kept: str
    again: str
    lines: int

    @property
    def is_same(self) -> bool:
        """Whether every line and the cost are the same to the last bit."""
        return self.kept == self.again
