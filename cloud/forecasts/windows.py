"""The demand of any run of days, out of an issued forecast. Pure, without numpy: pages and orders ask often.

Sums over the first 1, 2, 3 ... 28 days were forecast directly, since days are not independent. A window takes
the shape of the sum of its own length, at the level that its own days have.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, timedelta
from statistics import NormalDist

from cloud.forecasts.schemas import Distribution, IssuedForecast

MAX_WINDOW_DAYS = 182
MAX_AHEAD_DAYS = 56
"""Beyond eight weeks nobody knows the day on which a bottle will be empty."""
_NORMAL = NormalDist()


def window(forecast: IssuedForecast, first_on: date, days: int) -> Distribution:
    """How much is drunk from first_on on over `days` days, 1..MAX_WINDOW_DAYS.

    Days beyond the horizon repeat its last week. Raises ValueError for a window before the forecast.
    """
    if not 1 <= days <= MAX_WINDOW_DAYS:
        raise ValueError(f"a window of {days} days cannot be asked for; give 1 to {MAX_WINDOW_DAYS}")
    mean_ml = sum(forecast.day(first_on + timedelta(days=day)).mean_ml for day in range(days))
    below, above, share = _neighbours(forecast.run.leads, days)
    low, high = _relative(forecast, below), _relative(forecast, above)
    shape = [(1 - share) * near + share * far for near, far in zip(low, high, strict=True)]
    quantiles = tuple(max(0.0, mean_ml * each) for each in shape)
    return Distribution(mean_ml, forecast.run.levels, quantiles)


def quantile(distribution: Distribution, level: float) -> float:
    """The amount that is not exceeded with that probability, 0 < level < 1.

    Between the kept quantiles on the normal scale, beyond them along the outermost two.
    """
    levels, values = distribution.levels, distribution.quantiles_ml
    at = min(max(bisect_left(levels, level), 1), len(levels) - 1)
    left, right, here = (_NORMAL.inv_cdf(each) for each in (levels[at - 1], levels[at], level))
    slope = (values[at] - values[at - 1]) / (right - left)
    return max(0.0, values[at - 1] + slope * (here - left))


def sigma_ml(distribution: Distribution) -> float:
    """A standard deviation: half of what lies between the quantiles of +-1 sigma."""
    return (quantile(distribution, 0.8413) - quantile(distribution, 0.1587)) / 2


def rank_of(distribution: Distribution, amount_ml: float) -> float:
    """The share of the distribution at or under an amount, kept within 0.001 and 0.999."""
    levels, values = distribution.levels, distribution.quantiles_ml
    scores = [_NORMAL.inv_cdf(level) for level in levels]
    under = [at for at, value in enumerate(values) if value <= amount_ml]
    at = min(max(under[-1] if under else 0, 0), len(values) - 2)
    width = values[at + 1] - values[at]
    share = (amount_ml - values[at]) / width if width > 0 else 0.0
    score = scores[at] + share * (scores[at + 1] - scores[at])
    return min(max(_NORMAL.cdf(score), 0.001), 0.999)


def chance_of_more(distribution: Distribution, amount_ml: float) -> float:
    """The probability that more than an amount is drunk."""
    return 1.0 - rank_of(distribution, amount_ml)


def runs_out(forecast: IssuedForecast, on_hand_ml: float, from_on: date, chance: float) -> date | None:
    """The first day by whose end what is on hand is gone with at least that probability (0..1).

    from_on: the day that runs; on_hand_ml: what there was when it began. None: not within MAX_AHEAD_DAYS.
    """
    for days in range(1, MAX_AHEAD_DAYS + 1):
        if quantile(window(forecast, from_on, days), 1.0 - chance) >= on_hand_ml:
            return from_on + timedelta(days=days - 1)
    return None


def _neighbours(leads: Sequence[int], days: int) -> tuple[int, int, float]:
    """Places of the leads around a length, and how far between them it lies (in the root of the length)."""
    at = bisect_left(leads, days)
    if at == len(leads):
        return len(leads) - 1, len(leads) - 1, 0.0
    if leads[at] == days or at == 0:
        return at, at, 0.0
    low, high = leads[at - 1], leads[at]
    return at - 1, at, (low**-0.5 - days**-0.5) / (low**-0.5 - high**-0.5)


def _relative(forecast: IssuedForecast, lead: int) -> list[float]:
    """The quantiles of one sum in units of its mean."""
    mean_ml = max(forecast.sum_mean_ml[lead], 1e-9)
    return [value / mean_ml for value in forecast.sum_quantiles_ml[lead]]
