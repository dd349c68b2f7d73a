"""From what was known of special days to the columns that forecasts are offered. Pure.

Needs numpy and holidays; only jobs come here.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from math import log1p

import numpy as np

from cloud.forecasting.occasions import Occasions
from cloud.occasions.schemas import Known, Place
from cloud.occasions.weather import anomaly

Column = tuple[str, str, "list[float]"]


def occasions_of(known: Known, first: date, days: int) -> Occasions | None:
    """Columns over `days` days from `first` on; None where nothing is known of any."""
    on = [first + timedelta(days=day) for day in range(days)]
    columns = [*_holidays(known.place, on), *_events(known, on), *_weather(known, on)]
    if not columns:
        return None
    names, families, values = zip(*columns, strict=True)
    return Occasions(tuple(names), tuple(families), np.asarray(values, dtype=np.float64).T)


def holidays_of(place: Place, years: Sequence[int]) -> dict[date, str]:
    """Public holidays by day; nothing for a country that the package does not know."""
    import holidays  # noqa: PLC0415

    try:
        found = holidays.country_holidays(place.country, subdiv=place.subdivision, years=years)
    except NotImplementedError:
        return {}
    return {day: str(name) for day, name in sorted(found.items())}


def _holidays(place: Place | None, on: Sequence[date]) -> list[Column]:
    """Any holiday, the evening before and the day after; and each by its name, for those that differ."""
    if place is None:
        return []
    named = holidays_of(place, sorted({day.year for day in on} | {on[-1].year + 1}))
    one = timedelta(days=1)
    columns: list[Column] = [
        ("a public holiday", "holiday", [float(day in named) for day in on]),
        ("the day before a public holiday", "holiday", [float(day + one in named) for day in on]),
        ("the day after a public holiday", "holiday", [float(day - one in named) for day in on]),
    ]
    names = sorted({named[day] for day in on if day in named})
    return columns + [(name, "holiday", [float(named.get(day) == name) for day in on]) for name in names]


def _events(known: Known, on: Sequence[date]) -> list[Column]:
    """Events of one name are one occasion, however often they come."""
    days: dict[str, set[date]] = defaultdict(set)
    for event in known.events:
        length = (event.ends_on - event.starts_on).days
        days[event.name] |= {event.starts_on + timedelta(days=day) for day in range(length + 1)}
    return [
        (name, "event", [float(day in listed) for day in on])
        for name, listed in sorted(days.items())
        if any(day in listed for day in on)
    ]


def _weather(known: Known, on: Sequence[date]) -> list[Column]:
    """Warmer than lately, and rain; 0 for days whose weather nobody knew."""
    by_day = {day.day_on: day for day in known.weather}
    found = [day for day in on if day in by_day]
    if not found:
        return []
    temperatures = [by_day[day].temperature_max_c for day in found]
    warmer = {day: anomaly(temperatures, at) / 10.0 for at, day in enumerate(found)}
    rain = {day: log1p(by_day[day].precipitation_mm) / 2.0 for day in found}
    return [
        ("ten degrees warmer than lately", "weather", [warmer.get(day, 0.0) for day in on]),
        ("a wet day", "weather", [rain.get(day, 0.0) for day in on]),
    ]
