"""Which evening a demo shows: the newest that has begun, then on from where it stopped, then a week later."""

from datetime import UTC, datetime, timedelta

import pytest

from firmware_sim.house.evening import EveningFile
from firmware_sim.house.house import CORNER_BAR
from firmware_sim.layout_file import load_layout
from firmware_sim.scenario import load_scenario

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LAST_FRIDAY = datetime(2026, 11, 13, 19, 30, tzinfo=UTC)
"""20:30 in Berlin's winter."""


@pytest.fixture
def kept(tmp_path):
    return EveningFile(tmp_path)


def next_evening(kept):
    return kept.next_evening(load_scenario("friday_rush"), load_layout(CORNER_BAR), NOW)


def stopped_after(kept, minutes):
    kept.bottles_at_opening.write_text("the opening's bottles")
    kept.bottles_at_end.write_text("the end's bottles")
    kept.write(next_evening_new(kept), LAST_FRIDAY + timedelta(minutes=minutes))
    return next_evening(kept)


def next_evening_new(kept):
    evening = next_evening(kept)
    assert evening.is_new
    return evening


def test_the_first_start_shows_the_newest_friday_that_has_begun(kept):
    evening = next_evening(kept)
    assert (evening.opening, evening.begins, evening.is_new) == (LAST_FRIDAY, LAST_FRIDAY, True)


def test_an_evening_whose_history_was_never_finished_begins_anew(kept):
    kept.write(next_evening(kept), LAST_FRIDAY + timedelta(minutes=20))
    assert next_evening(kept).is_new


def test_a_later_start_goes_on_where_the_clock_stopped(kept):
    evening = stopped_after(kept, minutes=95)
    assert evening.begins == LAST_FRIDAY + timedelta(minutes=95)
    assert evening.opening == LAST_FRIDAY
    assert not evening.is_new
    assert kept.bottles_at_opening.read_text() == "the opening's bottles"


def test_after_the_night_comes_the_next_friday_with_the_bottles_that_were_left(kept):
    evening = stopped_after(kept, minutes=320)
    assert (evening.opening, evening.begins) == (LAST_FRIDAY + timedelta(days=7),) * 2
    assert kept.bottles_at_opening.read_text() == "the end's bottles"
