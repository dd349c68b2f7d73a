"""The only caller of counts/queries.sql."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from psycopg.types.json import Jsonb

from cloud.counts.schemas import Counted
from cloud.db.pool import Database
from cloud.db.queries import load_queries

_sql = load_queries(Path(__file__).parent)


class CountsRepo:
    """Counts in the database; they are only ever added."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, site_id: str) -> list[Counted]:
        """The newest count of each product in each room."""
        return [Counted(**row) for row in await self._database.rows(_sql["newest"], {"site_id": site_id})]

    async def history(self, site_id: str, limit: int) -> list[Counted]:
        """What was counted, newest first."""
        values = {"site_id": site_id, "limit": limit}
        return [Counted(**row) for row in await self._database.rows(_sql["history"], values)]

    async def add(
        self, site_id: str, room: str, counted_by: str, bottles: Mapping[str, float], now: datetime
    ) -> int:
        """Add a room's counts, all or nothing; answers how many products of the site they were of."""
        told = [{"product_id": product, "bottles": count} for product, count in bottles.items()]
        async with self._database.transaction() as connection:
            named = {"site_id": site_id, "room": room}
            row = await (await connection.execute(_sql["room"], named)).fetchone()
            assert row is not None, "the site was looked up before"
            values = {
                "site_id": site_id,
                "location_no": row["location_no"],
                "now": now,
                "counted_by": counted_by,
                "counts": Jsonb(told),
            }
            return len(await (await connection.execute(_sql["count"], values)).fetchall())

    async def carried(self, site_id: str, since: Mapping[str, datetime]) -> dict[str, int]:
        """Full bottles put on shelves, by product, since its own instant."""
        told = [{"product_id": product, "since": at.isoformat()} for product, at in since.items()]
        rows = await self._database.rows(_sql["carried"], {"site_id": site_id, "since": Jsonb(told)})
        return {row["product_id"]: int(row["carried"]) for row in rows}
