"""Rows in PostgreSQL's binary COPY format (postgresql.org/docs/current/sql-copy.html, "Binary Format").

Readings are packed in arrays, because there are thousands a second and each has 18 columns; movements and
health are few and go through psycopg's own writer. Pure.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from psycopg.types.json import Jsonb
from pydantic import BaseModel

from cloud.readings.codes import MOVEMENT_KIND_CODES, STAGE_CODES
from cloud.readings.columns import NEVER, NO_SLOT, ReadingColumns, microseconds
from cloud.readings.schemas import HealthRow, MovementRow, Position, SightingRow, Stamp

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
INT4_OID = 23
FIELDS = 18

_FIXED = (
    *(("recorded_at", ">i8"), ("received_at", ">i8"), ("seq", ">i8"), ("boottime_ns", ">i8")),
    *(("epoch", "V16"), ("boot_id", "V16"), ("gateway_no", ">i4"), ("boot_no", ">i4"), ("scale_no", ">i4")),
    *(("lane", ">i2"), ("quality", ">i2"), ("time_quality", ">i2")),
)
_OPTIONAL = (
    *(("slot_no", ">i4"), ("weight_g", ">f4"), ("sigma_g", ">f4"), ("temperature_c", ">f4")),
    ("claimed_at", ">i8"),
)


def reading_block(columns: ReadingColumns, position: Position, received_at: datetime) -> bytes:
    """Return a whole binary COPY of readings, with its signature and trailer; rows of one shape together."""
    shapes = _shapes(columns)
    blocks = []
    for shape in np.unique(shapes).tolist():
        rows = columns if len(columns) == (is_it := shapes == shape).sum() else columns.where(is_it)
        blocks.append(_pack(rows, shape, position, received_at))
    return b"".join((SIGNATURE, *blocks, TRAILER))


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


def _shapes(columns: ReadingColumns) -> NDArray[np.int64]:
    """Which of the five optional columns are there, as bits, and how many slots a shared weight has."""
    shapes = 32 * np.array([0 if row is None else len(row) for row in columns.slot_nos], np.int64)
    told = (
        columns.slot_no != NO_SLOT,
        ~np.isnan(columns.weight_g),
        ~np.isnan(columns.sigma_g),
        ~np.isnan(columns.temperature_c),
        columns.claimed_us != NEVER,
    )
    for bit, is_there in enumerate(told):
        shapes |= is_there.astype(np.int64) << bit
    return shapes


@lru_cache(maxsize=256)
def _row_type(shape: int) -> np.dtype[np.void]:
    """Return how a row of a shape lies: before each column its length, -1 where it is null."""
    there = [*_FIXED, *(each for bit, each in enumerate(_OPTIONAL) if shape >> bit & 1)]
    layout: list[tuple[Any, ...]] = [("fields", ">i2")]
    for name, kind in (*_FIXED, *_OPTIONAL):
        layout.append((f"length of {name}", ">i4"))
        if (name, kind) in there:
            layout.append((name, kind))
    layout.append(("length of slot_nos", ">i4"))
    if slots := shape // 32:
        layout += [("slot_nos head", ">i4", (5,)), ("slot_nos", ">i4", (slots, 2))]
    return np.dtype(layout)


def _pack(columns: ReadingColumns, shape: int, position: Position, received_at: datetime) -> bytes:
    rows = np.zeros(len(columns), _row_type(shape))
    rows["fields"] = FIELDS
    values = {
        "recorded_at": columns.recorded_us,
        "received_at": microseconds(received_at),
        "epoch": np.void(position.epoch.bytes),
        "gateway_no": position.gateway_no,
        "lane": position.lane,
        "claimed_at": columns.claimed_us,
    }
    for name, kind in (*_FIXED, *_OPTIONAL):
        if name in rows.dtype.fields:  # type: ignore[operator]  # a structured type has fields
            rows[name] = values[name] if name in values else getattr(columns, name)
            rows[f"length of {name}"] = np.dtype(kind).itemsize
        else:
            rows[f"length of {name}"] = -1
    rows["length of slot_nos"] = -1
    if slots := shape // 32:
        _put_slots(rows, columns.slot_nos, slots)
    return rows.tobytes()


def _put_slots(rows: NDArray[np.void], slot_nos: NDArray[np.object_], slots: int) -> None:
    """An array of one dimension, no nulls: its count, its lower bound 1, then each value with its length."""
    rows["length of slot_nos"] = 20 + 8 * slots
    rows["slot_nos head"] = (1, 0, INT4_OID, slots, 1)
    rows["slot_nos"][:, :, 0] = 4
    rows["slot_nos"][:, :, 1] = np.array(slot_nos.tolist(), np.int32)
