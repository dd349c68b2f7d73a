import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from contract.bartime import BarTime
from edge.clock import BarClock

START = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)


def simulated(speed: float) -> BarClock:
    return BarClock(BarTime(START, time.time(), speed))


def test_without_a_bar_time_all_clocks_are_real() -> None:
    clock = BarClock.from_environment({})
    assert not clock.is_simulated
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
    assert abs(clock.boottime_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)) < 1e9
    assert len(clock.boot_id) == 32


def test_boot_time_runs_at_the_bars_speed() -> None:
    clock = simulated(500.0)
    bar, boot_ns = clock.now(), clock.boottime_ns()
    asyncio.run(clock.sleep(50.0))
    elapsed_bar_s = (clock.now() - bar).total_seconds()
    assert elapsed_bar_s >= 50.0
    assert (clock.boottime_ns() - boot_ns) / 1e9 == pytest.approx(elapsed_bar_s, rel=0.2)


def test_two_simulated_nights_are_two_boots() -> None:
    one, other = simulated(10.0), BarClock(BarTime(START + timedelta(days=1), 5.0, 10.0))
    assert len({one.boot_id, other.boot_id, BarClock.from_environment({}).boot_id}) == 3


def test_simulated_time_is_right_by_definition() -> None:
    assert simulated(10.0).is_synced()


def test_a_host_may_be_trusted_with_the_clock() -> None:
    assert BarClock(BarTime.real(), trust_host=True).is_synced()


def test_a_malformed_bar_time_is_refused_with_its_form() -> None:
    with pytest.raises(ValueError, match="BARBACK_BARTIME='soon' is not of the form"):
        BarClock.from_environment({"BARBACK_BARTIME": "soon"})
