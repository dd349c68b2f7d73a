"""Decides what each record of a batch becomes: a row with numbers for names, or quarantine. Pure."""

import json
from collections.abc import Iterable
from datetime import datetime

from cloud.gateways.schemas import Speaker
from cloud.readings.codes import QUALITY_CODES, TIME_UNKNOWN
from cloud.readings.columns import Told, columns_of
from cloud.readings.parsing import MAX_KEPT_CHARACTERS
from cloud.readings.schemas import (
    AnchorRow,
    BadRecord,
    HealthRow,
    MovementRow,
    QuarantineRow,
    SightingRow,
    SortedBatch,
    Stamp,
)
from contract.records import Health, Movement, Reading, Record
from contract.sightings import Sighting


class _UnknownNameError(LookupError):
    """A record speaks of a scale or slot that is not its gateway's."""


def sort_records(
    records: Iterable[tuple[int, Record | BadRecord]], speaker: Speaker, received_at: datetime
) -> SortedBatch:
    """Sort (seq, record) pairs of one gateway, keeping their order."""
    batch = SortedBatch()
    told: list[Told] = []
    for seq, record in records:
        if isinstance(record, BadRecord):
            batch.quarantined.append(QuarantineRow(seq, record))
        else:
            _sort(batch, told, Stamp.of(seq, record, received_at), speaker)
    batch.readings = columns_of(told, received_at)
    return batch


def _sort(batch: SortedBatch, told: list[Told], stamp: Stamp, speaker: Speaker) -> None:
    is_doubtful = stamp.time_quality == TIME_UNKNOWN
    body = stamp.record.body
    try:
        if isinstance(body, Reading):
            told.append(_told(stamp, body, speaker))
        elif isinstance(body, Movement):
            batch.movements.append(_movement_row(stamp, body, speaker))
            is_doubtful |= body.product_id is not None and body.product_id not in speaker.products
        elif isinstance(body, Sighting):
            slot_nos = tuple([_slot_no(slot.slot_id, speaker) for slot in body.slots])
            batch.sightings.append(SightingRow(stamp, body, slot_nos))
        elif isinstance(body, Health):
            batch.healths.append(HealthRow(stamp, body))
        else:
            batch.anchors.append(AnchorRow(stamp, body))
    except _UnknownNameError as error:
        batch.quarantined.append(QuarantineRow(stamp.seq, _bad(stamp.record, str(error))))
        return
    if is_doubtful:
        batch.flagged.append(stamp.seq)


def _told(stamp: Stamp, reading: Reading, speaker: Speaker) -> Told:
    record = stamp.record
    return Told(
        seq=stamp.seq,
        boottime_ns=record.boottime_ns,
        boot_no=record.boot_no,
        boot_id=bytes.fromhex(record.boot_id),
        wall_at=record.wall_at,
        synced=record.synced,
        scale_no=_scale_no(reading.scale_id, speaker),
        quality=QUALITY_CODES[reading.quality],
        slot_nos=tuple([_slot_no(slot, speaker) for slot in reading.slots]),
        weight_g=reading.weight_g,
        sigma_g=reading.sigma_g,
        temperature_c=reading.temperature_c,
    )


def _movement_row(stamp: Stamp, movement: Movement, speaker: Speaker) -> MovementRow:
    scale_no = _scale_no(movement.scale_id, speaker)
    for share in movement.posterior:
        _slot_no(share.slot_id, speaker)
    likeliest = max(movement.posterior, key=lambda share: share.probability, default=None)
    place = speaker.slots[likeliest.slot_id] if likeliest else None
    stands_there = place.product_no if place else None
    product_no = speaker.products.get(movement.product_id or "", stands_there)
    return MovementRow(
        stamp,
        movement,
        scale_no,
        place.slot_no if place else None,
        likeliest.probability if likeliest else 0.0,
        product_no,
    )


def _scale_no(scale_id: str, speaker: Speaker) -> int:
    scale_no = speaker.scales.get(scale_id)
    if scale_no is None:
        raise _UnknownNameError(
            f"scale {scale_id!r} is not one of {speaker.gateway_id}'s; import the present layout"
        )
    return scale_no


def _slot_no(slot_id: str, speaker: Speaker) -> int:
    place = speaker.slots.get(slot_id)
    if place is None:
        raise _UnknownNameError(
            f"slot {slot_id!r} is not one of {speaker.gateway_id}'s; import the present layout"
        )
    return place.slot_no


def _bad(record: Record, reason: str) -> BadRecord:
    return BadRecord(reason, json.dumps(record.model_dump(mode="json"))[:MAX_KEPT_CHARACTERS])
