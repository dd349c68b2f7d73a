"""Rows in the binary COPY format, byte for byte where psycopg's own writer would say the same."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from psycopg._copy_base import format_row_binary
from psycopg.adapt import Transformer
from psycopg.postgres import types
from psycopg.pq import Format

from cloud.readings.columns import Told, columns_of
from cloud.readings.rows import READING_COLUMNS, SIGNATURE, TRAILER, reading_block
from cloud.readings.schemas import Position

AT = datetime(2026, 11, 20, 20, 0, 0, 123456, tzinfo=UTC)
BOOT = UUID(hex="b" * 32)
POSITION = Position(7, UUID(hex="e" * 32), 1)
TYPES = (
    *("timestamptz", "timestamptz", "int8", "int8", "uuid", "uuid", "int4", "int4", "int4"),
    *("int2", "int2", "int2", "int4", "float4", "float4", "float4", "timestamptz", "int4[]"),
)


def told(wall_at=AT, slot_nos=(4,), **values):
    defaults = {
        "seq": 2**40,
        "boottime_ns": 10**15,
        "boot_no": 3,
        "boot_id": BOOT.bytes,
        "synced": True,
        "scale_no": 5,
        "quality": 0,
        "weight_g": 800.25,
        "sigma_g": 0.5,
        "temperature_c": 21.5,
    }
    return Told(**{**defaults, "wall_at": wall_at, "slot_nos": slot_nos, **values})


def by_psycopg(given, received_at):
    """The same row written by psycopg."""
    slots, is_believed = given.slot_nos, given.wall_at == AT
    values = [
        given.wall_at if is_believed else received_at,
        received_at,
        given.seq,
        given.boottime_ns,
        POSITION.epoch,
        BOOT,
        POSITION.gateway_no,
        given.boot_no,
        given.scale_no,
        POSITION.lane,
        given.quality,
        0 if is_believed else 3,
        slots[0] if len(slots) == 1 else None,
        given.weight_g,
        given.sigma_g,
        given.temperature_c,
        None if is_believed else given.wall_at,
        list(slots) if len(slots) > 1 else None,
    ]
    transformer = Transformer()
    transformer.set_dumper_types([types.get_oid(name) for name in TYPES], Format.BINARY)
    out = bytearray()
    format_row_binary(values, transformer, out)
    return bytes(out)


def block(*given):
    return reading_block(columns_of(given, AT), POSITION, AT)


@pytest.mark.parametrize(
    "given",
    [
        told(),
        told(slot_nos=()),
        told(slot_nos=(1, 2, 3)),
        told(temperature_c=None),
        told(wall_at=None),
        told(wall_at=datetime(1, 1, 1, tzinfo=UTC)),
        told(weight_g=0.1, sigma_g=1e-300),
        told(weight_g=None, sigma_g=None, quality=5),
    ],
)
def test_a_reading_is_packed_as_psycopg_would(given):
    assert block(given) == SIGNATURE + by_psycopg(given, AT) + TRAILER


def test_rows_of_one_shape_stand_together_in_their_order():
    usual, bare, later = told(seq=1), told(seq=2, temperature_c=None), told(seq=3)
    packed = [by_psycopg(each, AT) for each in (bare, usual, later)]
    assert block(usual, bare, later) == SIGNATURE + b"".join(packed) + TRAILER


def test_no_readings_are_an_empty_block():
    assert block() == SIGNATURE + TRAILER


def test_there_are_eighteen_columns():
    assert len(READING_COLUMNS.split(",")) == 18
    assert block(told())[len(SIGNATURE) :][:2] == b"\x00\x12"
