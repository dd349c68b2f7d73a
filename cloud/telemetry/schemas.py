"""What the telemetry feature hands out."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class WeightBucket:
    """What a scale showed from `at` on, for a minute, hour or day; grams, of quality ok only."""

    at: datetime
    readings: int
    """Of any quality."""
    mean_g: float | None
    min_g: float | None
    max_g: float | None


@dataclass(frozen=True, slots=True)
class WeightChart:
    """Buckets in order of time; those in which nothing was measured are left out."""

    bucket_s: int
    buckets: list[WeightBucket]


@dataclass(frozen=True, slots=True)
class UsageOfDay:
    """What was poured of one product on one business day."""

    product_id: str
    day_on: date
    poured_ml: float
    sigma_ml: float
    pours: int
