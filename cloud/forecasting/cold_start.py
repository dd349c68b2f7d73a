"""Owns the first guess for a product nobody has sold here yet, and how fast its own days overrule it.

A guess is a mean per period with its own doubt (a standard deviation of its logarithm). Guesses of a sibling
site, of the category and of the manager's par are averaged by their doubts; own days then correct the average
as a gamma prior is corrected by counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cloud.forecasting.arrays import Floats
from cloud.forecasting.counts import count_quantiles
from cloud.forecasting.forecast import LEVELS, Spread
from cloud.forecasting.panel import PanelError

SIBLING_DOUBT = 0.65
CATEGORY_DOUBT = 1.3
PAR_DOUBT = 0.8
PRIOR_PERIODS = 2.0
"""What the guess weighs beside own days; two days did best on M5, a week held the guess for too long."""
ENOUGH_SHARED = 10
RIDGE, USUAL_SLOPE = 3.0, 0.8
"""Three products' worth of belief that what sells twice as much there sells 1.7 times as much here."""
LOG_FLOOR = 0.02
"""Share of the mean product below which rates are all alike: the logarithm of nothing says too much."""
SIBLING = "the same product at a sibling site"
LEAST_RATIO, MOST_RATIO = 0.1, 10.0
DISPERSION = 2.5
"""Variance per mean of a day's demand where the product's own is not known yet."""


@dataclass(frozen=True)
class Guess:
    """A mean per period and its doubt: the standard deviation of its logarithm."""

    per_period: float
    doubt: float
    source: str


def from_sibling(
    per_period_there: float, both_here: Sequence[float], both_there: Sequence[float]
) -> Guess | None:
    """The same product at a sibling site, told by how the products that both sell compare.

    both_here, both_there: mean per period of the products both sites sell. With ENOUGH_SHARED of them a ridge
    regression of the logarithms says how far what sells there sells here, and its residuals how sure that is
    (empirical Bayes); with fewer, one ratio for all. None where nothing is shared.
    """
    here, there = np.asarray(both_here, dtype=np.float64), np.asarray(both_there, dtype=np.float64)
    if here.shape != there.shape:
        raise PanelError("The shared products of two sites must be the same on both sides.")
    if there.sum() <= 0 or here.sum() <= 0 or per_period_there <= 0:
        return None
    if here.size >= ENOUGH_SHARED:
        return _regressed(per_period_there, here, there)
    ratio = float(np.clip(here.sum() / there.sum(), LEAST_RATIO, MOST_RATIO))
    return Guess(per_period_there * ratio, SIBLING_DOUBT, SIBLING)


def _regressed(per_period_there: float, here: Floats, there: Floats) -> Guess:
    floor = LOG_FLOOR * float(here.mean())
    x, y = np.log(there + floor), np.log(here + floor)
    away, above = x - x.mean(), y - y.mean()
    slope = ((away * above).sum() + RIDGE * USUAL_SLOPE) / ((away**2).sum() + RIDGE)
    spread = float(((above - slope * away) ** 2).sum() / max(x.size - 2, 1))
    middle = y.mean() + slope * (np.log(per_period_there + floor) - x.mean())
    limit = np.log(per_period_there) + np.log([LEAST_RATIO, MOST_RATIO])
    mean = np.exp(np.clip(middle + spread / 2, *limit))
    return Guess(float(mean), float(np.sqrt(spread)), SIBLING)


def from_category(per_period_of_products: Sequence[float]) -> Guess | None:
    """The median product of the category at this site. None where there is none."""
    rates = np.asarray(per_period_of_products, dtype=np.float64)
    if rates.size == 0 or float(np.median(rates)) <= 0:
        return None
    return Guess(float(np.median(rates)), CATEGORY_DOUBT, "the category at this site")


def from_par(par: float, periods_covered: float, safety: float = 1.5) -> Guess | None:
    """What a manager's par level says: it covers lead time plus review period, with some in hand.

    par: base units. periods_covered: lead time plus review period, > 0. safety: par over expected demand.
    """
    if periods_covered <= 0:
        raise PanelError("A par level covers a time: give lead time plus review period, more than 0.")
    return Guess(par / safety / periods_covered, PAR_DOUBT, "the manager's par level") if par > 0 else None


def combined(guesses: Sequence[Guess | None]) -> Guess | None:
    """The average of the logarithms, weighed by one over the squared doubt. None where nobody guesses."""
    known = [guess for guess in guesses if guess is not None]
    if not known:
        return None
    weights = np.asarray([guess.doubt**-2 for guess in known])
    logs = np.log([guess.per_period for guess in known])
    mean = float(np.exp((weights * logs).sum() / weights.sum()))
    return Guess(mean, float(weights.sum() ** -0.5), " and ".join(guess.source for guess in known))


def first_forecast(
    guess: Guess,
    demand: Floats,
    weight: Floats,
    lead: int,
    levels: tuple[float, ...] = LEVELS,
    *,
    reach: float | None = None,
) -> Spread:
    """The sum over the next `lead` periods: one series, mean (1,), quantiles (1, levels).

    demand, weight: (t,) the product's own periods so far (exposure.demand_of), t may be 0. reach: how many
    usual periods the next `lead` ones are worth, by their weekdays; `lead` where that is not known.
    """
    seen = float(weight.sum())
    rate = (float(demand.sum()) + guess.per_period * PRIOR_PERIODS) / (seen + PRIOR_PERIODS)
    events = float(demand.sum()) / DISPERSION
    doubt = 1.0 / (1.0 / guess.doubt**2 + events)
    mean = np.asarray([rate * (lead if reach is None else reach)])
    return Spread(mean, count_quantiles(mean, mean * DISPERSION + mean**2 * np.expm1(doubt), levels))
