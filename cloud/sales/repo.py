"""The only caller of sales/queries.sql."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from cloud.db.pool import Connection, Database
from cloud.db.queries import load_queries
from cloud.demand.schemas import CountedDay
from cloud.sales.schemas import Part, Sold

MAX_NAMES = 5_000

_sql = load_queries(Path(__file__).parent)


class SalesRepo:
    """Sales and what their names stand for, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def items(self, site_id: str) -> dict[str, tuple[Part, ...]]:
        """What each name stands for."""
        found: dict[str, list[Part]] = defaultdict(list)
        for row in await self._database.rows(_sql["items"], {"site_id": site_id}):
            found[row["name"]].append(Part(row["product_id"], row["ml"]))
        return {name: tuple(parts) for name, parts in found.items()}

    async def put_item(self, connection: Connection, site_id: str, name: str, parts: Sequence[Part]) -> int:
        """Say what a name stands for; return how many of the parts are products of the site."""
        await connection.execute(_sql["forget_item"], {"site_id": site_id, "name": name})
        put = 0
        for part in parts:
            values = {"site_id": site_id, "name": name, "product_id": part.product_id, "ml": part.ml}
            put += (await connection.execute(_sql["put_item"], values)).rowcount
        return put

    async def put_sales(self, connection: Connection, site_id: str, sold: Sequence[Sold]) -> None:
        """Keep what was sold."""
        values = {
            "site_id": site_id,
            "days": [each.day_on for each in sold],
            "names": [each.name for each in sold],
            "pieces": [each.pieces for each in sold],
        }
        await connection.execute(_sql["put_sales"], values)

    async def names(self, site_id: str) -> list[tuple[str, float]]:
        """Every name that was ever sold with its pieces, most first."""
        rows = await self._database.rows(_sql["names"], {"site_id": site_id, "limit": MAX_NAMES})
        return [(row["name"], row["pieces"]) for row in rows]

    async def demand(
        self, connection: Connection, site_id: str, days: Sequence[date] | None
    ) -> tuple[list[date], list[CountedDay]]:
        """(days on which anything was sold, demand on them): a product that did not sell then is a zero."""
        values = {"site_id": site_id, "days": None if days is None else list(days)}
        sold = await (await connection.execute(_sql["demand"], values)).fetchall()
        open_days = [
            row["day_on"] for row in await (await connection.execute(_sql["sold_days"], values)).fetchall()
        ]
        first = await (await connection.execute(_sql["first_sales"], values)).fetchall()
        found = {
            (row["product_no"], row["day_on"]): CountedDay(
                row["product_no"], row["day_on"], row["quantity_ml"], 0.0, row["servings"]
            )
            for row in sold
        }
        for row in first:
            for day in open_days:
                if day >= row["first_on"]:
                    key = (row["product_no"], day)
                    found.setdefault(key, CountedDay(*key, quantity_ml=0.0, sigma_ml=0.0, servings=0))
        return open_days, list(found.values())
