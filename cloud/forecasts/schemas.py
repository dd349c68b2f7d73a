"""What the forecasts feature hands out. Volumes in ml; days are business days."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
"""Of the quantiles that are kept: the edges of the 50, 80 and 95 % bands, and what orders ask for."""
LEADS = (1, 2, 3, 4, 5, 7, 10, 14, 21, 28)
"""Lengths of the sums that are forecast directly; a window between two of them lies between them."""
HORIZON_DAYS = 28


@dataclass(frozen=True, slots=True)
class Distribution:
    """How much may be drunk: its mean, and quantiles at levels that rise."""

    mean_ml: float
    levels: tuple[float, ...]
    quantiles_ml: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ForecastRun:
    """One issue of forecasts for a site; it never changes."""

    number: int
    site_id: str
    made_at: datetime
    starts_on: date
    """The first day foretold."""
    horizon_days: int
    method: str
    reason: str
    """'nightly' or why else it was made."""
    levels: tuple[float, ...]
    leads: tuple[int, ...]
    provenance: dict[str, Any]
    """Data window, features, seed, version of the code, fingerprint of the demand: what a repeat needs."""


@dataclass(frozen=True, slots=True)
class NewestRun:
    """The newest issue, without its figures."""

    run: ForecastRun
    stale: str | None
    """As IssuedForecast.stale."""


@dataclass(frozen=True, slots=True)
class IssuedForecast:
    """The forecast of one product as it was issued.

    mean_ml: per day from run.starts_on. quantiles_ml: per day, at run.levels. sum_mean_ml, sum_quantiles_ml:
    of the sum over the first run.leads[k] days.
    """

    run: ForecastRun
    product_id: str
    basis: str
    """Where it comes from, in words: 'own history', 'the category at this site'."""
    days_known: int
    """Days of own demand behind it."""
    mean_ml: tuple[float, ...]
    quantiles_ml: tuple[tuple[float, ...], ...]
    sum_mean_ml: tuple[float, ...]
    sum_quantiles_ml: tuple[tuple[float, ...], ...]
    why: dict[str, Any]
    stale: str | None
    """Why it should not be trusted as it is any more, in a sentence; None: it is fresh."""

    def day(self, on: date) -> Distribution:
        """What one day may bring; days beyond the horizon repeat its last week."""
        at = self._place(on)
        return Distribution(self.mean_ml[at], self.run.levels, self.quantiles_ml[at])

    def _place(self, on: date) -> int:
        at = (on - self.run.starts_on).days
        if at < 0:
            raise ValueError(f"{on} lies before this forecast, which begins on {self.run.starts_on}")
        while at >= self.run.horizon_days:
            at -= 7
        return at


@dataclass(frozen=True, slots=True)
class Repeated:
    """What came of making an issue of forecasts again."""

    run: ForecastRun
    products: int
    differing: tuple[str, ...]
    """Products whose forecast came out otherwise."""
    is_same_demand: bool
    is_same_code: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """How what came lay in what had been foretold, over the newest outcomes of a site."""

    checked: int
    under_50: float
    under_90: float
    under_95: float
    bias: float
    """Foretold minus came, over came."""
    loss: float
    """Mean pinball loss at .5 .9 .95, ml."""


@dataclass(frozen=True, slots=True)
class Missed:
    """A product whose weeks were foretold too high or too low, over its newest outcomes."""

    product_id: str
    checked: int
    foretold_ml: float
    """Mean of a week."""
    came_ml: float
    """Mean of a week."""
    under_95: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one forecast in its first length_days days."""

    product_id: str
    starts_on: date
    length_days: int
    run_no: int
    method: str
    foretold_ml: float
    came_ml: float
    rank: float
    """Share of the stated distribution at or under what came, 0..1."""
    loss: float
    """Mean pinball loss at .5 .9 .95, ml."""


@dataclass(frozen=True, slots=True)
class Champion:
    """The method a site's forecasts are made by, and how all methods did when they were last compared."""

    method: str
    judged_at: datetime
    reason: str
    scores: tuple[dict[str, Any], ...]
    """One per method, best first, as backtest.Score."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How far a site's forecasts can be believed."""

    site_id: str
    champion: Champion | None
    by_length: dict[int, Calibration]
    """Of the newest eight weeks, by the length of the stretch in days."""
    drift: str | None
    missed: tuple[Missed, ...] = ()
    """The products whose weeks were furthest off on average, the furthest first."""
