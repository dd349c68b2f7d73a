"""The only caller of suppliers/queries.sql."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from cloud.db.pool import Connection, Database
from cloud.db.queries import load_queries
from cloud.suppliers.schemas import Article, PriceStep, Supplier

MAX_ARTICLES = 20_000

_sql = load_queries(Path(__file__).parent)


class SuppliersRepo:
    """Suppliers, articles and prices in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def suppliers(self, site_id: str) -> list[Supplier]:
        """The suppliers of a site, by name."""
        return [_supplier(row) for row in await self._database.rows(_sql["suppliers"], {"site_id": site_id})]

    async def articles(self, site_id: str) -> list[Article]:
        """The articles of a site's suppliers, at most MAX_ARTICLES."""
        values = {"site_id": site_id, "limit": MAX_ARTICLES}
        return [_article(row) for row in await self._database.rows(_sql["articles"], values)]

    async def put(
        self,
        connection: Connection,
        site_id: str,
        suppliers: Sequence[Supplier],
        articles: Sequence[Article],
        now: datetime,
    ) -> None:
        """Make or change suppliers and articles, in the caller's transaction."""
        rows = [_row_of_supplier(supplier) for supplier in suppliers]
        await connection.execute(_sql["put_suppliers"], {"site_id": site_id, "suppliers": Jsonb(rows)})
        told = [_row_of_article(article) for article in articles]
        values = {"site_id": site_id, "articles": Jsonb(told), "now": now}
        await connection.execute(_sql["put_articles"], values)

    async def close(self, site_id: str, supplier_id: str, *, is_closed: bool) -> bool:
        """Close a supplier for now or open it; False where there is none."""
        values = {"site_id": site_id, "supplier_id": supplier_id, "is_closed": is_closed}
        return await self._database.row(_sql["close_supplier"], values) is not None

    async def set_delay(self, site_id: str, supplier_id: str, usual_days: float, spread_days: float) -> bool:
        """Note what a person thinks of a supplier's lateness; False where there is no such supplier."""
        values = {"usual_days": usual_days, "spread_days": spread_days}
        named = values | {"site_id": site_id, "supplier_id": supplier_id}
        return await self._database.row(_sql["set_delay"], named) is not None


def _supplier(row: dict[str, Any]) -> Supplier:
    for name in ("order_weekdays", "delivery_weekdays", "closed_on"):
        row[name] = tuple(row[name])
    return Supplier(**row)


def _article(row: dict[str, Any]) -> Article:
    steps = tuple(PriceStep(int(cases), float(price)) for cases, price in row.pop("prices"))
    return Article(**row, prices=steps)


def _row_of_supplier(supplier: Supplier) -> dict[str, Any]:
    row = asdict(supplier)
    row["cut_off"] = supplier.cut_off.isoformat()
    row["closed_on"] = [day.isoformat() for day in supplier.closed_on]
    return row


def _row_of_article(article: Article) -> dict[str, Any]:
    row = asdict(article)
    row.pop("priced_at")
    row["prices"] = [[step.min_cases, step.unit_price] for step in article.prices]
    return row
