"""Rules of stock: from slots to shelves and products."""

from collections.abc import Sequence
from math import hypot
from uuid import UUID

from cloud.catalogue.schemas import ProductEntry
from cloud.catalogue.service import CatalogueService
from cloud.clock import Clock
from cloud.db.pool import Connection
from cloud.movements.schemas import ProductPours
from cloud.movements.service import MovementsService
from cloud.stock.repo import StockRepo
from cloud.stock.schemas import ProductStock, ShelfStock, Sight, SlotStock, Weighing


class StockService:
    """What stands where, and how much is in it."""

    def __init__(
        self, repo: StockRepo, catalogue: CatalogueService, movements: MovementsService, clock: Clock
    ) -> None:
        self._repo = repo
        self._catalogue = catalogue
        self._movements = movements
        self._clock = clock

    async def shelves(self, site_id: str) -> list[ShelfStock]:
        """Every shelf of a site with its slots, in the order of the layout."""
        return await self._repo.shelves(site_id)

    async def slots(self, site_id: str, slot_ids: Sequence[str]) -> list[SlotStock]:
        """These slots of a site; unknown ones are left out."""
        return await self._repo.slots(site_id, slot_ids)

    async def products(self, site_id: str) -> list[ProductStock]:
        """Every product of a site by name, summed over its slots. Raises NotFound."""
        slots = await self._repo.slots(site_id, None)
        pours = await self._movements.pours_by_product(site_id, self._clock.now())
        return [
            _product(entry, [slot for slot in slots if slot.product_id == entry.product_id], pours)
            for entry in await self._catalogue.products(site_id)
        ]

    async def take(self, connection: Connection, epoch: UUID, weighings: Sequence[Weighing]) -> None:
        """Bring slots to what a batch says of them, in the caller's transaction."""
        await self._repo.take(connection, epoch, weighings)

    async def take_latest(self, connection: Connection, epoch: UUID, weighings: Sequence[Weighing]) -> None:
        """Bring slots to what they show now, which is newer than all rows up to its position."""
        await self._repo.take(connection, epoch, weighings, is_latest=True)

    async def take_sights(self, connection: Connection, epoch: UUID, sights: Sequence[Sight]) -> None:
        """Bring slots to what a camera saw, in the caller's transaction."""
        await self._repo.take_sights(connection, epoch, sights)


def _product(entry: ProductEntry, slots: list[SlotStock], pours: dict[str, ProductPours]) -> ProductStock:
    on_hand_ml = sum(slot.on_hand_ml or 0.0 for slot in slots)
    poured = pours.get(entry.product_id)
    return ProductStock(
        product_id=entry.product_id,
        name=entry.name,
        category=entry.category,
        liquid=entry.liquid,
        bottle_volume_ml=entry.volume_ml,
        on_hand_ml=on_hand_ml,
        on_hand_sigma_ml=hypot(*(slot.on_hand_sigma_ml or 0.0 for slot in slots)),
        bottles=on_hand_ml / entry.volume_ml,
        par_bottles=entry.par_bottles,
        slots=tuple(slot.slot_id for slot in slots),
        poured_today_ml=poured.today_ml if poured else 0.0,
        last_pour_at=poured.last_at if poured else None,
        measured_at=min((slot.measured_at for slot in slots if slot.measured_at), default=None),
        source=_source({slot.source for slot in slots if slot.source}),
    )


def _source(sources: set[str]) -> str | None:
    return next(iter(sources)) if len(sources) == 1 else ("both" if sources else None)
