"""The only caller of housekeeping/queries.sql."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from cloud.db.pool import Database
from cloud.db.queries import load_queries

TURN_KEY = 0x686F757365
"""'house': the advisory lock of whoever keeps house."""

_sql = load_queries(Path(__file__).parent)


class HousekeepingRepo:
    """Deletes old rows, each time at most rows_a_round of them."""

    def __init__(self, database: Database, rows_a_round: int = 10_000) -> None:
        self._database = database
        self.rows_a_round = rows_a_round

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[bool]:
        """Hold the turn while inside, or tell that somebody else has it."""
        async with self._database.connection() as connection:
            row = await (await connection.execute(_sql["take_turn"], {"key": TURN_KEY})).fetchone()
            is_mine = row is not None and bool(row["is_mine"])
            try:
                yield is_mine
            finally:
                if is_mine and not connection.closed:
                    await connection.execute(_sql["end_turn"], {"key": TURN_KEY})

    async def has_policies(self) -> bool:
        """Tell whether TimescaleDB drops readings and health itself."""
        row = await self._database.row(_sql["has_timescale"])
        return row is not None and bool(row["has_timescale"]) and bool(row["has_policies"])

    async def drop(self, name: str, now: datetime, kept: timedelta) -> int:
        """Delete some rows that were kept long enough, by the query of that name; return how many."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(
                _sql[name], {"before": now - kept, "kept": kept, "limit": self.rows_a_round}
            )
            return cursor.rowcount
