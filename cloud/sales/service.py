"""Rules of imported sales: a look before an import, names that stand for products, demand from both."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from difflib import get_close_matches

from cloud.catalogue.service import CatalogueService
from cloud.clock import Clock
from cloud.db.pool import Connection, Database
from cloud.demand.schemas import DemandSource, OpenDay
from cloud.demand.service import DemandService
from cloud.problems import Malformed, NotFound
from cloud.sales.reading import MAX_NAME, is_recent, read_sales
from cloud.sales.repo import SalesRepo
from cloud.sales.schemas import Part, SalesFile, SalesItem, SalesPreview
from cloud.sites.service import SitesService

MAX_PARTS = 12
MAX_ML = 5_000.0
ALIKE = 0.6


class SalesService:
    """Imports what the till sold and keeps the demand that follows from it."""

    def __init__(
        self,
        database: Database,
        repo: SalesRepo,
        *,
        sites: SitesService,
        catalogue: CatalogueService,
        demand: DemandService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._repo = repo
        self._sites = sites
        self._catalogue = catalogue
        self._demand = demand
        self._clock = clock

    async def preview(self, site_id: str, text: bytes, columns: Mapping[str, str | None]) -> SalesPreview:
        """What an import would do; nothing is written. Raises NotFound, Malformed."""
        return await self._preview(site_id, await self._read(site_id, text, columns))

    async def bring_in(self, site_id: str, text: bytes, columns: Mapping[str, str | None]) -> SalesPreview:
        """Import a file: days and names it has replace what was there. Raises NotFound, Malformed."""
        file = await self._read(site_id, text, columns)
        async with self._database.transaction() as connection:
            await self._repo.put_sales(connection, site_id, file.sold)
            await self._count(connection, site_id, sorted({each.day_on for each in file.sold}))
        return await self._preview(site_id, file)

    async def items(self, site_id: str) -> list[SalesItem]:
        """Every name ever sold and what it stands for, most sold first. Raises NotFound."""
        await self._sites.site(site_id)
        return await self._named(site_id, await self._repo.names(site_id))

    async def name_item(self, site_id: str, name: str, parts: Sequence[Part]) -> None:
        """Say what a name stands for; its sales so far are counted at once. Raises NotFound, Malformed."""
        await self._sites.site(site_id)
        if not name.strip() or len(name) > MAX_NAME or not len(parts) <= MAX_PARTS:
            raise Malformed(
                f"a name has up to {MAX_NAME} letters and stands for at most {MAX_PARTS} products"
            )
        if not all(0 < part.ml <= MAX_ML for part in parts):
            raise Malformed(f"a sale takes over 0 and at most {MAX_ML:g} ml of a product")
        async with self._database.transaction() as connection:
            if await self._repo.put_item(connection, site_id, " ".join(name.split()), parts) < len(parts):
                raise NotFound(f"not every product of {name!r} is one of {site_id!r}; Stock has their names")
            await self._count(connection, site_id, None)

    async def _read(self, site_id: str, text: bytes, columns: Mapping[str, str | None]) -> SalesFile:
        site = await self._sites.site(site_id)
        file = await asyncio.to_thread(read_sales, text, site.day_ends_at, dict(columns))
        wild = [each.day_on for each in file.sold if not is_recent(each.day_on, self._clock.now())]
        if wild:
            raise Malformed(
                f"sales of {wild[0]} cannot be; is the column {file.columns.day!r} the right one?"
            )
        return file

    async def _preview(self, site_id: str, file: SalesFile) -> SalesPreview:
        totals: dict[str, float] = defaultdict(float)
        for each in file.sold:
            totals[each.name] += each.pieces
        ranked = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
        named = await self._named(site_id, ranked)
        days = [each.day_on for each in file.sold]
        return SalesPreview(
            columns=file.columns,
            headings=file.headings,
            rows=file.rows,
            first_on=min(days, default=None),
            last_on=max(days, default=None),
            known=tuple(item for item in named if item.parts),
            unknown=tuple(item for item in named if not item.parts),
            faults=file.faults,
            bad_rows=file.bad_rows,
        )

    async def _named(self, site_id: str, names: Sequence[tuple[str, float]]) -> list[SalesItem]:
        items = await self._repo.items(site_id)
        products = {each.name.casefold(): each.product_id for each in await self._catalogue.products(site_id)}
        return [
            SalesItem(
                name, pieces, items.get(name, ()), None if name in items else _suggestion(name, products)
            )
            for name, pieces in names
        ]

    async def _count(self, connection: Connection, site_id: str, days: Sequence[date] | None) -> None:
        """Write the demand of some days (None: of all) anew from sales and what their names stand for."""
        open_days, demand = await self._repo.demand(connection, site_id, days)
        await self._demand.replace(
            connection,
            site_id,
            DemandSource.SALES,
            days=open_days if days is None else days,
            opened=[OpenDay(day, None, None) for day in open_days],
            demand=demand,
        )


def _suggestion(name: str, products: Mapping[str, str]) -> str | None:
    """The product whose name is most like it, if any is."""
    plain = name.casefold()
    within = [product_id for known, product_id in products.items() if known in plain or plain in known]
    if within:
        return within[0]
    close = get_close_matches(plain, list(products), n=1, cutoff=ALIKE)
    return products[close[0]] if close else None
