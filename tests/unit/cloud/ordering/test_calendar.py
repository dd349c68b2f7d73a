from datetime import UTC, date, datetime, time

import pytest

from cloud.ordering.calendar import Calendar, deliveries_of
from cloud.ordering.model import Delivery

MONDAY_MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def calendar(**changes):
    return Calendar(**({"order_weekdays": (0, 3), "cut_off": time(14, 0), "lead_days": 2} | changes))


def days_of(made):
    return [(d.order_day, d.arrival_day) for d in made]


def test_each_order_day_delivers_after_its_lead_time():
    made = deliveries_of(1, calendar(minimum_order_value=150.0, delivery_fee=10.0), MONDAY_MORNING, 14)
    assert days_of(made) == [(0, 2), (3, 5), (7, 9), (10, 12)]
    assert made[2] == Delivery(1, 7, 9, 1, 150.0, 10.0)


def test_after_the_cut_off_today_is_gone():
    evening = MONDAY_MORNING.replace(hour=14, minute=1)
    assert days_of(deliveries_of(0, calendar(), evening, 7)) == [(3, 5)]


def test_a_holiday_takes_no_order_and_delays_what_is_on_its_way():
    closed = calendar(closed_on={date(2026, 11, 24), date(2026, 11, 26)})
    assert days_of(deliveries_of(0, closed, MONDAY_MORNING, 10)) == [(0, 4), (7, 9)]


def test_it_comes_on_its_delivery_days():
    assert days_of(deliveries_of(0, calendar(delivery_weekdays=(4,)), MONDAY_MORNING, 14)) == [
        (0, 4),
        (7, 11),
    ]


def test_of_two_orders_that_come_together_the_later_is_kept():
    both = calendar(order_weekdays=(0, 1, 2), delivery_weekdays=(4,))
    assert days_of(deliveries_of(0, both, MONDAY_MORNING, 7)) == [(2, 4)]


def test_weeks_are_calendar_weeks():
    friday = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
    made = deliveries_of(0, calendar(order_weekdays=(4, 0)), friday, 7)
    assert [(d.order_day, d.week) for d in made] == [(0, 0), (3, 1)]


def test_a_calendar_without_a_day_has_no_deliveries():
    assert deliveries_of(0, calendar(order_weekdays=()), MONDAY_MORNING, 14) == ()


def test_a_lead_time_below_zero_is_refused():
    with pytest.raises(ValueError, match="lead time of -1 days"):
        deliveries_of(0, calendar(lead_days=-1), MONDAY_MORNING, 14)
