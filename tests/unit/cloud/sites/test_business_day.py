"""The business day, also where the clocks change (Berlin: 2026-03-29 and 2026-10-25)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from cloud.sites.business_day import business_day, business_day_on, hours_of, same_local_time


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "on"),
    [
        (utc(2026, 11, 20, 20, 0), date(2026, 11, 20)),
        (utc(2026, 11, 21, 1, 0), date(2026, 11, 20)),
        (utc(2026, 11, 21, 4, 59, 59), date(2026, 11, 20)),
        (utc(2026, 11, 21, 5, 0), date(2026, 11, 21)),
    ],
)
def test_the_night_belongs_to_the_day_before(now, on):
    assert business_day(now, "Europe/Berlin", time(6, 0)).on == on


def test_a_day_begins_and_ends_at_the_same_local_time():
    day = business_day(utc(2026, 7, 1, 12, 0), "Europe/Berlin", time(6, 0))
    assert (day.starts_at, day.ends_at) == (utc(2026, 7, 1, 4, 0), utc(2026, 7, 2, 4, 0))


@pytest.mark.parametrize(
    ("on", "hours"), [(date(2026, 3, 28), 23), (date(2026, 10, 24), 25), (date(2026, 11, 20), 24)]
)
def test_a_day_on_which_the_clocks_change_has_another_length(on, hours):
    day = business_day_on(on, "Europe/Berlin", time(6, 0))
    assert day.ends_at - day.starts_at == timedelta(hours=hours)
    starts = hours_of(day)
    assert len(starts) == hours
    assert starts[-1] == day.ends_at - timedelta(hours=1)


def test_a_day_may_end_in_the_hour_that_is_skipped():
    # 02:30 does not exist on 2026-03-29; the day ends when 02:30 would have been by winter time, 01:30 UTC.
    assert business_day(utc(2026, 3, 29, 1, 29), "Europe/Berlin", time(2, 30)).on == date(2026, 3, 28)
    assert business_day(utc(2026, 3, 29, 1, 30), "Europe/Berlin", time(2, 30)).on == date(2026, 3, 29)


def test_a_day_may_end_in_the_hour_that_comes_twice():
    # 02:30 is there twice on 2026-10-25; the first one, 00:30 UTC, counts.
    assert business_day(utc(2026, 10, 25, 0, 29), "Europe/Berlin", time(2, 30)).on == date(2026, 10, 24)
    assert business_day(utc(2026, 10, 25, 0, 30), "Europe/Berlin", time(2, 30)).on == date(2026, 10, 25)
    assert business_day(utc(2026, 10, 25, 1, 15), "Europe/Berlin", time(2, 30)).on == date(2026, 10, 25)


def test_days_leave_no_gap_and_do_not_overlap_in_a_whole_year():
    day = business_day_on(date(2026, 1, 1), "Europe/Berlin", time(6, 0))
    for _ in range(365):
        following = business_day_on(day.on + timedelta(days=1), "Europe/Berlin", time(6, 0))
        assert day.ends_at == following.starts_at
        day = following


def test_midnight_may_be_the_end_and_other_zones_work():
    day = business_day(utc(2026, 6, 1, 3, 0), "America/New_York", time(0, 0))
    assert (day.on, day.starts_at) == (date(2026, 5, 31), utc(2026, 5, 31, 4, 0))


def test_the_same_local_time_last_week_is_an_hour_off_where_the_clocks_changed():
    assert same_local_time(utc(2026, 10, 26, 20, 0), "Europe/Berlin", 7) == utc(2026, 10, 19, 19, 0)
    assert same_local_time(utc(2026, 11, 20, 20, 0), "Europe/Berlin", 7) == utc(2026, 11, 13, 20, 0)
