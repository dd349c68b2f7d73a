"""The live lane: what every scale shows now, sent ahead of any backlog. Owns when; keeps and repeats nothing.

While the states are up to date nothing extra is sent, because the newest reading is the live one. With days
of backlog on their way it goes every two seconds, beside the batches, on a connection of its own.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from contract.latest import MAX_LATEST_READINGS, Latest, LatestReading
from contract.records import Lane, Reading
from edge.domain.engine import Seen
from edge.loops.publishing import Publishing
from edge.ports import Outbox, Timekeeper, Uplink

EVERY_S = 2.0
"""Real seconds: together with a slow request the screen stays under five seconds old."""


class Scales(Protocol):
    """What is weighed."""

    def present(self) -> Sequence[Seen]:
        """Return every scale as it is now."""


class Showing:
    """Sends the present while the past is still on its way."""

    def __init__(  # noqa: PLR0917 (it joins what is shown with where it goes)
        self,
        gateway_id: str,
        scales: Scales,
        outbox: Outbox,
        uplink: Uplink,
        publishing: Publishing,
        timekeeper: Timekeeper,
        steady_s: Callable[[], float],
    ) -> None:
        self._gateway_id, self._scales, self._outbox = gateway_id, scales, outbox
        self._uplink, self._publishing, self._timekeeper = uplink, publishing, timekeeper
        self._steady_s = steady_s
        self._pause_until_s = 0.0

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(EVERY_S)
            if self._publishing.is_behind and self._steady_s() >= self._pause_until_s:
                await self.show()

    async def show(self) -> None:
        """Send every scale once."""
        lanes = await self._outbox.lanes()
        readings = [
            LatestReading(boottime_ns=max(0, int(seen.at_s * 1e9)), reading=seen.body)
            for seen in self._scales.present()
            if isinstance(seen.body, Reading)
        ]
        latest = Latest(
            gateway_id=self._gateway_id,
            epoch=self._outbox.epoch,
            next_seq=lanes[Lane.STATES].next_seq,
            waiting=sum(state.waiting for state in lanes.values()),
            sent=self._timekeeper.sent(),
            readings=tuple(readings[:MAX_LATEST_READINGS]),
        )
        refused = await self._uplink.show(latest)
        if refused is not None:
            self._pause_until_s = self._steady_s() + refused.retry_after_s
