"""What came beside what had been foretold, and what to think of it. Pure.

An outcome is one product's demand of one stretch of days (LENGTHS) that was seen whole: open days in stock.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cloud.demand.schemas import DemandHistory
from cloud.forecasts.schemas import Calibration, IssuedForecast, Missed, Outcome
from cloud.forecasts.windows import quantile, rank_of, window

LENGTHS = (1, 7)
SEEN_FROM = 0.95
"""Exposure from which a day tells its whole demand."""
JUDGED_LEVELS = (0.5, 0.9, 0.95)
RECENT_DAYS = 14
LEAST_OUTCOMES = 40
WORSE_BY = 1.5
"""Recent loss over that of the time before, from which forecasts have drifted away."""
LEAST_UNDER_95 = 0.85
WEEK_DAYS, LEAST_WEEKS, MOST_MISSED = 7, 10, 5
MISSED_FROM = 0.15
"""Under this share of what came, a product's mean week was foretold well enough."""


def outcomes_of(forecasts: Sequence[IssuedForecast], history: DemandHistory, length: int) -> list[Outcome]:
    """What came of each forecast in its first `length` days; products not seen whole are left out."""
    by_product = {
        series.product_id: dict(
            zip(series.days, zip(series.quantity_ml, series.exposure, strict=True), strict=True)
        )
        for series in history.series
    }
    open_days = set(history.open_days)
    found = []
    for forecast in forecasts:
        days = [forecast.run.starts_on + timedelta(days=day) for day in range(length)]
        came_ml = _came(by_product.get(forecast.product_id, {}), days, open_days)
        if came_ml is not None:
            found.append(_outcome(forecast, length, came_ml))
    return found


def calibration_of(outcomes: Sequence[Outcome]) -> Calibration | None:
    """Summed up; None where there is none."""
    if not outcomes:
        return None
    count, came = len(outcomes), sum(each.came_ml for each in outcomes)
    under = [sum(each.rank <= level for each in outcomes) / count for level in JUDGED_LEVELS]
    foretold = sum(each.foretold_ml for each in outcomes)
    return Calibration(
        checked=count,
        under_50=under[0],
        under_90=under[1],
        under_95=under[2],
        bias=(foretold - came) / came if came > 0 else 0.0,
        loss=sum(each.loss for each in outcomes) / count,
    )


def missed_of(outcomes: Sequence[Outcome]) -> tuple[Missed, ...]:
    """The MOST_MISSED products whose weeks were MISSED_FROM and more too high or too low, by millilitres."""
    weeks: dict[str, list[Outcome]] = defaultdict(list)
    for each in outcomes:
        if each.length_days == WEEK_DAYS:
            weeks[each.product_id].append(each)
    told = [_missed(product_id, each) for product_id, each in weeks.items() if len(each) >= LEAST_WEEKS]
    far = [each for each in told if abs(each.foretold_ml - each.came_ml) >= MISSED_FROM * each.came_ml]
    far.sort(key=lambda each: (-abs(each.foretold_ml - each.came_ml), each.product_id))
    return tuple(far[:MOST_MISSED])


def _missed(product_id: str, weeks: Sequence[Outcome]) -> Missed:
    count = len(weeks)
    return Missed(
        product_id=product_id,
        checked=count,
        foretold_ml=sum(each.foretold_ml for each in weeks) / count,
        came_ml=sum(each.came_ml for each in weeks) / count,
        under_95=sum(each.rank <= JUDGED_LEVELS[-1] for each in weeks) / count,
    )


@dataclass(frozen=True, slots=True)
class Drift:
    """Why the forecasts of a site should be compared anew, in a sentence."""

    sentence: str


def drift_of(outcomes: Sequence[Outcome], today: date) -> Drift | None:
    """Whether forecasts of the last two weeks did much worse than before, or left too much above 95 %."""
    daily = [each for each in outcomes if each.length_days == 1]
    since = today - timedelta(days=RECENT_DAYS)
    recent = calibration_of([each for each in daily if each.starts_on >= since])
    before = calibration_of([each for each in daily if each.starts_on < since])
    if recent is None or recent.checked < LEAST_OUTCOMES:
        return None
    if recent.under_95 < LEAST_UNDER_95:
        return Drift(f"only {100 * recent.under_95:.0f} % of the last two weeks stayed under the 95 % line")
    if before is not None and before.checked >= LEAST_OUTCOMES and recent.loss > WORSE_BY * before.loss > 0:
        return Drift(
            f"the last two weeks were missed by {recent.loss / before.loss:.1f} times as much as before"
        )
    return None


def _came(
    seen: Mapping[date, tuple[float, float]], days: Sequence[date], open_days: set[date]
) -> float | None:
    """Demand of a stretch; a closed day is nothing, an open one not seen whole spoils the stretch."""
    total = 0.0
    for day in days:
        if day in seen:
            quantity_ml, exposure = seen[day]
            if exposure < SEEN_FROM:
                return None
            total += quantity_ml
        elif day in open_days:
            return None
    return total if any(day in seen for day in days) else None


def _outcome(forecast: IssuedForecast, length: int, came_ml: float) -> Outcome:
    told = window(forecast, forecast.run.starts_on, length)
    misses = [(level, came_ml - quantile(told, level)) for level in JUDGED_LEVELS]
    return Outcome(
        product_id=forecast.product_id,
        starts_on=forecast.run.starts_on,
        length_days=length,
        run_no=forecast.run.number,
        method=forecast.run.method,
        foretold_ml=told.mean_ml,
        came_ml=came_ml,
        rank=rank_of(told, came_ml),
        loss=sum(max(level * miss, (level - 1) * miss) for level, miss in misses) / len(misses),
    )
