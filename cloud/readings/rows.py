"""Rows in PostgreSQL's binary COPY format (postgresql.org/docs/current/sql-copy.html, "Binary Format").

Readings are packed by hand, because there are thousands a second and each has 18 columns; movements and
health are few and go through psycopg's own writer. Pure.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from pydantic import BaseModel

from cloud.readings.codes import MOVEMENT_KIND_CODES, QUALITY_CODES, STAGE_CODES
from cloud.readings.schemas import HealthRow, MovementRow, Position, ReadingRow, SightingRow, Stamp

READING_COLUMNS = (
    "recorded_at, received_at, seq, boottime_ns, epoch, boot_id, gateway_no, boot_no, scale_no,"
    " lane, quality, time_quality, slot_no, weight_g, sigma_g, temperature_c, claimed_at, slot_nos"
)
MOVEMENT_COLUMNS = (
    "recorded_at, received_at, seq, boottime_ns, epoch, boot_id, movement_id, gateway_no, boot_no, scale_no,"
    " lane, time_quality, revision, stage, kind, slot_no, slot_probability, product_no, weight_before_g,"
    " weight_after_g, delta_sigma_g, volume_ml, volume_sigma_ml, duration_s, settled_after_s, claimed_at,"
    " posterior, doubts"
)
MOVEMENT_TYPES = (
    *("timestamptz", "timestamptz", "int8", "int8", "uuid", "uuid", "uuid", "int4", "int4", "int4"),
    *("int2", "int2", "int2", "int2", "int2", "int4", "float4", "int4", "float4"),
    *("float4", "float4", "float4", "float4", "float4", "float4", "timestamptz"),
    *("jsonb", "text[]"),
)
HEALTH_COLUMNS = (
    "recorded_at, received_at, seq, boottime_ns, epoch, boot_id, gateway_no, boot_no, lane, time_quality,"
    " claimed_at, body"
)
HEALTH_TYPES = (
    *("timestamptz", "timestamptz", "int8", "int8", "uuid", "uuid", "int4", "int4", "int2", "int2"),
    *("timestamptz", "jsonb"),
)

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
INT4_OID = 23

_MICROSECOND = timedelta(microseconds=1)
_FIXED = Struct("!h iq iq iq iq i16s i16s ii ii ii ih ih ih".replace(" ", ""))
_USUAL = Struct("!h iq iq iq iq i16s i16s ii ii ii ih ih ih ii if if if i i".replace(" ", ""))
"""The whole row where one slot, a weight and a temperature are there and no claimed time is."""
_INT4 = Struct("!ii")
_INT8 = Struct("!iq")
_FLOAT4 = Struct("!if")
_ARRAY = Struct("!iiiiii")
_NULL = b"\xff\xff\xff\xff"


def reading_block(rows: Iterable[ReadingRow], position: Position, received_at: datetime) -> bytes:
    """Return a whole binary COPY of readings, with its signature and trailer."""
    received_us = _microseconds(received_at)
    epoch = position.epoch.bytes
    packed = [_pack_reading(row, position, received_us, epoch) for row in rows]
    return b"".join((SIGNATURE, *packed, TRAILER))


def movement_values(row: MovementRow, position: Position, received_at: datetime) -> tuple[Any, ...]:
    """Return one row of MOVEMENT_COLUMNS."""
    stamp, said = row.stamp, row.movement
    return (
        stamp.recorded_at,
        received_at,
        stamp.seq,
        stamp.record.boottime_ns,
        position.epoch,
        UUID(hex=stamp.record.boot_id),
        UUID(hex=said.movement_id),
        position.gateway_no,
        stamp.record.boot_no,
        row.scale_no,
        position.lane,
        stamp.time_quality,
        said.revision,
        STAGE_CODES[said.stage],
        MOVEMENT_KIND_CODES[said.movement],
        row.slot_no,
        row.slot_probability,
        row.product_no,
        said.weight_before_g,
        said.weight_after_g,
        said.delta_sigma_g,
        said.volume_ml,
        said.volume_sigma_ml,
        said.duration_s,
        said.settled_after_s,
        stamp.claimed_at,
        Jsonb({share.slot_id: share.probability for share in said.posterior}),
        list(said.doubts),
    )


def health_values(row: HealthRow, position: Position, received_at: datetime) -> tuple[Any, ...]:
    """Return one row of HEALTH_COLUMNS."""
    return _body_values(row.stamp, row.health, position, received_at)


def sighting_values(row: SightingRow, position: Position, received_at: datetime) -> tuple[Any, ...]:
    """Return one row of HEALTH_COLUMNS, which the table of sightings has too."""
    return _body_values(row.stamp, row.sighting, position, received_at)


def _body_values(stamp: Stamp, body: BaseModel, position: Position, received_at: datetime) -> tuple[Any, ...]:
    return (
        stamp.recorded_at,
        received_at,
        stamp.seq,
        stamp.record.boottime_ns,
        position.epoch,
        UUID(hex=stamp.record.boot_id),
        position.gateway_no,
        stamp.record.boot_no,
        position.lane,
        stamp.time_quality,
        stamp.claimed_at,
        Jsonb(body.model_dump(mode="json")),
    )


def _pack_reading(row: ReadingRow, position: Position, received_us: int, epoch: bytes) -> bytes:
    stamp, said, scale_no, slots = row
    record = stamp.record
    fixed = (
        *(18, 8, (stamp.recorded_at - POSTGRES_EPOCH) // _MICROSECOND, 8, received_us),
        *(8, stamp.seq, 8, record.boottime_ns),
        *(16, epoch, 16, bytes.fromhex(record.boot_id)),
        *(4, position.gateway_no, 4, record.boot_no, 4, scale_no),
        *(2, position.lane, 2, QUALITY_CODES[said.quality], 2, stamp.time_quality),
    )
    weight_g, sigma_g, temperature_c = said.weight_g, said.sigma_g, said.temperature_c
    if None not in (weight_g, sigma_g, temperature_c) and len(slots) == 1 and stamp.claimed_at is None:
        return _USUAL.pack(*fixed, 4, slots[0], 4, weight_g, 4, sigma_g, 4, temperature_c, -1, -1)
    return b"".join(
        (
            _FIXED.pack(*fixed),
            _INT4.pack(4, slots[0]) if len(slots) == 1 else _NULL,
            _float4(weight_g),
            _float4(sigma_g),
            _float4(temperature_c),
            _claimed(stamp),
            _NULL if len(slots) < 2 else _int4_array(slots),
        )
    )


def _microseconds(instant: datetime) -> int:
    return (instant - POSTGRES_EPOCH) // _MICROSECOND


def _float4(value: float | None) -> bytes:
    return _NULL if value is None else _FLOAT4.pack(4, value)


def _claimed(stamp: Stamp) -> bytes:
    return _NULL if stamp.claimed_at is None else _INT8.pack(8, _microseconds(stamp.claimed_at))


def _int4_array(values: tuple[int, ...]) -> bytes:
    """One dimension, no nulls: its count, its lower bound 1, then each value with its length."""
    content = b"".join(_INT4.pack(4, value) for value in values)
    return _ARRAY.pack(20 + len(content), 1, 0, INT4_OID, len(values), 1) + content
