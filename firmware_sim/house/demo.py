"""The demo: one evening of one bar, from the load cells to the pages, with 90 days behind it."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx

from contract.bartime import BarTime
from contract.layout import SiteLayout
from firmware_sim.house.house import House
from firmware_sim.house.processes import Process

OPENING = (4, 20, 30)
"""Friday 20:30, when friday_rush begins: weekday (Monday is 0), hour, minute."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the person asked for. speed: bar seconds per real second; days of history to load."""

    directory: Path
    speed: float = 6.0
    port: int = 8080
    days: int = 90
    seed: int = 1
    scenario: str = "friday_rush"
    sales: Path | None = None
    wipe: bool = False


def last_opening(now: datetime, zone: ZoneInfo) -> datetime:
    """Return the newest Friday 20:30 of the bar's zone that has passed at `now`."""
    weekday, hour, minute = OPENING
    local = now.astimezone(zone)
    day = local.date() - timedelta(days=(local.weekday() - weekday) % 7)
    opening = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
    if opening > now:
        day -= timedelta(days=7)
        opening = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
    return opening


class Memory:
    """What one demo leaves for the next one in its directory: when the bar's clock stopped."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "demo.json"
        self.sim_state = directory / "bottles.json"

    def read(self) -> datetime | None:
        """Bar time at which the last demo stopped; None when its history was never finished."""
        if not self._file.exists() or not self.sim_state.exists():
            return None
        return datetime.fromisoformat(json.loads(self._file.read_text())["bar_stopped_at"])

    def write(self, bar_now: datetime) -> None:
        """Remember when the bar's clock stopped."""
        self._file.write_text(json.dumps({"bar_stopped_at": bar_now.isoformat()}))


class Steps:
    """Prints each step with what it took: a person waiting wants to see that something moves."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    @contextmanager
    def step(self, words: str) -> Iterator[None]:
        """Announce a step, and say how long it took."""
        self._done += 1
        print(f"  [{self._done}/{self._total}] {words} ...", end="", flush=True)
        start_s = time.monotonic()
        yield
        print(f" {time.monotonic() - start_s:.1f} s", flush=True)


class Demo:
    """Starts the house, opens the bar, watches over it, and stops everything in order."""

    def __init__(self, plan: Plan) -> None:
        if plan.wipe and plan.directory.exists():
            shutil.rmtree(plan.directory)
        plan.directory.mkdir(parents=True, exist_ok=True)
        self._plan = plan
        self._memory = Memory(plan.directory)
        self._stopped_at = self._memory.read()
        self._house = House(plan.directory, self._bar_time(), cloud_port=plan.port)
        self._bar: Process | None = None

    def run(self) -> None:
        """Run until the person stops it (KeyboardInterrupt) or something breaks (RuntimeError)."""
        try:
            self._open()
            self._watch()
        finally:
            self._close()

    def _bar_time(self) -> BarTime:
        now = datetime.now(UTC)
        layout = House.read_layout()
        opening = self._stopped_at or last_opening(now, ZoneInfo(layout.timezone))
        return BarTime(opening, now.timestamp(), self._plan.speed)
