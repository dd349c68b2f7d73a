"""From a site's demand to its forecasts: the panel, the method, and the first guess where days are few. Pure.

Needs numpy and scipy; only jobs and commands import it. The same demand gives the same forecasts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cloud.demand.schemas import DemandHistory, DemandSeries
from cloud.forecasting.cold_start import (
    Guess,
    combined,
    first_forecast,
    from_category,
    from_par,
    from_sibling,
)
from cloud.forecasting.forecast import Forecast
from cloud.forecasting.levels import Levels, levels_of
from cloud.forecasting.methods import METHODS
from cloud.forecasting.panel import Floats, Panel
from cloud.forecasts.schemas import HORIZON_DAYS, LEADS, LEVELS, ForecastRun, IssuedForecast

OWN_DAYS = 21
"""Days of own demand from which on a product's own history speaks alone; before, a guess helps it."""
PAR_COVERS_DAYS = 7.0
"""A par level is meant to last about a week where nobody has said how often a supplier comes."""
USUAL_SERVING_ML = 40.0
ABOUT_LEVEL_DAYS = 28


@dataclass(frozen=True, slots=True)
class MadeForecast:
    """The forecast of one product, in ml; arrays as in schemas.IssuedForecast."""

    product_id: str
    basis: str
    days_known: int
    mean_ml: Floats
    quantiles_ml: Floats
    sum_mean_ml: Floats
    sum_quantiles_ml: Floats
    why: dict[str, Any]

    def issued(self, run: ForecastRun) -> IssuedForecast:
        """The same, in the shape in which it is kept."""
        return IssuedForecast(
            run=run,
            product_id=self.product_id,
            basis=self.basis,
            days_known=self.days_known,
            mean_ml=tuple(self.mean_ml.tolist()),
            quantiles_ml=tuple(tuple(row) for row in self.quantiles_ml.tolist()),
            sum_mean_ml=tuple(self.sum_mean_ml.tolist()),
            sum_quantiles_ml=tuple(tuple(row) for row in self.sum_quantiles_ml.tolist()),
            why=self.why,
            stale=None,
        )


def make(history: DemandHistory, method: str, siblings: Sequence[DemandHistory] = ()) -> list[MadeForecast]:
    """Forecast every product of a site from the day after history.until_on on.

    method: a name of methods.METHODS. siblings: the demand of other sites of the same organisation.
    A product that nobody knows anything of gets none.
    """
    panel, servings = panel_of(history)
    if panel is None:
        return _guessed_alone(history, siblings)
    split = levels_of(panel, min(max(LEADS), max(panel.periods // 2, 1)))
    forecast = METHODS[method](panel, HORIZON_DAYS, LEADS, LEVELS)
    made = [_own(panel, split, forecast, row, servings[row]) for row in range(panel.series)]
    return _with_guesses(history, siblings, panel, split, made)


def panel_of(history: DemandHistory) -> tuple[Panel | None, Floats]:
    """The products that have any demand as a panel in servings, and the ml of one serving of each (n,)."""
    known = [series for series in history.series if series.days]
    if not known:
        return None, np.zeros(0)
    first = min(series.days[0] for series in known)
    periods = (history.until_on - first).days + 1
    servings = np.asarray([serving_ml(series) for series in known])
    sold, exposure = np.zeros((len(known), periods)), np.zeros((len(known), periods))
    for row, series in enumerate(known):
        at = [(day - first).days for day in series.days]
        sold[row, at] = np.asarray(series.quantity_ml) / servings[row]
        exposure[row, at] = series.exposure
    open_at = [(day - first).days for day in history.open_days]
    is_open = np.zeros((len(known), periods), dtype=bool)
    is_open[:, open_at] = True
    panel = Panel(
        ids=tuple(series.product_id for series in known),
        ends_on=history.until_on,
        step_days=1,
        sold=sold,
        exposure=exposure,
        is_open=is_open,
    )
    return panel, servings


def serving_ml(series: DemandSeries) -> float:
    """What leaves the bottle at once: the newest year's mean pour; USUAL_SERVING_ML where none was seen."""
    quantity, servings = sum(series.quantity_ml[-365:]), sum(series.servings[-365:])
    return quantity / servings if servings and quantity > 0 else USUAL_SERVING_ML


def _own(panel: Panel, split: Levels, forecast: Forecast, row: int, serving: float) -> MadeForecast:
    sums = [forecast.sums[lead] for lead in LEADS]
    return MadeForecast(
        product_id=panel.ids[row],
        basis="own history",
        days_known=int((split.weight[row] > 0).sum()),
        mean_ml=forecast.daily.mean[row] * serving,
        quantiles_ml=forecast.daily.quantiles[row] * serving,
        sum_mean_ml=np.asarray([each.mean[row] for each in sums]) * serving,
        sum_quantiles_ml=np.stack([each.quantiles[row] for each in sums]) * serving,
        why=_why(panel, split, row, serving),
    )


def _why(panel: Panel, split: Levels, row: int, serving: float) -> dict[str, Any]:
    """What the forecast of one product is made of, for people."""
    before = max(split.periods - 1 - ABOUT_LEVEL_DAYS, 0)
    ahead = split.ahead[row, np.arange(7)]
    seen = split.weight[row] > 0
    short = np.clip(1 - panel.exposure[row][seen & (panel.exposure[row] > 0)], 0, 1).sum()
    return {
        "level_ml": round(float(split.level[row, -1]) * serving, 1),
        "level_before_ml": round(float(split.level[row, before]) * serving, 1),
        "weekday": [round(float(factor), 3) for factor in ahead],
        "serving_ml": round(serving, 1),
        "days_out": round(float(short), 1),
    }


def _with_guesses(
    history: DemandHistory,
    siblings: Sequence[DemandHistory],
    panel: Panel,
    split: Levels,
    made: list[MadeForecast],
) -> list[MadeForecast]:
    """Put a guess under what has few days of its own, and in place of what has none."""
    rows = {name: row for row, name in enumerate(panel.ids)}
    week = split.ahead.mean(axis=0) if panel.series else np.ones(7)
    by_name = {each.product_id: each for each in made}
    found = []
    for series in history.series:
        own = by_name.get(series.product_id)
        if own is not None and own.days_known >= OWN_DAYS:
            found.append(own)
            continue
        guess = first_guess(series, history, siblings)
        if guess is None:
            found += [own] if own is not None else []
            continue
        row = rows.get(series.product_id)
        demand = split.demand[row] if row is not None else np.zeros(0)
        weight = split.weight[row] if row is not None else np.zeros(0)
        found.append(_guessed(series, guess, demand, weight, week, own=own))
    return found


def first_guess(
    series: DemandSeries, history: DemandHistory, siblings: Sequence[DemandHistory]
) -> Guess | None:
    """Servings a day of a product, from its sibling sites, its category here and its par. None: no idea."""
    serving = serving_ml(series)
    here = {each.product_id: daily_ml(each) for each in history.series if len(each.days) >= OWN_DAYS}
    guesses = [_sibling_guess(series.product_id, here, other) for other in siblings]
    alike = [
        here[each.product_id]
        for each in history.series
        if each.category == series.category and each.product_id in here
    ]
    par_ml = (series.par_bottles or 0.0) * series.bottle_volume_ml
    guess = combined([*guesses, from_category(alike), from_par(par_ml, PAR_COVERS_DAYS)])
    return None if guess is None else Guess(guess.per_period / serving, guess.doubt, guess.source)


def daily_ml(series: DemandSeries) -> float:
    """Demand per day in stock over the newest eight weeks, ml."""
    exposure = sum(series.exposure[-56:])
    return sum(series.quantity_ml[-56:]) / exposure if exposure > 0 else 0.0


def _sibling_guess(product_id: str, here: dict[str, float], other: DemandHistory) -> Guess | None:
    there = {each.product_id: daily_ml(each) for each in other.series if each.days}
    if product_id not in there:
        return None
    shared = sorted(here.keys() & there.keys() - {product_id})
    return from_sibling(there[product_id], [here[each] for each in shared], [there[each] for each in shared])


def _guessed(
    series: DemandSeries,
    guess: Guess,
    demand: Floats,
    weight: Floats,
    week: Floats,
    *,
    own: MadeForecast | None = None,
) -> MadeForecast:
    serving = serving_ml(series)
    reach = np.asarray([week[day % 7] for day in range(HORIZON_DAYS)])
    daily = [first_forecast(guess, demand, weight, 1, LEVELS, reach=each) for each in reach]
    sums = [first_forecast(guess, demand, weight, lead, LEVELS, reach=reach[:lead].sum()) for lead in LEADS]
    return MadeForecast(
        product_id=series.product_id,
        basis=guess.source,
        days_known=int((weight > 0).sum()),
        mean_ml=np.concatenate([each.mean for each in daily]) * serving,
        quantiles_ml=np.concatenate([each.quantiles for each in daily]) * serving,
        sum_mean_ml=np.concatenate([each.mean for each in sums]) * serving,
        sum_quantiles_ml=np.concatenate([each.quantiles for each in sums]) * serving,
        why={
            **(own.why if own else {"serving_ml": round(serving, 1)}),
            "guess_ml": round(guess.per_period * serving, 1),
            "weekday": [round(float(factor), 3) for factor in week],
        },
    )


def _guessed_alone(history: DemandHistory, siblings: Sequence[DemandHistory]) -> list[MadeForecast]:
    """A site without any demand yet: every product that a sibling or a par says something of."""
    nothing, week = np.zeros(0), np.ones(7)
    guesses = [(series, first_guess(series, history, siblings)) for series in history.series]
    return [_guessed(series, guess, nothing, nothing, week) for series, guess in guesses if guess is not None]
