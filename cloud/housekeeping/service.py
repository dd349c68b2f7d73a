"""Takes away what is older than wanted, a bounded bit at a time.

With TimescaleDB its own policies drop and compress whole chunks of readings and health (cloud.db.policies);
here remain the plain tables, and what has ended on both: claims with their secrets, nonces.
"""

import asyncio
from datetime import timedelta

from cloud.clock import Clock
from cloud.housekeeping.repo import HousekeepingRepo

BOOTS_KEPT = timedelta(days=400)
"""How late a correction may come."""
CLAIMS_KEPT = timedelta(days=1)
"""So that its page can still say that a claim has expired."""
NOW = timedelta()
MAX_ROUNDS = 500
"""Of one table in one go: five million rows; the rest comes an hour later."""
PAUSE_S = 0.05
"""After each round, so that ingest comes first."""


class HousekeepingService:
    """One process of all keeps house at a time."""

    def __init__(
        self, repo: HousekeepingRepo, clock: Clock, *, readings_kept: timedelta, health_kept: timedelta
    ) -> None:
        self._repo = repo
        self._clock = clock
        self._readings_kept = readings_kept
        self._health_kept = health_kept

    async def keep_house(self) -> dict[str, int]:
        """Drop what is too old; return how many rows by query, {} where another process is at it."""
        dropped: dict[str, int] = {}
        async with self._repo.turn() as is_mine:
            if is_mine:
                for name, kept in (await self._kept()).items():
                    dropped[name] = await self._drop(name, kept)
        return {name: count for name, count in dropped.items() if count}

    async def _kept(self) -> dict[str, timedelta]:
        kept = {
            "drop_waiting_readings": self._readings_kept,
            "drop_waiting_health": self._health_kept,
            "drop_anchors": BOOTS_KEPT,
            "drop_boots": BOOTS_KEPT,
            "end_claims": NOW,
            "drop_claims": CLAIMS_KEPT,
            "drop_nonces": NOW,
        }
        if await self._repo.has_policies():
            return kept
        return {"drop_readings": self._readings_kept, "drop_health": self._health_kept, **kept}

    async def _drop(self, name: str, kept: timedelta) -> int:
        now, total = self._clock.now(), 0
        for _ in range(MAX_ROUNDS):
            count = await self._repo.drop(name, now, kept)
            total += count
            if count < self._repo.rows_a_round:
                break
            await asyncio.sleep(PAUSE_S)
        return total
