"""Owns adapters to other people's models, so that they can be judged beside ours: by score, not by name.

The extra `compare` brings them (statsforecast, prophet); they are imported when one is asked for. They know
one series at a time and no sums: the quantiles of a lead time are those of independent normal days added up,
as people do. Stock-outs and closed days reach them as what was sold: they know no better.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from importlib.util import find_spec
from statistics import NormalDist
from typing import Any

import numpy as np

from cloud.forecasting.arrays import Floats
from cloud.forecasting.forecast import LEVELS, Forecast, Spread, ordered
from cloud.forecasting.methods import Method, check_horizon
from cloud.forecasting.panel import Panel, PanelError

LEAST_PERIODS = 15
"""Under two weeks these models are not fitted; the series' own mean and spread stand in."""
ONE_SIGMA = 68.27
_MODELS: dict[str, tuple[str, Callable[[Any, int], Any]]] = {
    "ARIMA": ("statsforecast", lambda models, season: models.AutoARIMA(season_length=season)),
    "ETS": ("statsforecast", lambda models, season: models.AutoETS(season_length=season)),
    "Theta": ("statsforecast", lambda models, season: models.AutoTheta(season_length=season)),
    "Croston": ("statsforecast", lambda models, season: models.CrostonSBA()),  # noqa: ARG005
    "Prophet": ("prophet", lambda models, season: models),  # noqa: ARG005
}
PEERS = tuple(_MODELS)
WITHOUT_INTERVALS = ("Croston",)
"""They refuse to be asked for one."""
MAX_STRANGE = 0.5
One = Callable[[Floats, Panel, int], tuple[Floats, Floats]]
"""(what one series sold, its panel, periods) -> mean and sigma of each period."""


def peer(name: str) -> Method:
    """A model of PEERS as a method. Raises PanelError where its package is not installed."""
    package, make = _MODELS[name]
    if find_spec(package) is None:
        raise PanelError(f"{name} needs {package}: install the extra `compare`, or leave it out.")
    if package == "prophet":
        return partial(_by_series, one=_forgiving(name, _prophet))
    models = _models_of_statsforecast()

    level = None if name in WITHOUT_INTERVALS else [ONE_SIGMA]

    def one(known: Floats, panel: Panel, horizon: int) -> tuple[Floats, Floats]:
        return _statsforecast(make(models, panel.season), known, horizon, level)

    return partial(_by_series, one=_forgiving(name, one))


def _forgiving(name: str, one: One) -> One:
    """The model, but a strange series gets its own mean; one that fails at most of them says why."""
    tried = failed = 0

    def tolerant(known: Floats, panel: Panel, horizon: int) -> tuple[Floats, Floats]:
        nonlocal tried, failed
        if len(known) < LEAST_PERIODS or not known.any():
            return _plain(known, horizon)
        tried += 1
        try:
            return one(known, panel, horizon)
        except Exception as error:  # whatever a foreign model raises
            failed += 1
            if failed > MAX_STRANGE * max(panel.series, tried):
                raise PanelError(f"{name} fails at most series: {error}. Leave it out.") from error
            return _plain(known, horizon)

    return tolerant


def _models_of_statsforecast() -> Any:  # noqa: ANN401 - it has no types
    import statsforecast.models  # noqa: PLC0415

    return statsforecast.models


def _by_series(
    panel: Panel,
    horizon: int,
    leads: Sequence[int],
    levels: tuple[float, ...] = LEVELS,
    /,
    *,
    one: One,
) -> Forecast:
    check_horizon(panel, horizon, leads)
    longest = max(horizon, *leads)
    told = [one(_lived(panel, row), panel, longest) for row in range(panel.series)]
    mean = np.maximum(np.stack([each[0] for each in told]), 0.0)
    sigma = np.stack([each[1] for each in told])
    scores = np.asarray([NormalDist().inv_cdf(level) for level in levels])
    sums = {}
    for lead in leads:
        total, spread = mean[:, :lead].sum(axis=1), np.sqrt((sigma[:, :lead] ** 2).sum(axis=1))
        sums[lead] = Spread(total, ordered(total[:, None] + spread[:, None] * scores))
    daily = Spread(mean[:, :horizon], ordered(mean[:, :horizon, None] + sigma[:, :horizon, None] * scores))
    return Forecast(levels, daily, sums)


def _lived(panel: Panel, row: int) -> Floats:
    """What one series sold since it began."""
    begun = np.flatnonzero(panel.exposure[row] > 0)
    return np.asarray(panel.sold[row, begun[0] :] if begun.size else panel.sold[row, -1:])


def _plain(known: Floats, horizon: int) -> tuple[Floats, Floats]:
    return np.full(horizon, known.mean()), np.full(horizon, known.std())


def _statsforecast(
    model: Any,  # noqa: ANN401 - it has no types
    known: Floats,
    horizon: int,
    level: list[float] | None,
) -> tuple[Floats, Floats]:
    """Mean and sigma of each period; models without intervals get the spread of the newest eight weeks."""
    told = model.forecast(known, h=horizon, level=level)
    mean = np.asarray(told["mean"], dtype=np.float64)
    high = next((np.asarray(told[key]) for key in told if str(key).startswith("hi")), None)
    sigma = np.full(horizon, known[-56:].std()) if high is None else np.maximum(high - mean, 0.0)
    return np.nan_to_num(mean), np.nan_to_num(sigma)


def _prophet_class() -> Any:  # noqa: ANN401 - it has no types
    """Prophet, without its remarks about plots and about each fit."""
    import logging  # noqa: PLC0415

    logging.getLogger("prophet.plot").setLevel(logging.CRITICAL)
    from prophet import Prophet  # noqa: PLC0415

    logging.getLogger("cmdstanpy").disabled = True
    return Prophet


def _prophet(known: Floats, panel: Panel, horizon: int) -> tuple[Floats, Floats]:
    import pandas as pd  # noqa: PLC0415

    Prophet = _prophet_class()  # noqa: N806 - it is a class

    step = timedelta(days=panel.step_days)
    days = [panel.ends_on - step * back for back in reversed(range(len(known)))]
    model = Prophet(interval_width=ONE_SIGMA / 100, uncertainty_samples=300, daily_seasonality=False)
    model.fit(pd.DataFrame({"ds": pd.to_datetime(days), "y": known}))
    ahead = pd.DataFrame({"ds": pd.to_datetime([panel.ends_on + step * (at + 1) for at in range(horizon)])})
    told = model.predict(ahead)
    sigma = (told["yhat_upper"] - told["yhat_lower"]).to_numpy() / 2
    return told["yhat"].to_numpy(), np.maximum(sigma, 0.0)
