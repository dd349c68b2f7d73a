"""The only caller of stock/queries.sql."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from cloud.db.pool import Connection, Database
from cloud.db.queries import load_queries
from cloud.stock.schemas import ShelfStock, Sight, SlotStock, Weighing
from cloud.stock.seeing import Belief, figure_of, presence_by_sight
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

    async def take_sights(self, connection: Connection, epoch: UUID, sights: Sequence[Sight]) -> None:
        """Bring slots to what a camera saw, in the caller's transaction."""
        rows = [
            {**asdict(sight), "seen_at": sight.seen_at.isoformat(), "findings": list(sight.findings)}
            for sight in sights
        ]
        await connection.execute(_sql["take_sights"], {"epoch": epoch, "sights": Jsonb(rows)})


def _slot(row: dict[str, Any]) -> SlotStock:
    tare_weight_g, density = row.pop("tare_weight_g"), row.pop("density_g_per_ml")
    is_shared, sigma_g = row.pop("shared"), row.pop("sigma_g")
    volume_ml = row["bottle_volume_ml"]
    profile = BottleProfile(tare_weight_g, density, volume_ml) if row["product_id"] else None
    if is_shared:
        row["weight_g"] = None
    weight_g = row["weight_g"]
    liquid = liquid_in(weight_g, sigma_g, profile) if profile and weight_g is not None else None
    presence = presence_of(row["quality"], weight_g, profile)
    sight, belief = row.pop("sight"), _belief(row)
    figure = figure_of(liquid, belief, row["measured_at"], volume_ml)
    if weight_g is None and sight is not None:
        presence = presence_by_sight(sight)
        row["measured_at"] = row["seen_at"]
    row["findings"] = tuple(row["findings"])
    return SlotStock(
        **{**row, "source": figure.source},
        presence=presence,
        on_hand_ml=figure.on_hand_ml,
        on_hand_sigma_ml=figure.sigma_ml,
        fill_level=figure.on_hand_ml / volume_ml if figure.on_hand_ml is not None else None,
        fill_level_sigma=figure.sigma_ml / volume_ml if figure.sigma_ml is not None else None,
    )


def _belief(row: dict[str, Any]) -> Belief | None:
    scale_ml, ml = row.pop("scale_ml"), row.pop("believed_ml")
    sigma_ml = row.pop("believed_sigma_ml")
    if ml is None or sigma_ml is None or row["source"] is None:
        return None
    return Belief(row["seen_at"], ml, sigma_ml, scale_ml, row["source"])
