"""The only caller of catalogue/queries.sql."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from psycopg.types.json import Jsonb

from cloud.catalogue.schemas import Levels, ProductEntry
from cloud.db.pool import Database
from cloud.db.queries import load_queries

MAX_PRODUCTS = 5_000

_sql = load_queries(Path(__file__).parent)


class CatalogueRepo:
    """Products in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def products(self, site_id: str) -> list[ProductEntry]:
        """The products of a site by name, at most MAX_PRODUCTS."""
        values = {"site_id": site_id, "limit": MAX_PRODUCTS}
        return [ProductEntry(**row) for row in await self._database.rows(_sql["products"], values)]

    async def set_levels(self, site_id: str, levels: Mapping[str, Levels]) -> None:
        """Note levels by product."""
        said = [{"product_id": product_id, **asdict(each)} for product_id, each in levels.items()]
        async with self._database.connection() as connection:
            await connection.execute(_sql["set_levels"], {"site_id": site_id, "levels": Jsonb(said)})
