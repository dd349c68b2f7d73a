"""From a forecast's mean and spread, and the stock's own, to the equally likely surprises a plan weighs.

Owns how uncertainty adds up over days. Must not know forecasting methods: it takes means, standard deviations
or quantiles of each day.

A surprise is demand so far + what the stock was read wrongly, minus what was expected. Days are taken as
independent. A later plan will know what happened until then, so a surprise only reaches back over the last
`memory_days` (lead time + review period of the product).
"""

from collections.abc import Mapping, Sequence
from functools import cache
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

_FINE = 8
LEVELS = 15
"""How many equally likely surprises stand for a distribution."""
MAX_LEVELS = 99
FORECAST_DOUBT = 1.25
"""What a forecast says of its own spread is widened by this. Of real sums of M5 foods 7 % lie above the
stated 95 %, and their far tail is heavier than a count's (benchmarks/ordering_year.py).
"""
UPPER_FROM = 0.9
"""What is ordered for is above this; a skewed demand has another spread below its mean."""


def surprises(
    daily_mean: Sequence[float],
    daily_sigma: Sequence[float],
    stock_sigma: float = 0.0,
    memory_days: int | None = None,
    levels: int = LEVELS,
) -> tuple[tuple[float, ...], ...]:
    """`levels` equally likely surprises for each evening; without any spread an empty tuple (certain).

    Demand is gamma-like (Wilson and Hilferty's cube, PNAS 17, 1931), so that rare demand is skewed and never
    negative.
    """
    if not 1 <= levels <= MAX_LEVELS:
        raise ValueError(f"{levels} levels cannot be planned with; give 1 to {MAX_LEVELS}.")
    if len(daily_mean) != len(daily_sigma):
        raise ValueError(
            f"{len(daily_mean)} means and {len(daily_sigma)} spreads: give one of each for every day."
        )
    if not any(daily_sigma) and not stock_sigma:
        return ()
    evenings = []
    for day in range(len(daily_mean)):
        first = 0 if memory_days is None else max(0, day + 1 - max(1, memory_days))
        mean = sum(daily_mean[first : day + 1])
        variance = sum(sigma**2 for sigma in daily_sigma[first : day + 1])
        read_wrongly = stock_sigma**2 if first == 0 else 0.0
        evenings.append(_spread(mean, sqrt(variance + read_wrongly), levels))
    return tuple(evenings)


def surprises_of_sums(
    daily_mean: Sequence[float],
    sum_sigma: Mapping[int, float],
    stock_sigma: float = 0.0,
    memory_days: int | None = None,
    levels: int = LEVELS,
    *,
    doubt: float = 1.0,
    late_sigma: Sequence[float] = (),
) -> tuple[tuple[float, ...], ...]:
    """The same from the spread of sums: `sum_sigma[n]` is that of the demand of the first n days together.

    Days are not independent, so a forecast measures the spread of each sum by itself. Between two lengths the
    variance per day lies between theirs, beyond the longest it stays; a window of other days of the same
    length has its variance in proportion to its mean, as counts have.
    `doubt` widens them all. `late_sigma[t]` is the spread, in units, that deliveries coming on another day
    than planned bring to the evening of day t; `sum_sigma` may then be empty.
    """
    if not sum_sigma and not any(late_sigma):
        raise ValueError("Give the spread of the demand of at least one number of days.")
    sum_sigma = sum_sigma or {1: 0.0}
    lengths = sorted(sum_sigma)
    variances = [sum_sigma[length] ** 2 / length for length in lengths]
    evenings = []
    for day in range(len(daily_mean)):
        first = 0 if memory_days is None else max(0, day + 1 - max(1, memory_days))
        span = day + 1 - first
        mean, usual = sum(daily_mean[first : day + 1]), sum(daily_mean[:span])
        variance = float(np.interp(span, lengths, variances)) * span * doubt**2
        if usual > 0:
            variance *= mean / usual
        read_wrongly = stock_sigma**2 if first == 0 else 0.0
        came_late = late_sigma[day] ** 2 if late_sigma else 0.0
        evenings.append(_spread(mean, sqrt(variance + read_wrongly + came_late), levels))
    return tuple(evenings)


def stock_surprises(stock_sigma: float, levels: int = LEVELS) -> tuple[float, ...]:
    """Equally likely errors of the stock as it was read."""
    return tuple(stock_sigma * z for z in _normal_levels(levels)) if stock_sigma else ()


def sigma_from_quantiles(low: float, high: float, low_share: float = 0.1, high_share: float = 0.9) -> float:
    """The standard deviation that a forecast's quantiles speak of, were they normal's; 0 where they are
    crossed.
    """
    width = NormalDist().inv_cdf(high_share) - NormalDist().inv_cdf(low_share)
    return max(0.0, high - low) / width


def sigma_above(mean: float, levels: Sequence[float], quantiles: Sequence[float]) -> float:
    """The standard deviation that the upper quantiles (from 90 % on) of a count speak of; 0 without any."""
    upper = [
        (quantile - mean) / NormalDist().inv_cdf(level)
        for level, quantile in zip(levels, quantiles, strict=True)
        if level >= UPPER_FROM
    ]
    return max(0.0, sum(upper) / len(upper)) if upper else 0.0


def _spread(mean: float, sigma: float, levels: int) -> tuple[float, ...]:
    """Deviations from the mean, themselves of mean zero: the means of `levels` equally likely parts.

    Means of parts and not their middles: what is lost in the rare worst case is most of what is ever lost.
    """
    scores = _fine_scores(levels)
    if mean <= 0 or not sigma or (mean / sigma) ** 2 < 0.05:
        values = sigma * scores
    else:
        ninth = (sigma / mean) ** 2 / 9
        values = mean * np.maximum(0.0, 1 - ninth + scores * sqrt(ninth)) ** 3
    parts = values.reshape(levels, _FINE).mean(axis=1)
    return tuple((parts - parts.mean()).tolist())


@cache
def _fine_scores(levels: int) -> NDArray[np.float64]:
    return np.array(_normal_levels(levels * _FINE))


def _normal_levels(levels: int) -> tuple[float, ...]:
    return tuple(NormalDist().inv_cdf((level + 0.5) / levels) for level in range(levels))
