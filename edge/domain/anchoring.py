"""When the gateway may believe its wall clock, and when it says what time it is. Pure: clocks are handed in.

A Pi has no battery clock: after a power cut its wall clock is anywhere, then jumps. What never jumps is the
boot clock. So the wall clock counts as synchronised only while

* the kernel says so (adjtimex), and
* it is past the software's birth and past the last anchor ever given, and
* it has not jumped by over 500 ms since the kernel was last asked, and
* the cloud does not contradict it (by more than the exchange was uncertain, and 2 s).

An anchor ties the boot clock to UTC: at the first moment of trust in a boot, every 15 minutes, after a jump;
and from the cloud's clock (error: half the round trip), as often where NTP cannot be reached. Where our own
clock is trusted the cloud's is told once an hour all the same: it is the witness by whom a kernel that was
told something wrong is found out, and the only one by whom bounds can be sworn to (contract.timeline).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from contract.anchors import Anchor
from edge.domain.timekeeping import CLOCK_FLOOR

EVERY_S = 900.0
WITNESS_EVERY_S = 3_600.0
"""Between two words of the cloud beside a clock that is trusted."""
STEP_S = 0.5
CONTRADICTION_S = 2.0
MAX_KERNEL_ERROR_S = 16.0
"""The kernel's own bound for "synchronised" (NTP_PHASE_LIMIT)."""
MAX_ROUND_TRIP_S = 60.0
"""A slower exchange says too little about the time."""
Why = Literal["first", "periodic", "step"]


@dataclass(frozen=True, slots=True)
class Clocks:
    """Both clocks read together; what the kernel thinks of the wall clock, and its bound of the error, s."""

    boottime_ns: int
    wall_at: datetime
    kernel_synced: bool
    error_s: float = 0.01


@dataclass(frozen=True, slots=True)
class Given:
    """An anchor and the boot time at which it holds."""

    boottime_ns: int
    anchor: Anchor


class Anchoring:
    """Follows the clocks of one boot."""

    def __init__(self, last_anchor_at: datetime | None = None) -> None:
        """`last_anchor_at` is the newest anchor of any boot before: time has not gone back since."""
        self._floor = max(CLOCK_FLOOR, last_anchor_at or CLOCK_FLOOR)
        self._last: Clocks | None = None
        self._given_ns: dict[str, int] = {}
        self._step_s: float | None = None
        self._is_contradicted = False

    def is_trusted(self, clocks: Clocks) -> bool:
        """Whether the wall clock counts as synchronised at this moment."""
        return clocks.kernel_synced and clocks.wall_at >= self._floor and not self._is_contradicted

    def jumped_s(self, boottime_ns: int, wall_at: datetime) -> float:
        """How far the wall clock jumped since the last look, s; 0 for what drift and slewing explain."""
        if self._last is None:
            return 0.0
        passed = timedelta(microseconds=(boottime_ns - self._last.boottime_ns) / 1000)
        step_s = (wall_at - self._last.wall_at - passed).total_seconds()
        return step_s if abs(step_s) > STEP_S else 0.0

    def look(self, clocks: Clocks) -> Given | None:
        """Look at the clocks, at least every few seconds; return an anchor where one is due."""
        step_s = self.jumped_s(clocks.boottime_ns, clocks.wall_at)
        self._last = clocks
        if step_s:
            self._step_s, self._is_contradicted = step_s, False
        if not self.is_trusted(clocks):
            return None
        why = self._why("kernel", clocks.boottime_ns, EVERY_S)
        if why is None:
            return None
        error_s = min(MAX_KERNEL_ERROR_S, max(0.001, clocks.error_s))
        step_s, self._step_s = self._step_s or 0.0, None
        return self._give(
            clocks.boottime_ns,
            Anchor(utc_at=clocks.wall_at, error_s=error_s, source="kernel", why=why, step_s=step_s or None),
        )

    def heard(self, sent_ns: int, clocks: Clocks, received_at: datetime) -> Given | None:
        """Compare with the cloud: it said received_at between sent_ns and now; an anchor where one is due."""
        error_s = (clocks.boottime_ns - sent_ns) / 2e9
        if not 0 <= error_s <= MAX_ROUND_TRIP_S / 2 or received_at < CLOCK_FLOOR:
            return None
        utc_at = received_at + timedelta(seconds=error_s)
        if utc_at < self._floor - timedelta(seconds=error_s + CONTRADICTION_S):
            self._floor = CLOCK_FLOOR  # the anchor that we remember was wrong
        off_s = abs((clocks.wall_at - utc_at).total_seconds())
        self._is_contradicted = off_s > error_s + CONTRADICTION_S
        every_s = WITNESS_EVERY_S if self.is_trusted(clocks) else EVERY_S
        why = self._why("cloud", clocks.boottime_ns, every_s)
        if why is None:
            return None
        return self._give(clocks.boottime_ns, Anchor(utc_at=utc_at, error_s=error_s, source="cloud", why=why))

    def _why(self, source: str, boottime_ns: int, every_s: float) -> Why | None:
        given_ns = self._given_ns.get(source)
        if given_ns is None:
            return "first"
        if source == "kernel" and self._step_s is not None:
            return "step"
        return "periodic" if boottime_ns - given_ns >= every_s * 1e9 else None

    def _give(self, boottime_ns: int, anchor: Anchor) -> Given:
        self._given_ns[anchor.source] = boottime_ns
        return Given(boottime_ns, anchor)
