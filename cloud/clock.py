"""The cloud's clock door: the only place here that reads the time (bar time, see contract.bartime)."""

import time
from datetime import datetime

from contract.bartime import BarTime


class Clock:
    """Bar time as this process sees it; in the field that is real time."""

    def __init__(self, bartime: BarTime) -> None:
        self._bartime = bartime

    @property
    def speed(self) -> float:
        """Bar seconds per real second; 1 in the field."""
        return self._bartime.speed

    def now(self) -> datetime:
        """Now, UTC."""
        return self._bartime.at(time.time())

    def real_s(self) -> float:
        """Real Unix time, s: for what is signed with an end."""
        return time.time()

    def monotonic_s(self) -> float:
        """Real seconds that never go back: for the age of caches."""
        return time.monotonic()
