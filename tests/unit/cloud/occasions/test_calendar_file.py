"""Events out of calendar files, in business days of the bar."""

from datetime import date, time

import pytest

from cloud.occasions.calendar_file import read_events
from cloud.problems import Malformed

TODAY = date(2026, 11, 20)


def events(*entries, timezone="Europe/Berlin"):
    body = "".join(
        f"BEGIN:VEVENT\r\nUID:u{at}\r\n{entry}\r\nEND:VEVENT\r\n" for at, entry in enumerate(entries)
    )
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n{body}END:VCALENDAR\r\n"
    found = read_events(text.encode(), timezone, time(6), TODAY)
    return [(event.name, event.starts_on.isoformat(), event.ends_on.isoformat()) for event in found]


def test_a_whole_day_ends_on_the_day_before_its_end():
    fair = "SUMMARY:Fair\r\nDTSTART;VALUE=DATE:20261204\r\nDTEND;VALUE=DATE:20261207"
    assert events(fair) == [("Fair", "2026-12-04", "2026-12-06")]
    assert events("SUMMARY:Fair\r\nDTSTART;VALUE=DATE:20261204") == [("Fair", "2026-12-04", "2026-12-04")]


def test_what_begins_after_midnight_belongs_to_the_evening_before():
    begin, end = (f";TZID=Europe/Berlin:20261205T0{hour}0000" for hour in (1, 4))
    late = f"SUMMARY:Party\r\nDTSTART{begin}\r\nDTEND{end}"
    assert events(late) == [("Party", "2026-12-04", "2026-12-04")]


def test_an_instant_in_utc_is_taken_on_the_bars_own_walls():
    match = "SUMMARY:Match\r\nDTSTART:20261204T190000Z\r\nDTEND:20261204T210000Z"
    assert events(match) == [("Match", "2026-12-04", "2026-12-04")]
    assert events("SUMMARY:Match\r\nDTSTART:20261204T070000Z", timezone="America/New_York") == [
        ("Match", "2026-12-03", "2026-12-03")
    ]


def test_repeated_events_are_unrolled_without_their_exceptions():
    quiz = (
        "SUMMARY:Quiz\r\nDTSTART;TZID=Europe/Berlin:20261103T200000\r\n"
        "RRULE:FREQ=WEEKLY;UNTIL=20261201T190000Z\r\nEXDATE;TZID=Europe/Berlin:20261117T200000"
    )
    assert [day for _, day, _ in events(quiz)] == ["2026-11-03", "2026-11-10", "2026-11-24", "2026-12-01"]


def test_what_is_long_ago_or_lasts_a_season_is_left_out():
    old = "SUMMARY:Old\r\nDTSTART;VALUE=DATE:20190101"
    season = "SUMMARY:Summer\r\nDTSTART;VALUE=DATE:20260601\r\nDTEND;VALUE=DATE:20260901"
    assert events(old, season) == []


@pytest.mark.parametrize("text", [b"", b"hello", b"BEGIN:VCALENDAR\r\n", b"\xff\xfe\x00"])
def test_what_is_no_calendar_is_refused_in_a_sentence(text):
    with pytest.raises(Malformed, match="not an iCalendar file"):
        read_events(text, "Europe/Berlin", time(6), TODAY)


def test_endless_repetition_is_refused():
    with pytest.raises(Malformed, match="are too many"):
        events(*["SUMMARY:Daily\r\nDTSTART;VALUE=DATE:20230101\r\nRRULE:FREQ=DAILY"] * 2)
