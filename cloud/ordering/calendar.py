"""When a supplier can be ordered from and when it comes: weekdays, cut-off times, holidays, lead times.

Owns the step from a calendar to the deliveries of a plan. Must not read a clock: the moment of planning is
given, in the site's own time zone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from cloud.ordering.model import MAX_DAYS, Delivery

MAX_LEAD_DAYS = 60


@dataclass(frozen=True, slots=True)
class Calendar:
    """One supplier's terms. Weekdays count from Monday 0; the cut-off is that of the order day, in local
    time.

    `lead_days` counts working days where `closed_on` names holidays: on a closed day nobody takes an order,
    drives, or counts. Without `delivery_weekdays` it delivers on every day that is not closed.
    """

    order_weekdays: Collection[int]
    cut_off: time
    lead_days: int
    delivery_weekdays: Collection[int] = ()
    closed_on: Collection[date] = ()
    minimum_order_value: float = 0.0
    delivery_fee: float = 0.0


def deliveries_of(supplier: int, calendar: Calendar, now: datetime, days: int) -> tuple[Delivery, ...]:
    """The deliveries of `days` days from `now`'s day (day 0) that can still be ordered and arrive within
    them.

    Budget weeks are calendar weeks, week 0 that of `now`. Of two order days that arrive on the same morning
    the later one is kept: it knows more.
    """
    if not 1 <= days <= MAX_DAYS:
        raise ValueError(f"A plan takes 1 to {MAX_DAYS} days, not {days}.")
    if not 0 <= calendar.lead_days <= MAX_LEAD_DAYS:
        raise ValueError(f"A lead time of {calendar.lead_days} days is not between 0 and {MAX_LEAD_DAYS}.")
    today = now.date()
    by_arrival: dict[int, Delivery] = {}
    for day in range(days):
        order_on = today + timedelta(days=day)
        if not _takes_orders(calendar, order_on) or (day == 0 and now.time() > calendar.cut_off):
            continue
        arrival = _arrival(calendar, order_on, today + timedelta(days=days))
        if arrival is None:
            continue
        arrival_day = (arrival - today).days
        week = (today.weekday() + day) // 7
        by_arrival[arrival_day] = Delivery(
            supplier, day, arrival_day, week, calendar.minimum_order_value, calendar.delivery_fee
        )
    return tuple(by_arrival[day] for day in sorted(by_arrival))


def _takes_orders(calendar: Calendar, day: date) -> bool:
    return day.weekday() in calendar.order_weekdays and day not in calendar.closed_on


def _arrival(calendar: Calendar, order_on: date, end: date) -> date | None:
    """The morning an order comes, or None if that is not before `end`."""
    left, day = calendar.lead_days, order_on
    while left:
        day += timedelta(days=1)
        if day >= end:
            return None
        left -= day not in calendar.closed_on
    while day in calendar.closed_on or not _delivers(calendar, day):
        day += timedelta(days=1)
        if day >= end:
            return None
    return day if day < end else None


def _delivers(calendar: Calendar, day: date) -> bool:
    return not calendar.delivery_weekdays or day.weekday() in calendar.delivery_weekdays
