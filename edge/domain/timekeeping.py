"""Whose clock says what: a node's uptime to the gateway's boot time, boot time to wall time. Reads no clock.

A frame can only come late, never early; so the smallest difference between arrival and uptime over a
sliding window is the offset between the two clocks (plus the fastest transport), however late others are.
"""

from collections import deque
from datetime import UTC, datetime, timedelta

from contract.device import DeviceFrame

WINDOW_S = 300.0
"""Long enough to have met a fast frame, short enough that 50 ppm of crystal error stay under 15 ms."""
WINDOW_FRAMES = 4_000
"""At the maximum the oldest are forgotten."""
CLOCK_FLOOR = datetime(2026, 1, 1, tzinfo=UTC)
"""Before this software existed no clock was right."""


class FrameOutOfOrderError(ValueError):
    """A frame came twice, after a later one, or with a clock that went back; `reason` names which."""

    def __init__(self, message: str, reason: str = "frame twice or out of order") -> None:
        super().__init__(message)
        self.reason = reason


class NodeTimeline:
    """Places the samples of one node on the gateway's boot time."""

    def __init__(self) -> None:
        self.boot: str | None = None
        self._seq = -1
        self._uptime_ms = -1
        self._offsets: deque[tuple[float, float]] = deque(maxlen=WINDOW_FRAMES)

    def place(self, frame: DeviceFrame, arrived_s: float) -> float:
        """Return the boot time of the frame's first sample, s. A new boot of the node starts afresh.

        Raises FrameOutOfOrderError for a frame that came twice or behind a later one.
        """
        if frame.boot != self.boot:
            self.boot, self._seq, self._uptime_ms = frame.boot, -1, -1
            self._offsets.clear()
        if frame.seq <= self._seq:
            raise FrameOutOfOrderError(f"frame {frame.seq} came after frame {self._seq}")
        self._seq = frame.seq
        if frame.uptime_ms <= self._uptime_ms:
            raise FrameOutOfOrderError(
                f"frame {frame.seq} says {frame.uptime_ms} ms of uptime after {self._uptime_ms} ms",
                "frame with a clock that went back",
            )
        self._uptime_ms = frame.uptime_ms
        start_s = frame.uptime_ms / 1000
        samples = len(next(iter(frame.channels.values())))
        self._note(arrived_s, arrived_s - (start_s + samples / frame.rate_hz))
        return start_s + self._offsets[0][1]

    def _note(self, arrived_s: float, offset_s: float) -> None:
        """Keep offsets rising from the left: the left end is the minimum of the window."""
        while self._offsets and self._offsets[-1][1] >= offset_s:
            self._offsets.pop()
        self._offsets.append((arrived_s, offset_s))
        while self._offsets[0][0] < arrived_s - WINDOW_S:
            self._offsets.popleft()


def wall_at(at_s: float, now_s: float, now: datetime) -> datetime | None:
    """Wall time of a boot time, both clocks read together; None while the clock is before its floor."""
    return None if now < CLOCK_FLOOR else now - timedelta(seconds=now_s - at_s)
