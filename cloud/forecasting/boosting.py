"""Owns the learned model: gradient-boosted trees over all series, one per quantile and lead time.

Targets and features are in units of each series' own movement, so that one model serves a fast beer and a
slow liqueur, and the loss it minimises is the scaled pinball loss forecasts are judged by. LightGBM is
imported when a model is fitted and nowhere else (extra `forecast`).
"""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from scipy.stats import norm

from cloud.forecasting.arrays import Floats
from cloud.forecasting.features import FeatureMaker, Targets
from cloud.forecasting.forecast import Forecast, Spread, ordered
from cloud.forecasting.levels import Levels
from cloud.forecasting.panel import Panel
from cloud.forecasting.scoring import movement, sum_movement

ANCHORS = (0.1, 0.5, 0.9, 0.95)
SUM_ANCHORS = (0.5, 0.9, 0.95)
TREES = 70
ROWS_PER_SERIES = 300
"""Origins drawn per daily series; a weekly one has a seventh of them and gets a quarter of the rows."""
MAX_ROWS = 600_000
"""Beyond 2,000 series each gives fewer rows: the model no longer gains, memory and time stay bounded."""
HISTORY_DAYS = 840
WARM_DAYS = 84
ENOUGH_WINDOWS = 8_000.0
LEAST_WINDOWS = 2_000.0
PARAMETERS: dict[str, Any] = {
    "num_leaves": 15,
    "learning_rate": 0.08,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 7,
    "verbose": -1,
}


class BoostingMissingError(RuntimeError):
    """LightGBM is not installed."""


def share_of_boosting(panel: Panel, levels: Levels, lead: int) -> float:
    """Share 0..1 of the learned model in the ensemble: w^2 / (w^2 + 8,000^2) for w windows of the lead time.

    A model of few windows learns noise: under 2,000 it gets nothing, at 8,000 a half, at 25,000 nine tenths.
    """
    windows = float(levels.weight.sum()) / lead
    if windows < LEAST_WINDOWS or panel.periods < panel.periods_in(WARM_DAYS) + 3 * lead:
        return 0.0
    return windows**2 / (windows**2 + ENOUGH_WINDOWS**2)


def boosted(
    panel: Panel,
    levels: Levels,
    plain: Forecast,
    horizon: int,
    leads: Sequence[int],
    *,
    without: Collection[str] = (),
) -> Forecast:
    """Fit on the panel's own past and forecast it; quantiles between the fitted ones follow the plain ones.

    Time and memory grow with the number of series up to 2,000 of them and are bounded from there in training.
    without: families of features left out (features.FAMILIES). Raises BoostingMissingError without LightGBM.
    """
    daily = _daily(panel, levels, plain, horizon, without)
    sums = {lead: _sum(panel, levels, plain, lead, without) for lead in leads}
    return Forecast(plain.levels, daily, sums)


def _daily(panel: Panel, levels: Levels, plain: Forecast, horizon: int, without: Collection[str]) -> Spread:
    scale = movement(panel)
    maker = FeatureMaker(panel, levels, scale, without)
    learned = _drawn(panel, levels, rows_per_series(panel), steps=horizon, length=1)
    series = np.repeat(np.arange(panel.series), horizon)
    asked = Targets(series, np.full(series.size, panel.periods), np.tile(np.arange(horizon), panel.series), 1)
    answers = _fit_and_ask(maker, learned, asked, scale, ANCHORS)
    shape = (panel.series, horizon)
    open_ahead = (levels.ahead[:, np.arange(horizon) % panel.season] > 0) * 1.0
    mean = answers.pop(0).reshape(shape) * open_ahead
    anchors = np.stack([answer.reshape(shape) * open_ahead for answer in answers], axis=-1)
    return Spread(mean, _at_levels(anchors, ANCHORS, plain.daily.quantiles, plain.levels))


def _sum(panel: Panel, levels: Levels, plain: Forecast, lead: int, without: Collection[str]) -> Spread:
    scale = sum_movement(panel, lead) / lead
    maker = FeatureMaker(panel, levels, scale, without)
    learned = _drawn(panel, levels, max(rows_per_series(panel) * 2 // 3, 8), steps=1, length=lead)
    asked = Targets(
        np.arange(panel.series),
        np.full(panel.series, panel.periods),
        np.zeros(panel.series, dtype=np.int64),
        lead,
    )
    answers = _fit_and_ask(maker, learned, asked, scale * lead, SUM_ANCHORS)
    mean = answers.pop(0)
    anchors = np.stack(answers, axis=-1)
    return Spread(mean, _at_levels(anchors, SUM_ANCHORS, plain.sums[lead].quantiles, plain.levels))


def rows_per_series(panel: Panel) -> int:
    """How many training rows each series gives, so that all together stay under MAX_ROWS."""
    wanted = ROWS_PER_SERIES if panel.season > 1 else ROWS_PER_SERIES // 4
    return max(min(wanted, MAX_ROWS // panel.series), 4)


def _drawn(panel: Panel, levels: Levels, rows: int, steps: int, length: int) -> Targets:
    """Random past origins of every series, dice seeded, with all of the target before the panel's end."""
    dice = np.random.default_rng(3)
    begun = np.argmax(np.cumsum(levels.demand, axis=1) > 0, axis=1)
    first = np.maximum(begun + panel.periods_in(56), panel.periods - panel.periods_in(HISTORY_DAYS))
    room = panel.periods - (steps - 1 + length) - first + 1
    series = np.repeat(np.flatnonzero(room > 0), rows)
    origin = first[series] + (dice.random(series.size) * room[series]).astype(np.int64)
    return Targets(series, origin, dice.integers(0, steps, series.size), length)


def _fit_and_ask(
    maker: FeatureMaker, learned: Targets, asked: Targets, scale: Floats, anchors: tuple[float, ...]
) -> list[Floats]:
    """[mean, *anchors], each (asked,), of models fitted on the learned targets that were fully observed."""
    lightgbm = _lightgbm()
    learned = learned.kept(maker.observed(learned))
    target = maker.actual(learned) / scale[learned.series]
    table = lightgbm.Dataset(
        maker.table(learned), target, params={"max_bin": PARAMETERS["max_bin"], "verbose": -1}
    )
    question = maker.table(asked)
    aims = [{"objective": "tweedie", "tweedie_variance_power": 1.2}]
    aims += [{"objective": "quantile", "alpha": anchor} for anchor in anchors]
    models = [lightgbm.train({**PARAMETERS, **aim}, table, TREES) for aim in aims]
    return [np.maximum(model.predict(question), 0.0) * scale[asked.series] for model in models]


def _at_levels(anchors: Floats, at: tuple[float, ...], plain: Floats, levels: tuple[float, ...]) -> Floats:
    """Quantiles at any levels: the plain forecast's, moved as far as the learned anchors move its own.

    anchors: (..., len(at)). plain: (..., len(levels)). A level between two anchors moves by a share of both,
    on the normal scale; one outside them moves like the nearest.
    """
    anchors = ordered(anchors)
    scores = norm.ppf(levels)
    plain_at = _interpolated(plain, scores, norm.ppf(at))
    return ordered(plain + _interpolated(anchors - plain_at, norm.ppf(at), scores))


def _interpolated(values: Floats, known: Floats, wanted: Floats) -> Floats:
    """Values (..., known) linearly between the known places, flat outside, at the wanted places."""
    if len(known) == 1:
        return np.repeat(values, len(wanted), axis=-1)
    upper = np.clip(np.searchsorted(known, wanted), 1, len(known) - 1)
    share = np.clip((wanted - known[upper - 1]) / (known[upper] - known[upper - 1]), 0.0, 1.0)
    return np.asarray(values[..., upper - 1] * (1 - share) + values[..., upper] * share)


def _lightgbm() -> Any:  # noqa: ANN401 - the library ships no types
    try:
        import lightgbm  # noqa: PLC0415 - an optional extra, and never in the API's process
    except ImportError as missing:
        message = "The ensemble needs LightGBM: install the extra `forecast`, or use the method `default`."
        raise BoostingMissingError(message) from missing
    return lightgbm


__all__ = ["BoostingMissingError", "boosted", "rows_per_series", "share_of_boosting"]
