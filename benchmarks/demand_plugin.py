"""Registers Barback's methods with a referee of rolling origins: `--plugin benchmarks/demand_plugin.py`.

The referee hands over one table with unique_id, ds, y and the set's own columns; it wants tables back.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import backtest

from cloud.forecasting.forecast import Forecast
from cloud.forecasting.groups import groups_of
from cloud.forecasting.methods import Method, default, ensemble
from cloud.forecasting.panel import Panel

Tables = tuple[pd.DataFrame, pd.DataFrame]
COLUMNS = ["q10", "q50", "q90", "q95"]


def panel_of(train: pd.DataFrame, step_days: int) -> Panel:
    """The table as a panel; a period without a row is one before the series began."""
    wide = train.pivot(index="unique_id", columns="ds")
    sold = wide["y"].to_numpy(dtype=float)
    begun = ~np.isnan(sold)
    is_open = np.ones(sold.shape, dtype=bool)
    if "is_open" in train:
        is_open = ~(wide["is_open"].to_numpy(dtype=float) == 0)
    names = tuple(wide.index)
    return Panel(
        ids=names,
        ends_on=train.ds.max().date(),
        step_days=step_days,
        sold=np.where(begun, sold, 0.0),
        exposure=begun.astype(float),
        is_open=is_open,
        price=wide["price"].to_numpy(dtype=float) if "price" in train else None,
        groups=groups_of(names),
    )


def forecaster(method: Method) -> Callable[[pd.DataFrame, int], Tables]:
    """The method in the shape the referee calls."""

    def forecast(train: pd.DataFrame, horizon: int) -> Tables:
        leads = tuple(backtest.CFG["leads"])
        panel = panel_of(train, 1 if backtest.CFG["season"] == 7 else 7)
        return tables_of(panel, method(panel, horizon, leads), backtest.future(train, horizon))

    return forecast


def tables_of(panel: Panel, forecast: Forecast, dates: pd.DatetimeIndex) -> Tables:
    """The forecast as the referee's two tables: per period and per lead-time sum."""
    horizon = len(dates)
    daily = pd.DataFrame(forecast.daily.quantiles.reshape(-1, len(COLUMNS)), columns=COLUMNS)
    daily.insert(0, "mean", forecast.daily.mean.reshape(-1))
    daily.insert(0, "ds", np.tile(dates, panel.series))
    daily.insert(0, "unique_id", np.repeat(np.asarray(panel.ids, dtype=object), horizon))
    sums = []
    for lead, spread in forecast.sums.items():
        table = pd.DataFrame(spread.quantiles[:, 1:], columns=COLUMNS[1:])
        sums.append(table.assign(mean=spread.mean, unique_id=list(panel.ids), L=lead))
    return daily, pd.concat(sums)


backtest.register("default", forecaster(default))
backtest.register("ensemble", forecaster(ensemble))
