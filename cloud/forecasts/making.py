"""From a site's demand to its forecasts: the panel, the method, and the first guess where days are few. Pure.

Needs numpy and scipy; only jobs and commands import it. The same demand gives the same forecasts.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from cloud.demand.schemas import DemandHistory
from cloud.forecasting.arrays import Floats
from cloud.forecasting.forecast import Forecast
from cloud.forecasting.levels import Levels, levels_of
from cloud.forecasting.methods import METHODS
from cloud.forecasting.panel import Panel
from cloud.forecasts.doubts import Said, without_doubtful
from cloud.forecasts.guessing import OWN_DAYS, MadeForecast, first_guess, guessed, serving_ml
from cloud.forecasts.schemas import HORIZON_DAYS, LEADS, LEVELS
from cloud.occasions.columns import occasions_of
from cloud.occasions.schemas import Known

ABOUT_LEVEL_DAYS = 28
LEARNED_LEADS = (7, 14, 28)
SAID_DAYS, SAID_FROM, MAX_SAID = 14, 0.05, 4
"""Special days are said of the days that the page shows, where they matter, and only the next few."""


def make(
    history: DemandHistory,
    method: str,
    siblings: Sequence[DemandHistory] = (),
    known: Known | None = None,
) -> list[MadeForecast]:
    """Forecast every product of a site from the day after history.until_on on.

    method: a name of methods.METHODS. siblings: the demand of other sites of the same organisation. known:
    what was known of special days. A product that nobody knows anything of gets none.
    """
    history, doubts = without_doubtful(history)
    panel, servings = panel_of(history, known)
    if panel is None:
        return _guessed_alone(history, siblings)
    split = levels_of(panel, min(max(LEADS), max(panel.periods // 2, 1)))
    forecast = _by(method, panel)
    made = [_own(panel, split, forecast, row, servings[row]) for row in range(panel.series)]
    found = _with_guesses(history, siblings, panel, split, made)
    return [replace(each, why=_doubted(each, doubts)) for each in found]


def _doubted(made: MadeForecast, doubts: Said) -> dict[str, Any]:
    """Why, and what of its history was too strange to learn from."""
    said = doubts.get(made.product_id)
    return {**made.why, "left_out": list(said)} if said else made.why


def _by(method: str, panel: Panel) -> Forecast:
    """A learned model is fitted for LEARNED_LEADS alone, since each takes one; the rest is the default's."""
    if method != "ensemble":
        return METHODS[method](panel, HORIZON_DAYS, LEADS, LEVELS)
    learned = METHODS[method](panel, HORIZON_DAYS, LEARNED_LEADS, LEVELS)
    plain = METHODS["default"](panel, HORIZON_DAYS, LEADS, LEVELS)
    return Forecast(LEVELS, learned.daily, {**plain.sums, **learned.sums})


def panel_of(history: DemandHistory, known: Known | None = None) -> tuple[Panel | None, Floats]:
    """The products that have any demand as a panel in servings, and the ml of one serving of each (n,)."""
    sold_ever = [series for series in history.series if series.days]
    if not sold_ever:
        return None, np.zeros(0)
    first = min(series.days[0] for series in sold_ever)
    periods = (history.until_on - first).days + 1
    servings = np.asarray([serving_ml(series) for series in sold_ever])
    sold, exposure = np.zeros((len(sold_ever), periods)), np.zeros((len(sold_ever), periods))
    for row, series in enumerate(sold_ever):
        at = [(day - first).days for day in series.days]
        sold[row, at] = np.asarray(series.quantity_ml) / servings[row]
        exposure[row, at] = series.exposure
    open_at = [(day - first).days for day in history.open_days]
    is_open = np.zeros((len(sold_ever), periods), dtype=bool)
    is_open[:, open_at] = True
    panel = Panel(
        ids=tuple(series.product_id for series in sold_ever),
        ends_on=history.until_on,
        step_days=1,
        sold=sold,
        exposure=exposure,
        is_open=is_open,
        occasions=occasions_of(known, first, periods + HORIZON_DAYS) if known else None,
    )
    return panel, servings


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
        "last_year": _last_year(split, row),
        "said": said_of(panel, split),
    }


def _last_year(split: Levels, row: int) -> float | None:
    """How the coming four weeks sold a year ago against the four before them; None where not seen."""
    start = split.periods - 364
    if start < ABOUT_LEVEL_DAYS:
        return None
    ahead, before = slice(start, start + ABOUT_LEVEL_DAYS), slice(start - ABOUT_LEVEL_DAYS, start)
    seen = [float(split.weight[row, span].sum()) for span in (ahead, before)]
    sold = [float(split.demand[row, span].sum()) for span in (ahead, before)]
    if min(seen) < ABOUT_LEVEL_DAYS / 2 or sold[1] <= 0:
        return None
    return round(sold[0] / seen[0] * seen[1] / sold[1], 3)


def said_of(panel: Panel, split: Levels) -> list[str]:
    """What special days ahead do, a sentence each, for the days shown at once."""
    occasions, effects = panel.occasions, split.effects
    if occasions is None or not effects.strength:
        return []
    said = []
    for ahead in range(min(SAID_DAYS, len(effects.ahead))):
        row = occasions.values[panel.periods + ahead]
        names = [name for at, name in enumerate(occasions.names) if row[at] != 0 and name in effects.strength]
        factor = float(effects.ahead[ahead])
        if names and abs(factor - 1) >= SAID_FROM:
            day = panel.ends_on + timedelta(days=1 + ahead)
            said.append(f"{day:%a} {day.day} {day:%b}, {' and '.join(names)}: {factor:.1f} times as much.")
    return said[:MAX_SAID]


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
        found.append(guessed(series, guess, demand, weight, week, own=own))
    return found


def _guessed_alone(history: DemandHistory, siblings: Sequence[DemandHistory]) -> list[MadeForecast]:
    """A site without any demand yet: every product that a sibling or a par says something of."""
    nothing, week = np.zeros(0), np.ones(7)
    guesses = [(series, first_guess(series, history, siblings)) for series in history.series]
    return [guessed(series, guess, nothing, nothing, week) for series, guess in guesses if guess is not None]
