"""What a batch tells people who look: the newest of each slot and of each movement. Pure."""

import json
from collections.abc import Iterable
from datetime import datetime

from cloud.movements.schemas import MovementHead
from cloud.readings.codes import MOVEMENT_KIND_CODES, QUALITY_CODES
from cloud.readings.schemas import MovementRow, ReadingRow, SightingRow, Stamp
from cloud.stock.schemas import Sight, Weighing
from contract.records import Quality
from contract.sightings import SlotSight

CHANNEL = "barback"
MAX_PAYLOAD_BYTES = 7_500
"""PostgreSQL refuses a NOTIFY payload of 8,000 bytes and more."""


def weighings_of(readings: Iterable[ReadingRow]) -> list[Weighing]:
    """Return the newest word on each slot, by slot number; later rows of the same slot count more."""
    newest: dict[int, ReadingRow] = {}
    weighed: dict[int, ReadingRow] = {}
    for row in readings:
        for slot_no in row.slot_nos:
            newest[slot_no] = row
            if row.reading.quality is Quality.OK:
                weighed[slot_no] = row
    return [_weighing(slot_no, newest[slot_no], weighed.get(slot_no)) for slot_no in sorted(newest)]


def sights_of(sightings: Iterable[SightingRow]) -> list[Sight]:
    """Return the newest sight of each slot, by slot number."""
    newest: dict[int, tuple[Stamp, SlotSight]] = {}
    for row in sightings:
        for slot_no, slot in zip(row.slot_nos, row.sighting.slots, strict=True):
            newest[slot_no] = row.stamp, slot
    return [
        Sight(
            slot_no=slot_no,
            seq=stamp.seq,
            seen_at=stamp.recorded_at,
            state=slot.state.value,
            fill_level=slot.fill_level,
            fill_sigma=slot.fill_sigma,
            scale_ml=slot.scale_ml,
            volume_ml=slot.volume_ml,
            volume_sigma_ml=slot.volume_sigma_ml,
            source=slot.source.value if slot.source else None,
            findings=tuple(found.sentence for found in slot.findings),
        )
        for slot_no, (stamp, slot) in sorted(newest.items())
    ]


def heads_of(movements: Iterable[MovementRow]) -> list[MovementHead]:
    """Return the highest revision of each movement, by movement id; of equals the first."""
    newest: dict[str, MovementRow] = {}
    for row in movements:
        known = newest.get(row.movement.movement_id)
        if known is None or known.movement.revision < row.movement.revision:
            newest[row.movement.movement_id] = row
    return [_head(newest[movement_id]) for movement_id in sorted(newest)]


def payload(site_id: str, gateway_id: str, slots: list[str], movements: list[str]) -> str:
    """Return the notification: names of what changed, or just that much did."""
    names = {"site": site_id, "slots": slots, "movements": movements, "gateways": [gateway_id]}
    text = json.dumps(names)
    return text if len(text) <= MAX_PAYLOAD_BYTES else json.dumps({"site": site_id, "all": True})


def _weighing(slot_no: int, newest: ReadingRow, weighed: ReadingRow | None) -> Weighing:
    weight_g: float | None = None
    sigma_g: float | None = None
    weighed_at: datetime | None = None
    if weighed is not None:
        weight_g, sigma_g = weighed.reading.weight_g, weighed.reading.sigma_g
        weighed_at = weighed.stamp.recorded_at
    return Weighing(
        slot_no=slot_no,
        seq=newest.stamp.seq,
        seen_at=newest.stamp.recorded_at,
        quality=QUALITY_CODES[newest.reading.quality],
        is_shared=len(newest.slot_nos) > 1,
        weight_g=weight_g,
        sigma_g=sigma_g,
        weighed_at=weighed_at,
    )


def _head(row: MovementRow) -> MovementHead:
    return MovementHead(
        movement_id=row.movement.movement_id,
        revision=row.movement.revision,
        kind=MOVEMENT_KIND_CODES[row.movement.movement],
        recorded_at=row.stamp.recorded_at,
        slot_no=row.slot_no,
        product_no=row.product_no,
        volume_ml=row.movement.volume_ml,
        volume_sigma_ml=row.movement.volume_sigma_ml,
    )
