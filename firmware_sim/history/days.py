"""Which product was poured when and how much, over many business days, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from contract.layout import Product
from firmware_sim.demand import POUR_SIZES_ML, POUR_SPREAD, SMALLEST_POUR_ML
from firmware_sim.history.plan import HistoryPlan

POURS_A_DAY = 330.0
"""Of a middling day with 24 products or more; fewer products sell in proportion."""
FULL_ASSORTMENT = 24
WEEK = (0.76, 0.80, 0.90, 1.00, 1.30, 1.36, 0.88)
"""Monday to Sunday, mean 1."""
DAY_SPREAD = 0.04
OPENS_AT = time(17, 0)
HOURS = (0.4, 0.7, 1.0, 1.3, 1.5, 1.5, 1.2, 0.8, 0.4)
"""Relative sales of the hours from OPENS_AT on."""


@dataclass(frozen=True, slots=True)
class Pours:
    """Pours in order of time: Unix seconds, index into the products, wanted volume in ml; equal lengths."""

    at_s: NDArray[np.float64]
    product: NDArray[np.int64]
    wanted_ml: NDArray[np.float64]


def draw_pours(plan: HistoryPlan, weights: Sequence[float], dice: np.random.Generator) -> Pours:
    """Draw the pours of the plan's days, business day by business day with a weekly rhythm.

    weights: of plan.products, in their order.
    """
    products, timezone = plan.products, plan.layout.timezone
    since, until = plan.since, plan.until
    share = np.asarray(weights) / sum(weights)
    scale = POURS_A_DAY * min(1.0, len(products) / FULL_ASSORTMENT)
    times = np.concatenate([_day_times(day, scale, timezone, dice) for day in _days(since, until, timezone)])
    chosen = dice.choice(len(products), size=len(times), p=share)
    wanted_ml = _measures(products, chosen, dice)
    inside = (times >= since.timestamp()) & (times < until.timestamp())
    order = np.argsort(times[inside], kind="stable")
    return Pours(times[inside][order], chosen[inside][order], wanted_ml[inside][order])


def _days(since: datetime, until: datetime, timezone: str) -> list[date]:
    zone = ZoneInfo(timezone)
    first = since.astimezone(zone).date() - timedelta(days=1)
    last = until.astimezone(zone).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _day_times(day: date, scale: float, timezone: str, dice: np.random.Generator) -> NDArray[np.float64]:
    mean = scale * WEEK[day.weekday()] * np.exp(dice.normal(0, DAY_SPREAD))
    count = int(dice.poisson(mean))
    hours = dice.choice(len(HOURS), size=count, p=np.asarray(HOURS) / sum(HOURS))
    opens_s = datetime.combine(day, OPENS_AT, ZoneInfo(timezone)).timestamp()
    return np.asarray(opens_s + (hours + dice.random(count)) * 3600, dtype=np.float64)


def _measures(
    products: Sequence[Product], chosen: NDArray[np.int64], dice: np.random.Generator
) -> NDArray[np.float64]:
    wanted_ml = np.empty(len(chosen))
    for number, product in enumerate(products):
        mine = chosen == number
        sizes = np.array(POUR_SIZES_ML[product.category])
        wanted_ml[mine] = dice.choice(sizes[:, 0], size=int(mine.sum()), p=sizes[:, 1])
    return np.maximum(wanted_ml * np.exp(dice.normal(0, POUR_SPREAD, len(chosen))), SMALLEST_POUR_ML)
