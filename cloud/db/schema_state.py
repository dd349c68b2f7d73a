"""Tells whether the database is there and its schema is what this code needs."""

from pathlib import Path

from cloud.db.migrate import Kind, needed_before_start
from cloud.db.pool import Database
from cloud.db.queries import load_queries

_sql = load_queries(Path(__file__).parent)


async def missing_migrations(database: Database) -> list[str]:
    """Return the names of migrations that must run before this code works. Raises Unavailable."""
    async with database.connection() as connection:
        row = await (await connection.execute(_sql["state"])).fetchone()
        assert row is not None, "a SELECT without FROM has one row"
        kind: Kind = "timescale" if row["has_timescale"] else "plain"
        needed = needed_before_start(kind)
        if not row["has_migrations"]:
            return sorted(needed)
        rows = await (await connection.execute(_sql["migrations"])).fetchall()
        return sorted(needed - {each["name"] for each in rows})
