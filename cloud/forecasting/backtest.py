"""Owns the trial of methods on a history: forecast from past origins, compare with what came, score.

Origins roll back from the end of the panel by one horizon each; a method sees only what was before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cloud.forecasting.arrays import Bools, Floats
from cloud.forecasting.forecast import LEVELS, Forecast, ordered
from cloud.forecasting.methods import Method
from cloud.forecasting.panel import Panel, PanelError
from cloud.forecasting.scoring import movement, pinball, sum_movement

LEAST_SELLING = 3
LEAST_WEEKS = 8
MAX_CUTS = 26


@dataclass(frozen=True)
class Score:
    """How one method did over all series and origins.

    loss: scaled pinball loss per period at .1 .5 .9 .95. lead_loss: the same of lead-time sums at .5 .9 .95.
    under_50, under_90, under_95: share of real sums not above the stated quantile. bias: forecast minus real
    over real. seconds: computing time per 1,000 series and origin.
    """

    method: str
    loss: float
    lead_loss: float
    under_50: float
    under_90: float
    under_95: float
    bias: float
    seconds: float
    series: int
    origins: int


@dataclass(frozen=True)
class _Trial:
    loss: Floats
    lead_loss: Floats
    under: Bools
    forecast: float
    real: float


def compare(
    panel: Panel,
    methods: Mapping[str, Method],
    horizon: int,
    lead: int,
    cuts: int,
    *,
    stopwatch: Callable[[], float] = lambda: 0.0,
) -> list[Score]:
    """Scores of every method, best lead_loss first.

    horizon, lead: periods, lead <= horizon. stopwatch: seconds from any start, for `seconds`. Raises
    PanelError where the history is too short for one origin.
    """
    if not 1 <= cuts <= MAX_CUTS or not 1 <= lead <= horizon:
        raise PanelError(f"Give 1 to {MAX_CUTS} origins and a lead time of 1 to {horizon} periods.")
    trials: dict[str, list[_Trial]] = {name: [] for name in methods}
    seconds = dict.fromkeys(methods, 0.0)
    tried = 0
    for known, real in origins(panel, horizon, cuts):
        tried += known.series
        for name, method in methods.items():
            start = stopwatch()
            forecast = method(known, horizon, (lead,))
            seconds[name] += stopwatch() - start
            trials[name].append(_judge(known, forecast, real, lead))
    if not tried:
        raise PanelError(
            f"No series has {LEAST_WEEKS} weeks, {LEAST_SELLING} sales before the last {horizon} periods: "
            "the history is too short to try methods on it."
        )
    scores = [_score(name, tried_, seconds[name], tried) for name, tried_ in trials.items()]
    return sorted(scores, key=lambda score: score.lead_loss)


def origins(panel: Panel, horizon: int, cuts: int) -> list[tuple[Panel, Floats]]:
    """(what was known, (n, horizon) what came) at each origin, oldest first, of the series old enough."""
    found = []
    for cut in range(cuts, 0, -1):
        end = panel.periods - horizon * cut
        if end < 1:
            continue
        known = panel.until(end)
        old_enough = (known.exposure > 0).sum(axis=1) >= LEAST_WEEKS * max(panel.season, 2)
        eligible = old_enough & ((known.sold > 0).sum(axis=1) >= LEAST_SELLING)
        if eligible.any():
            found.append((known.only(eligible), panel.sold[eligible, end : end + horizon]))
    return found


def _judge(known: Panel, forecast: Forecast, real: Floats, lead: int) -> _Trial:
    keep = [forecast.levels.index(level) for level in LEVELS]
    daily = ordered(forecast.daily.quantiles[..., keep])
    loss = pinball(real, daily, LEVELS).mean(axis=1) / movement(known)
    sums = ordered(forecast.sums[lead].quantiles[:, keep[1:]])
    came = real[:, :lead].sum(axis=1)
    lead_loss = pinball(came, sums, LEVELS[1:]) / sum_movement(known, lead)
    under = came[:, None] <= sums + 1e-9
    return _Trial(loss, lead_loss, under, float(forecast.daily.mean.sum()), float(real.sum()))


def _score(name: str, trials: Sequence[_Trial], seconds: float, tried: int) -> Score:
    under = np.concatenate([trial.under for trial in trials]).mean(axis=0)
    real = sum(trial.real for trial in trials)
    forecast = sum(trial.forecast for trial in trials)
    return Score(
        method=name,
        loss=float(np.concatenate([trial.loss for trial in trials]).mean()),
        lead_loss=float(np.concatenate([trial.lead_loss for trial in trials]).mean()),
        under_50=float(under[0]),
        under_90=float(under[1]),
        under_95=float(under[2]),
        bias=(forecast - real) / real if real else 0.0,
        seconds=1000 * seconds / tried,
        series=max(len(trial.loss) for trial in trials),
        origins=len(trials),
    )
