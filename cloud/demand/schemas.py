"""What the demand feature hands out. Volumes in ml."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class DemandSource(StrEnum):
    """Who says what was drunk; where several do, the first of these counts."""

    SENSED = "sensed"
    SALES = "sales"
    COUNTED = "counted"


@dataclass(frozen=True, slots=True)
class DemandDay:
    """What left the stock of one product on one business day."""

    product_id: str
    day_on: date
    quantity_ml: float
    sigma_ml: float
    servings: int
    """Pours, or pieces sold."""
    exposure: float
    """Share 0..1 of the open time in which there was something to sell; 0: nobody saw the day."""
    source: DemandSource


@dataclass(frozen=True, slots=True)
class DemandSeries:
    """The demand of one product, day by day, days ascending; days nobody counted are left out."""

    product_id: str
    name: str
    category: str
    bottle_volume_ml: float
    par_bottles: float | None
    days: tuple[date, ...]
    quantity_ml: tuple[float, ...]
    servings: tuple[int, ...]
    exposure: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class DemandHistory:
    """What a site's products sold up to and including until_on, and on which days it was open."""

    until_on: date
    open_days: tuple[date, ...]
    series: tuple[DemandSeries, ...]


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a count of demand did."""

    days: int
    rows: int


@dataclass(frozen=True, slots=True)
class ScaleDay:
    """What one scale under one product said on one business day.

    start_ml: liquid when the day began, None where nobody knows. changes: (instant, liquid from then on).
    """

    product_no: int
    day_on: date
    start_ml: float | None
    changes: tuple[tuple[datetime, float], ...]


@dataclass(frozen=True, slots=True)
class Shelved:
    """The products that stand on one scale; alone, the scale knows how much is in the bottle."""

    scale_no: int
    product_nos: tuple[int, ...]
    is_alone: bool
    tare_weight_g: float
    density_g_per_ml: float

    def liquid_ml(self, weight_g: float) -> float:
        """Liquid in the bottle at a gross weight, 0 where none stands there."""
        return max(0.0, weight_g - self.tare_weight_g) / self.density_g_per_ml


@dataclass(frozen=True, slots=True)
class CountedDay:
    """Demand of a product on a day as it is written down."""

    product_no: int
    day_on: date
    quantity_ml: float
    sigma_ml: float
    servings: int
    exposure: float = 1.0


@dataclass(frozen=True, slots=True)
class OpenDay:
    """From when to when something was sold on a business day; None where only the day is known."""

    on: date
    opened_at: datetime | None
    closed_at: datetime | None
