"""What the movements feature hands out; only the newest revision of each movement counts."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class MovementLine:
    """One line of the pour log."""

    movement_id: str
    revision: int
    stage: str
    """A contract.records.Stage."""
    kind: str
    """A contract.records.MovementKind."""
    at: datetime
    slot_id: str | None
    """The most probable slot."""
    slot_probability: float
    shelf_name: str
    product_id: str | None
    product_name: str | None
    volume_ml: float | None
    volume_sigma_ml: float | None
    delta_g: float
    """Negative when something left the scale."""
    doubts: tuple[str, ...]
    time_quality: int
    """0 synced, 1 corrected, 2 bounded, 3 unknown."""


@dataclass(frozen=True, slots=True)
class DaySummary:
    """The running business day of one site. Volumes in ml."""

    business_day: date
    starts_at: datetime
    ends_at: datetime
    poured_ml: float
    poured_sigma_ml: float
    pours: int
    poured_ml_by_hour: list[tuple[datetime, float]]
    """Start (UTC) of each of the local hours of the day, from its start: 24, on switch days 23 or 25."""
    top_products: list[tuple[str, float]]
    """At most five (product name, poured ml), most poured first."""
    same_time_last_week_ml: float | None
    """Poured from the start of the same day last week up to the same local time; None before any record."""
