"""The only caller of sites/queries.sql."""

from collections.abc import Iterable
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from cloud.db.pool import Connection, Database
from cloud.db.queries import load_queries
from cloud.problems import Malformed
from cloud.sites.schemas import SiteSummary
from contract.layout import Shelf, SiteLayout

MAX_SITES = 500

_sql = load_queries(Path(__file__).parent)


class SitesRepo:
    """Sites and their layouts in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sites(self) -> list[SiteSummary]:
        """Every site by name, at most MAX_SITES."""
        return [
            SiteSummary(**row) for row in await self._database.rows(_sql["all_sites"], {"limit": MAX_SITES})
        ]

    async def site(self, site_id: str) -> SiteSummary | None:
        """One site, or None."""
        row = await self._database.row(_sql["one_site"], {"site_id": site_id})
        return SiteSummary(**row) if row else None

    async def site_of_gateway(self, gateway_id: str) -> str | None:
        """The site of a gateway, or None for an unknown one."""
        row = await self._database.row(_sql["site_of_gateway"], {"gateway_id": gateway_id})
        return str(row["site_id"]) if row else None

    async def layout(self, site_id: str, connection: Connection | None = None) -> SiteLayout | None:
        """Put a site's layout together again, or None for an unknown site."""
        if connection is None:
            async with self._database.transaction() as own:
                return await self.layout(site_id, own)
        head = await (await connection.execute(_sql["layout_site"], {"site_id": site_id})).fetchone()
        if head is None:
            return None
        parts = {
            part: await (await connection.execute(_sql[f"layout_{part}"], head)).fetchall()
            for part in ("products", "gateways", "shelves", "scales", "slots")
        }
        for shelf in parts["shelves"]:
            for part in ("scales", "slots"):
                shelf[part] = [row for row in parts[part] if row["shelf_no"] == shelf["shelf_no"]]
        named = {part: parts[part] for part in ("products", "gateways", "shelves")}
        return SiteLayout.model_validate({**head, **named})

    async def put_layout(self, layout: SiteLayout, now: datetime) -> SiteLayout | None:
        """Bring the database to a layout; return what it was before.

        Raises Malformed, and changes nothing, when a gateway of it belongs to another site.
        """
        async with self._database.transaction() as connection:
            await connection.execute(_sql["lock_layout"], {"site_id": layout.id})
            before = await self.layout(layout.id, connection)
            await _LayoutWriter(connection, layout, now).write()
            return before


class _LayoutWriter:
    """Upserts one layout row by row: a site has hundreds of them, once in a while."""

    def __init__(self, connection: Connection, layout: SiteLayout, now: datetime) -> None:
        self._connection = connection
        self._layout = layout
        self._now = now
        self._site_no = 0
        self._numbers: dict[str, dict[str, int]] = {}

    async def write(self) -> None:
        """Write everything. Raises Malformed for a gateway that belongs to another site."""
        organisation_no = await self._one("put_organisation", name=self._layout.organisation)
        head = self._layout.model_dump(include={"name", "timezone", "day_ends_at"})
        self._site_no = await self._one(
            "put_site", site_id=self._layout.id, organisation_no=organisation_no, **head
        )
        await self._put_all("product", (product.model_dump() for product in self._layout.products))
        await self._put_all("gateway", (gateway.model_dump() for gateway in self._layout.gateways))
        if strangers := [name for name, number in self._numbers["gateway"].items() if not number]:
            raise Malformed(
                f"gateway {strangers[0]!r} belongs to another site; gateway names are unique among all sites"
            )
        for position, shelf in enumerate(self._layout.shelves, start=1):
            await self._put_shelf(position, shelf)
        await self._retire()

    async def _put_shelf(self, position: int, shelf: Shelf) -> None:
        location_no = await self._one("put_location", site_no=self._site_no, name=shelf.location)
        gateway_no = self._numbers["gateway"][shelf.gateway]
        places = {"id": shelf.id, "name": shelf.name, "location_no": location_no, "gateway_no": gateway_no}
        await self._put_all("shelf", [places], first_position=position)
        shelf_no = self._numbers["shelf"][shelf.id]
        await self._put_all("scale", ({**scale.model_dump(), "shelf_no": shelf_no} for scale in shelf.scales))
        scales, products = self._numbers.get("scale", {}), self._numbers.get("product", {})
        await self._put_all(
            "slot",
            (
                {
                    "id": slot.id,
                    "shelf_no": shelf_no,
                    "scale_no": scales[slot.scale] if slot.scale else None,
                    "product_no": products[slot.product] if slot.product else None,
                }
                for slot in shelf.slots
            ),
        )

    async def _put_all(self, what: str, things: Iterable[dict[str, Any]], first_position: int = 1) -> None:
        numbers = self._numbers.setdefault(what, {})
        for position, thing in zip(count(first_position), things, strict=False):
            values = {**thing, "site_no": self._site_no, "position": position}
            numbers[thing["id"]] = await self._one(f"put_{what}", **values)

    async def _retire(self) -> None:
        for what, many in (
            ("slot", "slots"),
            ("scale", "scales"),
            ("shelf", "shelves"),
            ("gateway", "gateways"),
            ("product", "products"),
        ):
            kept = list(self._numbers.get(what, {}).values())
            values = {"site_no": self._site_no, "kept": kept, "now": self._now}
            await self._connection.execute(_sql[f"retire_{many}"], values)

    async def _one(self, query: str, **values: Any) -> int:  # noqa: ANN401 - parameters of SQL are of any type
        row = await (await self._connection.execute(_sql[query], values)).fetchone()
        return int(next(iter(row.values()))) if row else 0
