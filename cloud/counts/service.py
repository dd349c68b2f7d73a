"""Rules of counts: what may be counted, and what stands in the store rooms by now.

A bottle that the scales saw being put on a shelf since the count came out of a store room.
"""

from collections import defaultdict
from collections.abc import Mapping
from math import isfinite

from cloud.catalogue.service import CatalogueService
from cloud.clock import Clock
from cloud.counts.repo import CountsRepo
from cloud.counts.schemas import Counted, CountSheet, SheetLine, StoreStock
from cloud.problems import Malformed
from cloud.sites.service import SitesService

MAX_BOTTLES = 100_000
MAX_ROOMS = 20
MAX_WORD = 60
MAX_LISTED = 200
FIRST_ROOM = "Cellar"


class CountsService:
    """Counts of store rooms; none is ever changed, a newer one takes its place."""

    def __init__(
        self, repo: CountsRepo, sites: SitesService, catalogue: CatalogueService, clock: Clock
    ) -> None:
        self._repo = repo
        self._sites = sites
        self._catalogue = catalogue
        self._clock = clock

    async def stores(self, site_id: str) -> dict[str, StoreStock]:
        """What was counted of each product in all rooms, and how many bottles left them since.

        Raises NotFound.
        """
        await self._sites.site(site_id)
        rooms: defaultdict[str, list[Counted]] = defaultdict(list)
        for each in await self._repo.newest(site_id):
            rooms[each.product_id].append(each)
        if not rooms:
            return {}
        newest = {product: max(each.counted_at for each in counts) for product, counts in rooms.items()}
        carried = await self._repo.carried(site_id, newest)
        return {
            product: StoreStock(
                product_id=product,
                counted=sum(each.bottles for each in counts),
                counted_at=newest[product],
                carried=carried.get(product, 0),
                rooms=tuple(sorted(each.room for each in counts if each.bottles)),
            )
            for product, counts in rooms.items()
        }

    async def rooms(self, site_id: str) -> list[str]:
        """The rooms something was counted in, by name. Raises NotFound."""
        await self._sites.site(site_id)
        return sorted({each.room for each in await self._repo.newest(site_id)})

    async def sheet(self, site_id: str, room: str) -> CountSheet:
        """Every product with what was last counted of it in a room. Raises NotFound."""
        await self._sites.site(site_id)
        last = {each.product_id: each for each in await self._repo.newest(site_id) if each.room == room}
        products = await self._catalogue.products(site_id)
        return CountSheet(
            room, tuple(SheetLine(each.product_id, each.name, last.get(each.product_id)) for each in products)
        )

    async def history(self, site_id: str) -> list[Counted]:
        """Who counted what, newest first, at most MAX_LISTED. Raises NotFound."""
        await self._sites.site(site_id)
        return await self._repo.history(site_id, MAX_LISTED)

    async def count(self, site_id: str, room: str, counted_by: str, bottles: Mapping[str, float]) -> int:
        """Note what was counted in a room, by product; answers how many. Raises NotFound, Malformed."""
        room, counted_by = room.strip(), counted_by.strip()
        if not 1 <= len(room) <= MAX_WORD:
            raise Malformed(f"name the room in 1 to {MAX_WORD} letters, such as {FIRST_ROOM}")
        if not 1 <= len(counted_by) <= MAX_WORD:
            raise Malformed(f"say who counted, in 1 to {MAX_WORD} letters")
        if not bottles:
            raise Malformed("nothing was counted; give at least one number of bottles, 0 where none are left")
        for product, count in bottles.items():
            if not (isfinite(count) and 0 <= count <= MAX_BOTTLES):
                raise Malformed(f"{count:g} bottles of {product[:63]!r} cannot be; give 0 to {MAX_BOTTLES:,}")
        known = {each.product_id for each in await self._catalogue.products(site_id)}
        if unknown := sorted(bottles.keys() - known):
            raise Malformed(f"there is no product {unknown[0][:63]!r} at {site_id!r}")
        rooms = await self.rooms(site_id)
        if room not in rooms and len(rooms) >= MAX_ROOMS:
            raise Malformed(f"a site has at most {MAX_ROOMS} store rooms; count in one of {', '.join(rooms)}")
        return await self._repo.add(site_id, room, counted_by, bottles, self._clock.now())
