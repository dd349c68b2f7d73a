"""The only caller of stock/queries.sql."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from cloud.db.pool import Connection, Database
from cloud.db.queries import load_queries
from cloud.stock.schemas import ShelfStock, SlotStock, Weighing
from cloud.stock.weighing import BottleProfile, liquid_in, presence_of

_sql = load_queries(Path(__file__).parent)


class StockRepo:
    """Slots and their states in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def shelves(self, site_id: str) -> list[ShelfStock]:
        """Shelves with their slots, both in the layout's order."""
        slots = await self.slots(site_id, None)
        return [
            ShelfStock(**row, slots=tuple(slot for slot in slots if slot.shelf_id == row["shelf_id"]))
            for row in await self._database.rows(_sql["shelves"], {"site_id": site_id})
        ]

    async def slots(self, site_id: str, slot_ids: Sequence[str] | None) -> list[SlotStock]:
        """These slots of a site, or all of them, in the layout's order."""
        values = {"site_id": site_id, "slot_ids": None if slot_ids is None else list(slot_ids)}
        return [_slot(row) for row in await self._database.rows(_sql["slots"], values)]

    async def take(
        self,
        connection: Connection,
        epoch: UUID,
        weighings: Sequence[Weighing],
        *,
        is_latest: bool = False,
    ) -> None:
        """Bring slots to what a batch says of them, in the caller's transaction.

        What is_latest is newer than a row of its own position, and than what was latest before.
        """
        rows = [
            {
                "slot_no": weighing.slot_no,
                "seq": weighing.seq,
                "seen_at": weighing.seen_at.isoformat(),
                "quality": weighing.quality,
                "shared": weighing.is_shared,
                "weight_g": weighing.weight_g,
                "sigma_g": weighing.sigma_g,
                "weighed_at": weighing.weighed_at and weighing.weighed_at.isoformat(),
            }
            for weighing in weighings
        ]
        values = {"epoch": epoch, "weighings": Jsonb(rows), "is_latest": is_latest}
        await connection.execute(_sql["take_weighings"], values)


def _slot(row: dict[str, Any]) -> SlotStock:
    tare_weight_g, density = row.pop("tare_weight_g"), row.pop("density_g_per_ml")
    is_shared, sigma_g = row.pop("shared"), row.pop("sigma_g")
    volume_ml = row["bottle_volume_ml"]
    profile = BottleProfile(tare_weight_g, density, volume_ml) if row["product_id"] else None
    if is_shared:
        row["weight_g"] = None
    weight_g = row["weight_g"]
    liquid = liquid_in(weight_g, sigma_g, profile) if profile and weight_g is not None else None
    return SlotStock(
        **row,
        presence=presence_of(row["quality"], weight_g, profile),
        on_hand_ml=liquid.on_hand_ml if liquid else None,
        on_hand_sigma_ml=liquid.sigma_ml if liquid else None,
        fill_level=liquid.on_hand_ml / volume_ml if liquid else None,
        fill_level_sigma=liquid.sigma_ml / volume_ml if liquid else None,
    )
