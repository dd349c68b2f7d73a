"""Watches the clocks, and writes anchors into the outbox. Owns when they are looked at; the rules are pure.

The wall clock is looked at with every record, so that none is called synchronised after a jump; the kernel
is asked every few seconds.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime

from contract.anchors import Sent
from edge.domain.anchoring import Anchoring, Clocks, Given
from edge.ports import Clock

LOOK_EVERY_S = 5.0
"""Real seconds between two questions to the kernel."""
MAX_GIVEN = 64
"""Anchors that wait to be recorded; at the maximum the oldest goes."""


class Timekeeping:
    """Knows whether the wall clock is to be believed, and what to tell the cloud of the clocks."""

    def __init__(
        self,
        clock: Clock,
        anchoring: Anchoring,
        keep: Callable[[datetime], None],
        *,
        boot_no: int,
        boot_id: str,
    ) -> None:
        """`keep` remembers the newest anchor beyond this boot."""
        self._clock, self._anchoring, self._keep = clock, anchoring, keep
        self._boot_no, self._boot_id = boot_no, boot_id
        self._kernel_synced = clock.is_synced()
        self._round_trip_s: float | None = None
        self._given: deque[Given] = deque(maxlen=MAX_GIVEN)
        self.look()

    def look(self) -> None:
        """Ask the kernel, and give an anchor where one is due."""
        self._kernel_synced = self._clock.is_synced()
        self._take(self._anchoring.look(self._clocks()))

    def is_synced(self) -> bool:
        """Whether the wall clock may be believed right now."""
        if self._anchoring.jumped_s(self._clock.boottime_ns(), self._clock.now()):
            self.look()
        return self._anchoring.is_trusted(self._clocks())

    def due(self) -> list[Given]:
        """Return the anchors that were given since the last call, in order."""
        given = list(self._given)
        self._given.clear()
        return given

    def sent(self) -> Sent:
        """Return the clocks of this moment."""
        is_synced = self.is_synced()
        clocks = self._clocks()
        return Sent(
            boot_no=self._boot_no,
            boot_id=self._boot_id,
            boottime_ns=clocks.boottime_ns,
            wall_at=clocks.wall_at,
            synced=is_synced,
            round_trip_s=self._round_trip_s,
        )

    def heard(self, sent: Sent, received_at: datetime) -> None:
        """Compare with the cloud's clock."""
        clocks = self._clocks()
        round_trip_s = (clocks.boottime_ns - sent.boottime_ns) / 1e9
        if sent.boot_id == self._boot_id and 0 <= round_trip_s <= 3600:
            self._round_trip_s = round_trip_s
            self._take(self._anchoring.heard(sent.boottime_ns, clocks, received_at))

    def _clocks(self) -> Clocks:
        return Clocks(
            self._clock.boottime_ns(), self._clock.now(), self._kernel_synced, self._clock.error_s()
        )

    def _take(self, given: Given | None) -> None:
        if given is not None:
            self._given.append(given)
            self._keep(given.anchor.utc_at)
