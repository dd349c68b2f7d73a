"""Records that wait for their commit, in the order in which they came. Knows no disk.

They get their numbers with their commit, so nothing that failed has used one up.
"""

import asyncio
from collections.abc import Sequence

from contract.records import Lane
from edge.ports import OutboxBusyError

COMMIT_RECORDS = 10_000
"""One commit takes this many or one append more: what waited long must fit into the log of a full disk."""
PENDING_MAX = 50_000
"""Records that wait for the disk; past this new states are refused (movements never)."""


class Pending:
    """Appends that are not durable yet, and the futures of those who want to know."""

    def __init__(self) -> None:
        self._appends: list[tuple[Lane, Sequence[bytes]]] = []
        self._durable: list[asyncio.Future[None]] = []
        self.records = dict.fromkeys(Lane, 0)

    @property
    def count(self) -> int:
        """How many records wait."""
        return sum(self.records.values())

    @property
    def has_more(self) -> bool:
        """Whether any append waits."""
        return bool(self._appends)

    def add(self, lane: Lane, bodies: Sequence[bytes]) -> asyncio.Future[None]:
        """Take records; the future is done once they are durable. Raises OutboxBusyError at PENDING_MAX."""
        if lane is Lane.STATES and self.count >= PENDING_MAX:
            raise OutboxBusyError(f"{PENDING_MAX} records wait for the disk: check the SD card")
        durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._appends.append((lane, bodies))
        self.records[lane] += len(bodies)
        self._durable.append(durable)
        return durable

    def first(self) -> tuple[int, dict[Lane, list[bytes]]]:
        """Return how many of the appends go into the next commit, and their records by lane."""
        bodies: dict[Lane, list[bytes]] = {}
        taken = records = 0
        for lane, some in self._appends:
            if records >= COMMIT_RECORDS:
                break
            bodies.setdefault(lane, []).extend(some)
            taken, records = taken + 1, records + len(some)
        return taken, bodies

    def committed(self, taken: int, bodies: dict[Lane, list[bytes]]) -> list[asyncio.Future[None]]:
        """Let go of what is durable now; return whom to tell."""
        durable = self._durable[:taken]
        del self._appends[:taken], self._durable[:taken]
        for lane, some_bodies in bodies.items():
            self.records[lane] -= len(some_bodies)
        return durable
