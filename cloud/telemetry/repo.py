"""The only caller of telemetry/queries.sql."""

from datetime import date, datetime
from pathlib import Path

from cloud.db.pool import Database
from cloud.db.queries import load_queries
from cloud.telemetry.schemas import UsageOfDay, WeightBucket

_sql = load_queries(Path(__file__).parent)


class TelemetryRepo:
    """Aggregates in the database: continuous ones with TimescaleDB, views of the same names without."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def scale_no(self, site_id: str, scale_id: str) -> int | None:
        """Return the number of a scale, or None."""
        row = await self._database.row(_sql["scale"], {"site_id": site_id, "scale_id": scale_id})
        return None if row is None else int(row["scale_no"])

    async def weights(
        self, width: str, scale_no: int, since: datetime, until: datetime
    ) -> list[WeightBucket]:
        """Return the buckets of a range; width is minutes, hours or days."""
        values = {"scale_no": scale_no, "since": since, "until": until}
        return [WeightBucket(**row) for row in await self._database.rows(_sql[width], values)]

    async def usage(self, site_id: str, first_on: date, last_on: date) -> list[UsageOfDay]:
        """Return what was poured per product and business day."""
        values = {"site_id": site_id, "first_on": first_on, "last_on": last_on}
        return [UsageOfDay(**row) for row in await self._database.rows(_sql["usage"], values)]
