"""A fleet that sends without a pause while somebody else makes faults, and what it was promised meanwhile."""

import asyncio
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from firmware_sim.fleet.bars import Member
from firmware_sim.fleet.gateway import FleetGateway, Tally

TIMEOUT_S = 20.0


class Ingest:
    """Gateways on a loop in a thread of its own; each sends its next batch when the last is acknowledged."""

    def __init__(self, fleet: list[Member], url: str, batch: int = 100, pause_s: float = 0.05) -> None:
        self.tally = Tally()
        dice = random.Random(1)
        self.gateways = [
            FleetGateway(member, url, self.tally, dice=dice, timeout_s=TIMEOUT_S) for member in fleet
        ]
        self._batch, self._pause_s = batch, pause_s
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._send_all()), name="ingest", daemon=True
        )

    @property
    def acknowledged(self) -> dict[tuple[str, str], int]:
        """How many records of each gateway and epoch were acknowledged."""
        return {(each.member.gateway_id, each.epoch): each.next_seq for each in self.gateways}

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Let every gateway finish the batch that is under way, and wait."""
        self._stop.set()
        self._thread.join()

    async def _send_all(self) -> None:
        await asyncio.gather(*(self._send(gateway) for gateway in self.gateways))

    async def _send(self, gateway: FleetGateway) -> None:
        while not self._stop.is_set():
            await gateway.send(self._batch)
            await asyncio.sleep(self._pause_s)
        gateway.close()


@contextmanager
def ingesting(fleet: list[Member], url: str) -> Iterator[Ingest]:
    """Send while inside; at the end everything that was begun is acknowledged.

    Where the faults end with one of their own, nobody waits for what may never be acknowledged.
    """
    ingest = Ingest(fleet, url)
    ingest.start()
    yield ingest
    ingest.stop()
