"""What a batch tells people who look: the newest of each slot and of each movement. Pure."""

from collections.abc import Iterable
from datetime import datetime

import numpy as np

from cloud.movements.schemas import MovementHead
from cloud.readings.codes import MOVEMENT_KIND_CODES, QUALITY_CODES
from cloud.readings.columns import NO_SLOT, ReadingColumns, instant_of
from cloud.readings.schemas import MovementRow, SightingRow, Stamp
from cloud.stock.schemas import Sight, Weighing
from contract.records import Quality
from contract.sightings import SlotSight

_OK = QUALITY_CODES[Quality.OK]


def weighings_of(readings: ReadingColumns) -> list[Weighing]:
    """Return the newest word on each slot, by slot number; later rows of the same slot count more."""
    newest: dict[int, int] = dict(zip(readings.slot_no.tolist(), range(len(readings)), strict=True))
    ok = np.flatnonzero(readings.quality == _OK)
    weighed: dict[int, int] = dict(zip(readings.slot_no[ok].tolist(), ok.tolist(), strict=True))
    for place in np.flatnonzero(readings.slot_no == NO_SLOT).tolist():
        for slot_no in readings.slot_nos[place] or ():
            newest[slot_no] = max(place, newest.get(slot_no, 0))
            if readings.quality[place] == _OK:
                weighed[slot_no] = max(place, weighed.get(slot_no, 0))
    newest.pop(NO_SLOT, None)
    return [_weighing(slot_no, readings, newest[slot_no], weighed.get(slot_no)) for slot_no in sorted(newest)]


def slots_of(readings: ReadingColumns) -> set[int]:
    """Return the numbers of all slots that some readings speak of."""
    shared = [slot_no for row in readings.slot_nos if row is not None for slot_no in row]
    return {*readings.slot_no.tolist(), *shared} - {NO_SLOT}


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


def _weighing(slot_no: int, readings: ReadingColumns, newest: int, weighed: int | None) -> Weighing:
    weight_g: float | None = None
    sigma_g: float | None = None
    weighed_at: datetime | None = None
    if weighed is not None:
        weight_g, sigma_g = float(readings.weight_g[weighed]), float(readings.sigma_g[weighed])
        weighed_at = instant_of(readings.recorded_us[weighed])
    return Weighing(
        slot_no=slot_no,
        seq=int(readings.seq[newest]),
        seen_at=instant_of(readings.recorded_us[newest]),
        quality=int(readings.quality[newest]),
        is_shared=readings.slot_nos[newest] is not None,
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
