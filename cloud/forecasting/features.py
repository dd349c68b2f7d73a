"""Owns what a learned model may look at: figures of one series known at an origin, in units of its own scale.

Every feature is a function of the periods before the origin alone and of the target's place in week and year.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from cloud.forecasting.arrays import Bools, Floats
from cloud.forecasting.levels import Levels
from cloud.forecasting.panel import Ints, Panel, sums_before

WINDOW_DAYS = (7, 14, 28, 56, 91, 182, 364)
SAME_WEEKDAY_MEANS = (1, 4, 8, 26)
DAYS_IN_YEAR = 365.25
AGE_CAP = 800.0
FAMILIES = ("history", "weekday", "season", "last year", "all series", "price")


@dataclass(frozen=True)
class Targets:
    """Which windows are asked for: series, periods known at the origin, steps ahead; all (N,). And length."""

    series: Ints
    origin: Ints
    ahead: Ints
    length: int

    def kept(self, keep: Bools) -> "Targets":
        """The targets where keep (N,) is true."""
        return Targets(self.series[keep], self.origin[keep], self.ahead[keep], self.length)


class FeatureMaker:
    """Computes features of one panel; running totals are made once and shared by all calls."""

    def __init__(self, panel: Panel, levels: Levels, scale: Floats, without: Collection[str] = ()) -> None:
        """scale: (n,) > 0, the unit per period in which a series' features are given.

        without: families left out, of FAMILIES, to see what each earns.
        """
        self._without = frozenset(without)
        self._panel, self._levels, self._scale = panel, levels, scale
        self._windows = [panel.periods_in(days) for days in WINDOW_DAYS]
        self._demand = sums_before(levels.demand)
        self._weight = sums_before(levels.weight)
        self._selling = sums_before((levels.demand > 0).astype(np.float64))
        self._squares = sums_before(levels.demand**2)
        self._last_sale = _last_sale(levels.demand)
        self._pool_demand = np.r_[0.0, np.cumsum((levels.demand / scale[:, None]).sum(axis=0))]
        self._pool_weight = np.r_[0.0, np.cumsum(levels.weight.sum(axis=0))]
        self._price_ratio = _price_ratio(panel)
        self._first_day = panel.ends_on.toordinal() - (panel.periods - 1) * panel.step_days

    def table(self, targets: Targets) -> Floats:
        """(N, features) as 32-bit floats; NaN where a feature is not known."""
        families = {
            "history": self._history,
            "weekday": self._weekday,
            "season": self._season,
            "last year": self._last_year,
            "all series": self._all_series,
            "price": self._price,
        }
        columns = [
            column
            for name, family in families.items()
            if name not in self._without
            for column in family(targets)
        ]
        return np.column_stack([np.asarray(column, dtype=np.float32) for column in columns])

    def actual(self, targets: Targets) -> Floats:
        """(N,) what came: demand summed over each target's window."""
        start = targets.origin + targets.ahead
        return np.asarray(
            self._demand[targets.series, start + targets.length] - self._demand[targets.series, start]
        )

    def observed(self, targets: Targets) -> Bools:
        """(N,) whether nearly all of the window was open and in stock."""
        start = targets.origin + targets.ahead
        seen = self._weight[targets.series, start + targets.length] - self._weight[targets.series, start]
        return np.asarray(seen > targets.length - 0.9)

    def _history(self, targets: Targets) -> list[Floats]:
        scale, windows = self._scale[targets.series], self._windows
        seen = [np.maximum(self._recent(self._weight, targets, w), 1e-9) for w in windows]
        means = [self._recent(self._demand, targets, w) / s for w, s in zip(windows, seen, strict=True)]
        year = means[-1] + 1e-6
        selling = [
            self._recent(self._selling, targets, windows[i]) / np.maximum(seen[i], 1.0) for i in (2, 4, 6)
        ]
        variance = self._recent(self._squares, targets, windows[-1]) / np.maximum(seen[-1], 1.0) - year**2
        since = targets.origin - 1 - self._last_sale[targets.series, targets.origin - 1]
        age = np.minimum(self._weight[targets.series, targets.origin], AGE_CAP)
        return [
            *(mean / scale for mean in means),
            *(mean / year for mean in means[:-2]),
            *selling,
            variance / year,
            np.sqrt(np.maximum(variance, 0.0)) / year,
            np.log(year),
            np.log(scale),
            since.astype(np.float64),
            since * np.maximum(selling[-1], 1e-3),
            age,
            *(level[targets.series, targets.origin - 1] / scale for level in self._levels.by_speed),
        ]

    def _weekday(self, targets: Targets) -> list[Floats]:
        """Steps ahead, the window's weekday factor, what level x week expects, and the days like it."""
        levels, season = self._levels, self._panel.season
        start = targets.origin + targets.ahead
        places = (start[:, None] + np.arange(targets.length) - levels.periods) % season
        week = levels.factors[targets.series[:, None], places].mean(axis=1)
        expected = levels.level[targets.series, targets.origin - 1] * week
        columns = [targets.ahead.astype(np.float64), week, expected / self._scale[targets.series]]
        if season > 1 and targets.length == 1:
            columns += [(start % 7).astype(np.float64), *self._same_weekday(targets)]
        return columns

    def _season(self, targets: Targets) -> list[Floats]:
        """The day of the year as a place on a circle."""
        day = self._first_day + (targets.origin + targets.ahead) * self._panel.step_days
        angle = 2 * np.pi * day / DAYS_IN_YEAR
        return [np.sin(angle), np.cos(angle)]

    def _same_weekday(self, targets: Targets) -> list[Floats]:
        """Means of the newest 1, 4, 8, 26 known days of the target's weekday, and the one before the last."""
        newest = targets.origin + targets.ahead - 7 * (1 + targets.ahead // 7)
        series = targets.series[:, None]
        days = newest[:, None] - 7 * np.arange(SAME_WEEKDAY_MEANS[-1])
        known = days >= 0
        days = np.maximum(days, 0)
        demand = np.cumsum(self._levels.demand[series, days] * known, axis=1)
        seen = np.maximum(np.cumsum(self._levels.weight[series, days] * known, axis=1), 1e-9)
        scale = self._scale[targets.series]
        means = [demand[:, k - 1] / seen[:, k - 1] / scale for k in SAME_WEEKDAY_MEANS]
        return [*means, (demand[:, 1] - demand[:, 0]) / scale]

    def _last_year(self, targets: Targets) -> list[Floats]:
        """The same week a year ago; NaN where the history is shorter."""
        year, least = self._panel.periods_in(364), self._panel.periods_in(7)
        end = targets.origin + targets.ahead + targets.length - year
        start = end - max(targets.length, least)
        seen = np.maximum(self._between(self._weight, targets.series, start, end), 1e-9)
        mean = self._between(self._demand, targets.series, start, end) / seen
        return [np.where(end - targets.length > 0, mean / self._scale[targets.series], np.nan)]

    def _all_series(self, targets: Targets) -> list[Floats]:
        """What all series together do lately against the month and the year."""
        week, month, year = (self._pool(targets.origin, self._windows[i]) for i in (0, 2, 6))
        return [month / year, week / month]

    def _price(self, targets: Targets) -> list[Floats]:
        """The last known price against the quarter's."""
        return [self._price_ratio[targets.series, targets.origin - 1]]

    def _recent(self, totals: Floats, targets: Targets, window: int) -> Floats:
        return self._between(totals, targets.series, targets.origin - window, targets.origin)

    def _between(self, totals: Floats, series: Ints, start: Ints, end: Ints) -> Floats:
        return np.asarray(totals[series, np.maximum(end, 0)] - totals[series, np.maximum(start, 0)])

    def _pool(self, origin: Ints, window: int) -> Floats:
        start = np.maximum(origin - window, 0)
        seen = np.maximum(self._pool_weight[origin] - self._pool_weight[start], 1e-9)
        return np.asarray(np.maximum((self._pool_demand[origin] - self._pool_demand[start]) / seen, 1e-6))


def _last_sale(demand: Floats) -> Ints:
    """(n, T) the newest period with a sale up to each period, -1 before the first."""
    at = np.where(demand > 0, np.arange(demand.shape[1])[None, :], -1)
    return np.asarray(np.maximum.accumulate(at, axis=1), dtype=np.int64)


def _price_ratio(panel: Panel) -> Floats:
    """(n, T) price over its mean of the quarter up to then; NaN where not known."""
    if panel.price is None:
        return np.full(panel.sold.shape, np.nan)
    known = ~np.isnan(panel.price)
    totals, counts = sums_before(np.where(known, panel.price, 0.0)), sums_before(known.astype(np.float64))
    start = np.maximum(np.arange(1, panel.periods + 1) - panel.periods_in(91), 0)
    mean = (totals[:, 1:] - totals[:, start]) / np.maximum(counts[:, 1:] - counts[:, start], 1e-9)
    ratio = np.divide(panel.price, mean, out=np.full(panel.sold.shape, np.nan), where=mean > 0)
    return np.asarray(np.clip(ratio, 0.0, 5.0))
