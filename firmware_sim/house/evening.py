"""Which evening a demo shows, and what it leaves for the next start. Pure but for its two small files.

The first start shows the newest evening of the scenario that has begun; a later one goes on where the bar's
clock stopped, and when that night is over, with the same evening of the next week.
"""

import json
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from contract.layout import SiteLayout
from firmware_sim.scenario import Scenario, latest_start

LAST_MINUTES = 30.0
"""A night with less than this left is over for a demo."""


@dataclass(frozen=True, slots=True)
class Evening:
    """When the night began (opening) and at which bar time this start begins; is_new has no history yet."""

    opening: datetime
    begins: datetime
    is_new: bool


class EveningFile:
    """What one demo leaves in its directory for the next: the opening, and when the bar's clock stopped."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "evening.json"
        self.bottles_at_opening = directory / "bottles-at-opening.json"
        self.bottles_at_end = directory / "bottles-at-end.json"

    def next_evening(self, scenario: Scenario, layout: SiteLayout, now: datetime) -> Evening:
        """Choose the evening of this start; `now` is real time."""
        if not self._file.exists() or not self.bottles_at_opening.exists():
            opening = latest_start(scenario, layout.timezone, now)
            return Evening(opening, opening, is_new=True)
        told = json.loads(self._file.read_text())
        opening = datetime.fromisoformat(told["opening"])
        stopped = datetime.fromisoformat(told["stopped_at"])
        if stopped < opening + timedelta(minutes=scenario.minutes - LAST_MINUTES):
            return Evening(opening, stopped, is_new=False)
        if self.bottles_at_end.exists():
            shutil.copyfile(self.bottles_at_end, self.bottles_at_opening)
        following = latest_start(scenario, layout.timezone, stopped + timedelta(days=7))
        return Evening(following, following, is_new=False)

    def write(self, evening: Evening, stopped: datetime) -> None:
        """Remember the evening, and bar time at its end."""
        told = {"opening": evening.opening.isoformat(), "stopped_at": stopped.isoformat()}
        self._file.write_text(json.dumps(told) + "\n")
