"""When a night begins."""

import logging
from datetime import datetime

import pytest

from firmware_sim.run import night_origin
from tests.unit.firmware_sim.builders import scenario, small_layout


@pytest.mark.parametrize(
    ("now", "origin"),
    [
        ("2026-11-20T19:35:00+00:00", "2026-11-20T19:30:00+00:00"),
        ("2026-11-20T19:29:30+00:00", "2026-11-20T19:30:00+00:00"),
    ],
)
def test_a_night_that_is_under_way_or_near_begins_by_the_calendar(now, origin):
    begun = night_origin(scenario(), small_layout(), datetime.fromisoformat(now))
    assert begun == datetime.fromisoformat(origin)


def test_at_another_hour_the_night_begins_now_and_says_so(caplog):
    now = datetime.fromisoformat("2026-11-18T08:00:00.250000+00:00")
    with caplog.at_level(logging.WARNING):
        assert night_origin(scenario(), small_layout(), now) == now.replace(microsecond=0)
    assert "not within a friday night" in caplog.text
