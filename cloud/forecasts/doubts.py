"""Which days of a site's demand are too strange to forecast from, and what is said of them. Pure.

Demand itself is kept as it was counted: a slipped finger or a file in crates is for a person to mend.
"""

from dataclasses import replace
from datetime import date

import numpy as np

from cloud.demand.schemas import DemandHistory, DemandSeries
from cloud.forecasting.doubtful import outliers, unit_change

Said = dict[str, tuple[str, ...]]
"""product_id -> what was left out of its history, in sentences; products without any are not there."""


def without_doubtful(history: DemandHistory) -> tuple[DemandHistory, Said]:
    """The history without absurd days and without what came before a change of unit."""
    cleaned = [_cleaned(series) for series in history.series]
    said = {series.product_id: sentences for series, sentences in cleaned if sentences}
    return replace(history, series=tuple(series for series, _ in cleaned)), said


def _cleaned(series: DemandSeries) -> tuple[DemandSeries, tuple[str, ...]]:
    amounts = np.asarray(series.quantity_ml, dtype=np.float64)
    keep, said = np.ones(amounts.size, dtype=bool), []
    change = unit_change(amounts)
    if change is not None:
        at, factor = change
        keep[:at] = False
        said.append(
            f"Since {_day(series.days[at])} figures are {factor:.3g} times those before, as if the unit had "
            "changed: only what came after is used."
        )
    for at in outliers(np.where(keep, amounts, 0.0)):
        keep[at] = False
        said.append(
            f"{amounts[at] / 1000:,.1f} l on {_day(series.days[at])} is absurd beside all others: left out."
        )
    return (_only(series, np.flatnonzero(keep).tolist()) if said else series), tuple(said)


def _only(series: DemandSeries, places: list[int]) -> DemandSeries:
    return replace(
        series,
        days=tuple(series.days[at] for at in places),
        quantity_ml=tuple(series.quantity_ml[at] for at in places),
        servings=tuple(series.servings[at] for at in places),
        exposure=tuple(series.exposure[at] for at in places),
    )


def _day(on: date) -> str:
    return f"{on:%a} {on.day} {on:%b %Y}"
