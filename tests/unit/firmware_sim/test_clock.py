"""The clock door."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from firmware_sim.clock import BarClock, VirtualClock

START = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)


def test_without_the_variable_bar_time_is_real_time():
    clock = BarClock.from_environment({}, threading.Event())
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_bar_time_follows_the_variable():
    clock = BarClock.from_environment(
        {"BARBACK_BARTIME": "2026-11-20T19:30:00+00:00@0.0x0.001"}, threading.Event()
    )
    assert clock.now() > START


def test_a_malformed_variable_is_refused():
    with pytest.raises(ValueError, match="is not of the form"):
        BarClock.from_environment({"BARBACK_BARTIME": "soon"}, threading.Event())


def test_a_past_time_is_not_waited_for():
    assert BarClock.from_environment({}, threading.Event()).sleep_until(START - timedelta(days=9999))


def test_a_stop_ends_a_wait():
    stop = threading.Event()
    stop.set()
    assert not BarClock.from_environment({}, stop).sleep(1e6)


def test_a_virtual_clock_moves_by_sleeping_and_never_back():
    clock = VirtualClock(START)
    assert clock.sleep(2.5)
    assert clock.sleep_until(START)
    assert clock.now() == START + timedelta(seconds=2.5)
