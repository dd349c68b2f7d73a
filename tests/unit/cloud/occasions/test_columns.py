"""From what was known of special days to the columns forecasts are offered."""

from datetime import UTC, date, datetime

import pytest

from cloud.occasions.columns import holidays_of, occasions_of
from cloud.occasions.schemas import Event, Known, Place, WeatherDay
from cloud.occasions.weather import WeatherError, read_answer

BERLIN = Place("DE", "BE", None, None)
FIRST = date(2026, 12, 20)
ISSUED = datetime(2026, 12, 19, tzinfo=UTC)


def columns(known, days=14):
    found = occasions_of(known, FIRST, days)
    return (
        {} if found is None else {name: found.values[:, at].tolist() for at, name in enumerate(found.names)}
    )


def test_holidays_have_an_evening_before_a_day_after_and_a_name():
    found = columns(Known(BERLIN, (), ()))
    assert found["a public holiday"] == [0] * 5 + [1, 1] + [0] * 5 + [1, 0]
    assert found["the day before a public holiday"][4] == 1
    assert sum(found["Christmas Day"]) == 1


def test_the_evening_before_a_holiday_beyond_the_last_day_is_known():
    assert columns(Known(BERLIN, (), ()), 12)["the day before a public holiday"][-1] == 1


def test_events_of_one_name_are_one_occasion():
    events = (
        Event(1, "Fair", date(2026, 12, 19), date(2026, 12, 21), "by hand"),
        Event(2, "Fair", date(2026, 12, 30), date(2026, 12, 30), "by hand"),
    )
    assert columns(Known(None, events, ())) == {"Fair": [1, 1] + [0] * 8 + [1, 0, 0, 0]}


def test_weather_is_told_against_the_days_before():
    weather = tuple(
        WeatherDay(date(2026, 12, day), ISSUED, temperature, rain)
        for day, temperature, rain in ((20, 4.0, 0.0), (21, 6.0, 0.0), (22, 15.0, 6.389))
    )
    found = columns(Known(None, (), weather), 4)
    assert found["ten degrees warmer than lately"] == pytest.approx([0.0, 0.2, 1.0, 0.0])
    assert found["a wet day"] == pytest.approx([0.0, 0.0, 1.0, 0.0], abs=1e-3)


def test_nothing_known_is_no_column():
    assert occasions_of(Known(None, (), ()), FIRST, 10) is None


def test_a_country_nobody_knows_has_no_holidays():
    assert holidays_of(Place("XX", None, None, None), [2026]) == {}


def test_an_answer_about_the_weather_is_read_and_gaps_are_left_out():
    body = (
        b'{"daily": {"time": ["2026-12-20", "2026-12-21", "2026-12-22"],'
        b' "temperature_2m_max": [4.5, null, 999], "precipitation_sum": [0.2, 1.0, 0.0]}}'
    )
    assert read_answer(body, ISSUED) == [WeatherDay(date(2026, 12, 20), ISSUED, 4.5, 0.2)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"daily": {"time": ["x"]}}',
        b'{"daily": {"time": [1], "temperature_2m_max": [], "precipitation_sum": []}}',
    ],
)
def test_an_answer_that_is_none_is_said(body):
    with pytest.raises(WeatherError, match="answered something else"):
        read_answer(body, ISSUED)
