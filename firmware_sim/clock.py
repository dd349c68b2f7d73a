"""The clock door: the only place of the simulator that reads time or waits.

Waiting goes through threading.Event, so that a stop signal ends it at once.
"""

import os
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

from contract.bartime import BARTIME_VARIABLE, BarTime

LONGEST_WAIT_S = 3600.0
"""Real seconds of one wait; a longer one is waited for in pieces, so that a stepped clock is noticed."""


class Clock(Protocol):
    """Bar time and waiting in it."""

    def now(self) -> datetime:
        """Bar time, UTC."""

    def sleep_until(self, at: datetime) -> bool:
        """Wait until bar time `at`; False when the wait was ended by a stop."""


class BarClock:
    """Bar time of this process, as BARBACK_BARTIME gives it (absent: real time)."""

    def __init__(self, bartime: BarTime, stop: threading.Event) -> None:
        self._bartime = bartime
        self._stop = stop

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], stop: threading.Event) -> "BarClock":
        """Build the clock that every process of this bar shares; raises ValueError on a malformed value."""
        return cls(BarTime.parse(environment.get(BARTIME_VARIABLE, "")), stop)

    def now(self) -> datetime:
        """Bar time, UTC."""
        return self._bartime.at(time.time())

    def sleep_until(self, at: datetime) -> bool:
        """Wait until bar time `at`; False when a stop was asked for."""
        while not self._stop.is_set():
            left_s = self._bartime.real_at(at) - time.time()
            if left_s <= 0:
                return True
            self._stop.wait(min(left_s, LONGEST_WAIT_S))
        return False

    def sleep(self, bar_s: float) -> bool:
        """Wait for `bar_s` seconds of bar time; False when a stop was asked for."""
        return self.sleep_until(self.now() + timedelta(seconds=bar_s))


class VirtualClock:
    """A clock for tests: time passes only by sleeping, and sleeping takes none."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Bar time, UTC."""
        return self._now

    def sleep_until(self, at: datetime) -> bool:
        """Move on to `at`; never goes back."""
        self._now = max(self._now, at.astimezone(UTC))
        return True

    def sleep(self, bar_s: float) -> bool:
        """Move on by `bar_s` seconds."""
        return self.sleep_until(self._now + timedelta(seconds=bar_s))


def process_clock(stop: threading.Event) -> BarClock:
    """Return the clock of this process, read from its environment."""
    return BarClock.from_environment(os.environ, stop)


def wait_real(stop: threading.Event, real_s: float) -> bool:
    """Wait in real time, for networks; True when a stop was asked for."""
    return stop.wait(real_s)


def cpu_s() -> float:
    """Processor seconds of this process so far."""
    return time.process_time()


def elapsed_s() -> float:
    """A monotonic count of real seconds, for rates and reports."""
    return time.monotonic()
