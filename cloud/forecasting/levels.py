"""Owns the level of demand: how fast it may move, what it is now, and how wrong it used to be.

The level is an exponentially weighted ratio of demand to what the weekdays and the days seen would give at
level 1. How fast it forgets is not chosen once: six speeds run side by side and each series weighs them by
how well they foretold its past sums, with a little help of what all series say (a Bayesian average of
quasi-Poisson likelihoods; the deviance is divided by the series' own dispersion).
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from cloud.forecasting.arrays import Floats
from cloud.forecasting.counts import dispersion
from cloud.forecasting.exposure import demand_of
from cloud.forecasting.occasions import Effects, effects_of
from cloud.forecasting.panel import Panel, window_sums
from cloud.forecasting.weekdays import opening, weekday_factors

SPEEDS_PER_DAY = (0.004, 0.008, 0.016, 0.03, 0.06, 0.12)
"""Share of the level that one day replaces; 0.004 remembers most of a year, 0.12 a week."""
JUDGED_DAYS = 364
JUDGED_WEEKS = 104
"""Weekly series are judged on two years: one would hold too few windows."""
PRIOR_PERIODS = 0.5
"""The series' mean over its whole life counts as half a period of evidence on the level."""
SHARED_VOICE = 0.05
"""How loud all series together speak on the speed, per square root of their number."""
WARM_DAYS = 28
MIDDLING = 3
"""Which of the speeds occasions are told from: it follows a season and not a holiday."""


@dataclass(frozen=True)
class Levels:
    """Demand split into level and week, for every period of the history.

    demand, weight: (n, T). factors: (n, season). week: (n, T) factor of each period; ahead: (n, season) the
    same for the periods to come, 0 where the site does not open. by_speed: (S, n, T) level after each period.
    speed_weights: (S, n), sum 1. level: (n, T) their average. effects: of what is special about days; week
    includes them, ahead does not.
    """

    demand: Floats
    weight: Floats
    factors: Floats
    week: Floats
    ahead: Floats
    by_speed: Floats
    speed_weights: Floats
    level: Floats
    effects: Effects

    @property
    def periods(self) -> int:
        """The number of periods of the history."""
        return int(self.demand.shape[1])

    def expected(self, horizon: int) -> Floats:
        """(n, horizon) mean demand of the next periods."""
        special = np.ones(horizon)
        special[: len(self.effects.ahead)] = self.effects.ahead[:horizon]
        return np.asarray(self.usual(horizon) * special)

    def usual(self, horizon: int) -> Floats:
        """(n, horizon) the same if nothing special were to come."""
        steps = np.arange(horizon) % self.ahead.shape[1]
        return np.asarray(self.level[:, -1:] * self.ahead[:, steps])


@dataclass(frozen=True)
class PastWindows:
    """What was foretold and what came, for the sums of `length` periods at past origins.

    sums, counted: (n, K), counted 0..1 says whether a window teaches; reach: (n, K) the window's demand at
    level 1; origins: periods known at each of the K origins.
    """

    length: int
    sums: Floats
    counted: Floats
    reach: Floats
    origins: slice


def past_windows(demand: Floats, weight: Floats, week: Floats, length: int, step_days: int) -> PastWindows:
    """The newest windows of that length that have at least one period before them; all inputs (n, T)."""
    judged, warm = (JUDGED_DAYS if step_days == 1 else JUDGED_WEEKS), WARM_DAYS // step_days
    sums, seen = window_sums(demand, length), window_sums(weight, length)
    reach = window_sums(week * weight, length)
    first = max(sums.shape[1] - judged, 1)
    origins = slice(first - 1, sums.shape[1] - 1)
    age = np.cumsum(weight, axis=1)[:, origins]
    usual = np.median(seen, axis=1, keepdims=True) if length > 1 else np.ones((len(seen), 1))
    counted = (seen[:, first:] >= 0.7 * np.maximum(usual, 1.0)) & (age >= warm)
    return PastWindows(length, sums[:, first:], counted.astype(np.float64), reach[:, first:], origins)


def levels_of(panel: Panel, longest: int, sale_size: float = 1.0) -> Levels:
    """Split the panel's demand; speeds are judged on sums over `longest` periods."""
    demand, weight = demand_of(panel, sale_size)
    phases = panel.phases()
    factors = weekday_factors(demand, weight, phases, panel.season, panel.groups)
    week = factors[:, phases]
    effects = _effects(panel, demand, weight, week)
    week = week * effects.past
    by_speed = np.stack([_smoothed(demand, weight * week, speed) for speed in _speeds(panel)])
    speed_weights = _weigh_speeds(by_speed, past_windows(demand, weight, week, longest, panel.step_days))
    level = np.einsum("sn,snt->nt", speed_weights, by_speed)
    ahead = factors * opening(panel.is_open, phases, panel.season)
    return Levels(demand, weight, factors, week, ahead, by_speed, speed_weights, level, effects)


def _effects(panel: Panel, demand: Floats, weight: Floats, week: Floats) -> Effects:
    """What occasions do beside level and week, told by a level that moves at a middling speed."""
    if panel.occasions is None:
        return Effects(np.ones(panel.periods), np.ones(0))
    level = _smoothed(demand, weight * week, float(_speeds(panel)[MIDDLING]))
    before = np.concatenate([level[:, :1], level[:, :-1]], axis=1)
    warm = np.cumsum(weight, axis=1) > WARM_DAYS // panel.step_days
    seen = weight * warm
    ahead = panel.occasions.values.shape[0] - panel.periods
    return effects_of(panel.occasions, demand * seen, before * week * seen, max(ahead, 0))


def dispersion_of(panel: Panel, levels: Levels, length: int) -> Floats:
    """(n,) variance per mean of the sum over `length` periods, as past forecasts of it erred."""
    past = past_windows(levels.demand, levels.weight, levels.week, length, panel.step_days)
    foretold = levels.level[:, past.origins] * past.reach
    return dispersion((past.sums - foretold) ** 2, foretold, past.counted, length)


def _speeds(panel: Panel) -> Floats:
    return np.asarray(1 - (1 - np.asarray(SPEEDS_PER_DAY)) ** panel.step_days)


def _smoothed(demand: Floats, reach: Floats, speed: float) -> Floats:
    """(n, T) exponentially weighted demand over exponentially weighted reach, with a weak prior."""
    means = demand.sum(axis=1) / np.maximum(reach.sum(axis=1), 1e-9)
    usual = float(np.median(means))
    lifelong = (demand.sum(axis=1) + PRIOR_PERIODS * usual) / (reach.sum(axis=1) + PRIOR_PERIODS)
    above = lfilter([1.0], [1.0, speed - 1.0], demand, axis=1)
    below = lfilter([1.0], [1.0, speed - 1.0], reach, axis=1)
    return np.asarray((above + PRIOR_PERIODS * lifelong[:, None]) / (below + PRIOR_PERIODS))


def _weigh_speeds(by_speed: Floats, past: PastWindows) -> Floats:
    """(S, n) posterior weight of each speed from the quasi-Poisson deviance of past sums."""
    deviance = np.stack([_deviance(level[:, past.origins] * past.reach, past) for level in by_speed])
    windows = past.counted.sum(axis=1) / past.length
    per_event = np.clip(deviance.min(axis=0) / np.maximum(windows, 1e-9), 1.0, None)
    evidence = -deviance / per_event / 2
    shared = evidence.sum(axis=1, keepdims=True) * SHARED_VOICE / np.sqrt(evidence.shape[1])
    score = evidence + shared
    weights = np.exp(score - score.max(axis=0))
    return np.asarray(weights / weights.sum(axis=0))


def _deviance(foretold: Floats, past: PastWindows) -> Floats:
    """(n,) Poisson deviance of the windows' sums, each overlapping window counted as its share."""
    foretold = np.maximum(foretold, 1e-6)
    logs = np.where(past.sums > 0, past.sums * np.log(np.maximum(past.sums, 1e-9) / foretold), 0.0)
    return np.asarray((2 * (logs - past.sums + foretold) * past.counted).sum(axis=1) / past.length)
