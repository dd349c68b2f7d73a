"""Single conversions -> the DeviceFrames that a shelf node publishes. Pure; times are handed in.

A chip on the gateway's pins and an ESPHome node give one value at a time, at a pace of their own. The engine
has one input: equally spaced samples, a frame a second. Sample i is the newest conversion not younger than
its moment; where that is older than a few periods, nothing came and the sample is null.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence

from contract.device import DeviceFrame

FRAME_S = 1.0
HELD_PERIODS = 2.5
"""Converters' own oscillators are some per cent off: one value may stand for two moments, not for three."""
LATE_S = 0.1
"""A value may arrive this much after its moment before the frame is closed."""
GAP_S = 3.0
"""After a longer silence the frames start anew instead of catching up."""
KEPT = 400


class Assembler:
    """One node's frames. `boot` names this life of it; `rate_hz` is 1 to 100, whole."""

    def __init__(self, channels: Sequence[str], *, rate_hz: int, boot: str) -> None:
        self._rate_hz, self._boot = rate_hz, boot
        self._values: dict[str, deque[tuple[float, int]]] = {name: deque(maxlen=KEPT) for name in channels}
        self._born_s: float | None = None
        self._next_s = 0.0
        self._newest_s = 0.0
        self._seq = 0

    def note(self, channel: str, at_s: float, counts: int) -> None:
        """Take one conversion; times of a channel must not go back (one that does is passed over)."""
        values = self._values[channel]
        if values and at_s < values[-1][0]:
            return
        if self._born_s is None:
            self._born_s = at_s
        if not self._newest_s or at_s - self._newest_s > GAP_S:
            self._next_s = at_s
        self._newest_s = max(self._newest_s, at_s)
        values.append((at_s, counts))

    def frame(self, now_s: float, *, even_if_silent: bool = False) -> DeviceFrame | None:
        """Return the next whole frame, or None: not yet, or nothing came (and `even_if_silent` is not set).

        The silence of a chip on our own pins is a frame of nulls; that of a node on the network is silence.
        """
        if self._born_s is None and even_if_silent:
            self._born_s = self._next_s = now_s
        if self._born_s is None or now_s < self._next_s + FRAME_S + LATE_S:
            return None
        if now_s > self._next_s + GAP_S:
            self._next_s = now_s - FRAME_S - LATE_S
        start_s, self._next_s = self._next_s, self._next_s + FRAME_S
        channels = {name: self._samples(name, start_s) for name in self._values}
        if not even_if_silent and all(sample is None for run in channels.values() for sample in run):
            return None
        self._seq += 1
        uptime_ms = round(max(0.0, start_s - self._born_s) * 1000)
        return DeviceFrame(
            boot=self._boot,
            seq=self._seq - 1,
            uptime_ms=uptime_ms,
            rate_hz=self._rate_hz,
            channels=channels,
        )

    def _samples(self, channel: str, start_s: float) -> list[int | None]:
        values = list(self._values[channel])
        times = [at_s for at_s, _ in values]
        return [self._at(values, times, start_s + i / self._rate_hz) for i in range(self._rate_hz)]

    def _at(self, values: list[tuple[float, int]], times: list[float], moment_s: float) -> int | None:
        """The conversion that was under way at that moment had ended half a period later at the latest."""
        index = bisect_right(times, moment_s + 0.5 / self._rate_hz) - 1
        if index < 0 or moment_s - times[index] > HELD_PERIODS / self._rate_hz:
            return None
        return values[index][1]
