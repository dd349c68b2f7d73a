"""The only caller of movements/queries.sql."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from cloud.db.pool import Connection, Database
from cloud.db.queries import load_queries
from cloud.movements.schemas import MovementHead, MovementLine, PourGroup, ProductPours

_sql = load_queries(Path(__file__).parent)


class MovementsRepo:
    """The newest revision of each movement in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def recent(self, site_id: str, limit: int, before: datetime, before_id: UUID) -> list[MovementLine]:
        """The newest movements before a place in the log, newest first."""
        values = {"site_id": site_id, "limit": limit, "before": before, "before_id": before_id}
        return [_line(row) for row in await self._database.rows(_sql["recent"], values)]

    async def by_ids(self, site_id: str, ids: Sequence[UUID]) -> list[MovementLine]:
        """These movements of a site, newest first."""
        values = {"site_id": site_id, "ids": list(ids)}
        return [_line(row) for row in await self._database.rows(_sql["by_ids"], values)]

    async def pour_groups(self, site_id: str, starts_at: datetime, ends_at: datetime) -> list[PourGroup]:
        """Pours of a range of time by hour and product."""
        values = {"site_id": site_id, "starts_at": starts_at, "ends_at": ends_at}
        return [PourGroup(**row) for row in await self._database.rows(_sql["pour_groups"], values)]

    async def poured_between(self, site_id: str, starts_at: datetime, ends_at: datetime) -> float | None:
        """Millilitres poured in a range of time, None where the log begins after its end."""
        values = {"site_id": site_id, "starts_at": starts_at, "ends_at": ends_at}
        row = await self._database.row(_sql["poured_between"], values)
        return row["poured_ml"] if row else None

    async def pours_by_product(self, site_id: str, starts_at: datetime) -> dict[str, ProductPours]:
        """Pours of each product that was ever poured, by product_id."""
        values = {"site_id": site_id, "starts_at": starts_at}
        return {
            row["product_id"]: ProductPours(row["today_ml"], row["last_at"])
            for row in await self._database.rows(_sql["pours_by_product"], values)
        }

    async def take(
        self, connection: Connection, gateway_no: int, site_no: int, heads: Sequence[MovementHead]
    ) -> None:
        """Bring movements to a batch's revisions, in the caller's transaction."""
        rows = [{**asdict(head), "recorded_at": head.recorded_at.isoformat()} for head in heads]
        values = {"gateway_no": gateway_no, "site_no": site_no, "heads": Jsonb(rows)}
        await connection.execute(_sql["take_heads"], values)


def _line(row: dict[str, Any]) -> MovementLine:
    return MovementLine(**{**row, "doubts": tuple(row["doubts"])})
