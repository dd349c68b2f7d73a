"""First guesses for products with few days of their own, and the shape of a forecast that is made. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cloud.demand.schemas import DemandHistory, DemandSeries
from cloud.forecasting.arrays import Floats
from cloud.forecasting.cold_start import (
    Guess,
    combined,
    first_forecast,
    from_category,
    from_par,
    from_sibling,
)
from cloud.forecasts.schemas import HORIZON_DAYS, LEADS, LEVELS, ForecastRun, IssuedForecast

OWN_DAYS = 21
"""Days of own demand from which on a product's own history speaks alone; before, a guess helps it."""
PAR_COVERS_DAYS = 7.0
"""A par level is meant to last about a week where nobody has said how often a supplier comes."""
USUAL_SERVING_ML = 40.0


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


def serving_ml(series: DemandSeries) -> float:
    """What leaves the bottle at once: the newest year's mean pour; USUAL_SERVING_ML where none was seen."""
    quantity, servings = sum(series.quantity_ml[-365:]), sum(series.servings[-365:])
    return quantity / servings if servings and quantity > 0 else USUAL_SERVING_ML


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


def guessed(
    series: DemandSeries,
    guess: Guess,
    demand: Floats,
    weight: Floats,
    week: Floats,
    *,
    own: MadeForecast | None = None,
) -> MadeForecast:
    """A guess, corrected by own days. demand, weight: (t,) in servings; week: (7,) factors from tomorrow."""
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
