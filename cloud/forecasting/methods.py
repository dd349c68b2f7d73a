"""Owns the methods a forecast can be made by, under their names: pure maths from a panel to a forecast.

No method reads a clock, a database or unseeded dice. `default` needs numpy and scipy and works from the first
day; `ensemble` adds a gradient-boosted model and needs the extra `forecast` (LightGBM).
"""

from collections.abc import Collection, Sequence
from typing import Protocol

import numpy as np

from cloud.forecasting.arrays import Floats
from cloud.forecasting.boosting import boosted, share_of_boosting
from cloud.forecasting.counts import count_quantiles
from cloud.forecasting.forecast import LEVELS, MAX_HORIZON_DAYS, Forecast, Spread, ordered
from cloud.forecasting.levels import Levels, dispersion_of, levels_of
from cloud.forecasting.panel import Panel, PanelError, window_sums


class Method(Protocol):
    """(panel, horizon in periods, lead times in periods, levels of the quantiles) -> forecast."""

    def __call__(
        self, panel: Panel, horizon: int, leads: Sequence[int], levels: tuple[float, ...] = LEVELS, /
    ) -> Forecast:
        """Raises PanelError for a horizon it cannot reach."""
        ...


def default(panel: Panel, horizon: int, leads: Sequence[int], levels: tuple[float, ...] = LEVELS) -> Forecast:
    """Level x weekday with negative-binomial quantiles; the sum over each lead time has its own dispersion.

    horizon, leads: in periods, at least 1 and at most MAX_HORIZON_DAYS. Raises PanelError beyond.
    """
    check_horizon(panel, horizon, leads)
    split = levels_of(panel, min(max(horizon, *leads), max(panel.periods // 2, 1)))
    return from_levels(panel, split, horizon, leads, levels)


def from_levels(
    panel: Panel, split: Levels, horizon: int, leads: Sequence[int], levels: tuple[float, ...]
) -> Forecast:
    """The default's forecast from an already made split of the history."""
    mean = split.expected(max(horizon, *leads))
    doubt = _doubt(split)
    daily = _spread(mean[:, :horizon], dispersion_of(panel, split, 1)[:, None], doubt[:, None], levels)
    sums = {}
    for lead in leads:
        length = min(lead, max(panel.periods // 2, 1))
        sums[lead] = _spread(mean[:, :lead].sum(axis=1), dispersion_of(panel, split, length), doubt, levels)
    return Forecast(levels, daily, sums)


def ensemble(
    panel: Panel,
    horizon: int,
    leads: Sequence[int],
    levels: tuple[float, ...] = LEVELS,
    *,
    without: Collection[str] = (),
) -> Forecast:
    """Quantile average of the default and a boosted model of all series, weighed by how much there is.

    Falls back to the default alone where there is too little history to learn from. without: families of
    features the boosted model does not get (features.FAMILIES).
    """
    check_horizon(panel, horizon, leads)
    split = levels_of(panel, min(max(horizon, *leads), max(panel.periods // 2, 1)))
    plain = from_levels(panel, split, horizon, leads, levels)
    share = share_of_boosting(panel, split, max(leads))
    if share == 0:
        return plain
    learned = _special(boosted(panel, split, plain, horizon, leads, without=without), split)
    return Forecast(
        levels,
        _average(plain.daily, learned.daily, share),
        {lead: _average(plain.sums[lead], learned.sums[lead], share) for lead in leads},
    )


def _special(learned: Forecast, split: Levels) -> Forecast:
    """What the trees say, moved by occasions, which they know nothing of."""
    factor = np.ones(learned.daily.mean.shape[1])
    factor[: len(split.effects.ahead)] = split.effects.ahead[: len(factor)]
    daily = Spread(learned.daily.mean * factor, learned.daily.quantiles * factor[:, None])
    sums = {}
    for lead, spread in learned.sums.items():
        with_, without = split.expected(lead).sum(axis=1), split.usual(lead).sum(axis=1)
        ratio = with_ / np.maximum(without, 1e-9)
        sums[lead] = Spread(spread.mean * ratio, spread.quantiles * ratio[:, None])
    return Forecast(learned.levels, daily, sums)


def seasonal_naive(
    panel: Panel, horizon: int, leads: Sequence[int], levels: tuple[float, ...] = LEVELS
) -> Forecast:
    """The last week again, with the quantiles of how far such a forecast was off in the last half year."""
    check_horizon(panel, horizon, leads)
    season, sold = panel.season, panel.sold
    mean = _last_week(panel, horizon)
    daily = Spread(
        mean, mean[:, :, None] + _quantiles_of_change(sold[:, -panel.periods_in(189) :], season, levels)
    )
    sums = {}
    for lead in leads:
        total = _last_week(panel, lead).sum(axis=1)
        past = window_sums(sold[:, -panel.periods_in(364) :], min(lead, panel.periods))
        sums[lead] = Spread(total, ordered(total[:, None] + _quantiles_of_change(past, lead, levels)[:, 0]))
    return Forecast(levels, Spread(mean, ordered(daily.quantiles)), sums)


def moving_average(
    panel: Panel, horizon: int, leads: Sequence[int], levels: tuple[float, ...] = LEVELS
) -> Forecast:
    """The mean of four weeks for every day, with the quantiles of the last eight weeks' days and sums."""
    check_horizon(panel, horizon, leads)
    mean = panel.sold[:, -panel.periods_in(28) :].mean(axis=1)
    recent = np.quantile(panel.sold[:, -panel.periods_in(56) :], levels, axis=1).T
    daily = Spread(np.repeat(mean[:, None], horizon, 1), np.repeat(recent[:, None, :], horizon, 1))
    sums = {}
    for lead in leads:
        length = min(lead, panel.periods)
        past = window_sums(panel.sold[:, -max(panel.periods_in(56), 3 * lead) :], length) * lead / length
        sums[lead] = Spread(mean * lead, np.quantile(past, levels, axis=1).T)
    return Forecast(levels, daily, sums)


METHODS: dict[str, Method] = {
    "default": default,
    "ensemble": ensemble,
    "seasonal naive": seasonal_naive,
    "moving average": moving_average,
}


def check_horizon(panel: Panel, horizon: int, leads: Sequence[int]) -> None:
    """Raise PanelError where the horizon or a lead time is outside 1 period .. MAX_HORIZON_DAYS."""
    longest = MAX_HORIZON_DAYS // panel.step_days
    if not leads or not all(1 <= length <= longest for length in (horizon, *leads)):
        raise PanelError(
            f"Horizon and lead times must be 1 to {longest} periods, not {horizon} and {list(leads)}."
        )


def _doubt(split: Levels) -> Floats:
    """(n,) relative variance of the level itself: one over the independent events it was seen with."""
    seen = split.demand.sum(axis=1)
    mean = seen / np.maximum(split.weight.sum(axis=1), 1.0)
    square = (split.weight * (split.demand - mean[:, None]) ** 2).sum(axis=1)
    per_event = np.clip(square / np.maximum(seen, 1e-9), 1.0, None)
    return np.asarray(per_event / np.maximum(seen, 1.0))


def _spread(mean: Floats, per_mean: Floats, doubt: Floats, levels: tuple[float, ...]) -> Spread:
    return Spread(mean, count_quantiles(mean, mean * per_mean + mean**2 * doubt, levels))


def _average(plain: Spread, learned: Spread, share: float) -> Spread:
    return Spread(
        (1 - share) * plain.mean + share * learned.mean,
        ordered((1 - share) * plain.quantiles + share * learned.quantiles),
    )


def _last_week(panel: Panel, horizon: int) -> Floats:
    """(n, horizon) the last week over and over; the last period where there is no whole week."""
    season = panel.season if panel.periods >= panel.season else 1
    return np.tile(panel.sold[:, -season:], horizon // season + 1)[:, :horizon]


def _quantiles_of_change(values: Floats, step: int, levels: tuple[float, ...]) -> Floats:
    """(n, 1, levels) quantiles of values minus those `step` before; zeros where the history is shorter."""
    if values.shape[1] <= step:
        return np.zeros((values.shape[0], 1, len(levels)))
    return np.quantile(values[:, step:] - values[:, :-step], levels, axis=1).T[:, None, :]
