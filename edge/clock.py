"""The clock door: the only place of the gateway that reads time.

Bar time comes from BARBACK_BARTIME (absent: real time). In simulated time the boot time runs at the bar's
speed too, so that the differences of two boot times are seconds of the bar, and the boot gets an id of its
own, so that two simulated nights on one machine are two boots.
"""

import asyncio
import ctypes
import os
import time
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

from contract.bartime import BARTIME_VARIABLE, BarTime
from edge.domain.timekeeping import CLOCK_FLOOR

BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")
STA_UNSYNC = 0x40
_TIMEX_BYTES = 208
_TIMEX_STATUS_OFFSET = 40
_MAXERROR_OFFSET = 3
"""In longs: modes, offset, freq, maxerror."""
TRUSTED_HOST_ERROR_S = 0.1


class BarClock:
    """Bar time of this process."""

    def __init__(self, bartime: BarTime, *, trust_host: bool = False) -> None:
        """`trust_host`: somebody else keeps the clock right (a container's host)."""
        self._bartime = bartime
        self._trust_host = trust_host

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *, trust_host: bool = False) -> "BarClock":
        """Build the clock that every process of this bar shares. Raises ValueError on a malformed value."""
        return cls(BarTime.parse(environment.get(BARTIME_VARIABLE, "")), trust_host=trust_host)

    @property
    def is_simulated(self) -> bool:
        """Whether bar time is something else than real time."""
        return self._bartime != BarTime.real()

    @property
    def boot_id(self) -> str:
        """Name of this boot, 32 hexadecimal digits."""
        boot = BOOT_ID_FILE.read_text().strip()
        if not self.is_simulated:
            return boot.replace("-", "")
        return blake2b(f"{boot}/{self._bartime}".encode(), digest_size=16).hexdigest()

    def now(self) -> datetime:
        """Bar time, UTC."""
        return self._bartime.at(time.time())

    def boottime_ns(self) -> int:
        """Nanoseconds of bar time since this boot, never negative."""
        boot_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        ahead_s = (time.time() - self._bartime.real_start_s) * (self._bartime.speed - 1)
        return max(0, boot_ns + int(ahead_s * 1e9))

    async def sleep(self, bar_s: float) -> None:
        """Wait in bar time."""
        await asyncio.sleep(bar_s / self._bartime.speed)

    def real_s(self) -> float:
        """Real Unix time, s."""
        return time.time()

    def error_s(self) -> float:
        """How wrong the kernel says a synchronised clock may be (adjtimex, maxerror), s; 0 when simulated."""
        if self.is_simulated:
            return 0.0
        timex = _timex()
        return (
            TRUSTED_HOST_ERROR_S
            if timex is None or self._trust_host
            else _long(timex, _MAXERROR_OFFSET) / 1e6
        )

    def is_synced(self) -> bool:
        """Whether the wall clock may be believed: the kernel says so, and it is past the software's birth.

        Simulated time is right by definition.
        """
        if self.is_simulated:
            return True
        return self.now() >= CLOCK_FLOOR and (self._trust_host or _kernel_is_synced())


def _kernel_is_synced() -> bool:
    """Look at the bit STA_UNSYNC of the kernel's `status`. False where the call is not to be had."""
    timex = _timex()
    if timex is None:
        return False
    status = int.from_bytes(timex[_TIMEX_STATUS_OFFSET : _TIMEX_STATUS_OFFSET + 4], "little")
    return not status & STA_UNSYNC


def _timex() -> bytes | None:
    """Ask adjtimex(2) for its struct timex; None where the call is not to be had."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        timex = ctypes.create_string_buffer(_TIMEX_BYTES)
        if libc.adjtimex(timex) < 0:
            return None
    except (OSError, AttributeError):
        return None
    return timex.raw


def _long(timex: bytes, words: int) -> int:
    """Return one of the longs of a struct timex, counted in longs (each is aligned to its size)."""
    size = ctypes.sizeof(ctypes.c_long)
    return int.from_bytes(timex[words * size : (words + 1) * size], "little")


def process_clock(*, trust_host: bool = False) -> BarClock:
    """Return the clock of this process, read from its environment."""
    return BarClock.from_environment(os.environ, trust_host=trust_host)


def pulse_ns() -> int:
    """Return the finest clock there is, ns from anywhere: real time, for pulses on a pin."""
    return time.perf_counter_ns()


def pause(real_s: float) -> None:
    """Block this thread, real seconds."""
    time.sleep(real_s)


def steady_s() -> float:
    """Return real seconds that never go back, from anywhere."""
    return time.monotonic()
