"""Rules of stock: from slots to shelves and products."""

from collections.abc import Sequence

from cloud.stock.schemas import ProductStock, ShelfStock, SlotStock


class StockService:
    """What stands where, and how much is in it."""

    async def shelves(self, site_id: str) -> list[ShelfStock]:
        """Every shelf of a site with its slots, in the order of the layout."""
        raise NotImplementedError

    async def slots(self, site_id: str, slot_ids: Sequence[str]) -> list[SlotStock]:
        """These slots of a site; unknown ones are left out."""
        raise NotImplementedError

    async def products(self, site_id: str) -> list[ProductStock]:
        """Every product of a site, by name."""
        raise NotImplementedError
