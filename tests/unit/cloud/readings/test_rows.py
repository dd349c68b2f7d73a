"""Rows in the binary COPY format, byte for byte where psycopg's own writer would say the same."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from psycopg._copy_base import format_row_binary
from psycopg.adapt import Transformer
from psycopg.postgres import types
from psycopg.pq import Format

from cloud.readings.rows import READING_COLUMNS, SIGNATURE, TRAILER, reading_block
from cloud.readings.schemas import Position, ReadingRow, Stamp
from contract.records import Quality, Reading, Record

AT = datetime(2026, 11, 20, 20, 0, 0, 123456, tzinfo=UTC)
POSITION = Position(7, UUID(hex="e" * 32), 1)
TYPES = (
    *("timestamptz", "timestamptz", "int8", "int8", "uuid", "uuid", "int4", "int4", "int4"),
    *("int2", "int2", "int2", "int4", "float4", "float4", "float4", "timestamptz", "int4[]"),
)


def row(claimed_at=None, slot_nos=(4,), **values):
    reading = Reading(
        **{"scale_id": "a", "weight_g": 800.25, "sigma_g": 0.5, "temperature_c": 21.5, **values}
    )
    record = Record(boot_no=3, boot_id="b" * 32, boottime_ns=10**15, wall_at=AT, synced=True, body=reading)
    return ReadingRow(Stamp(2**40, record, AT - timedelta(days=9000), 0, claimed_at), reading, 5, slot_nos)


def by_psycopg(given, received_at):
    """The same row written by psycopg."""
    reading, record = given.reading, given.stamp.record
    slots = given.slot_nos
    values = [
        given.stamp.recorded_at,
        received_at,
        given.stamp.seq,
        record.boottime_ns,
        POSITION.epoch,
        UUID(hex=record.boot_id),
        POSITION.gateway_no,
        record.boot_no,
        given.scale_no,
        POSITION.lane,
        0,
        given.stamp.time_quality,
        slots[0] if len(slots) == 1 else None,
        reading.weight_g,
        reading.sigma_g,
        reading.temperature_c,
        given.stamp.claimed_at,
        list(slots) if len(slots) > 1 else None,
    ]
    transformer = Transformer()
    transformer.set_dumper_types([types.get_oid(name) for name in TYPES], Format.BINARY)
    out = bytearray()
    format_row_binary(values, transformer, out)
    return bytes(out)


@pytest.mark.parametrize(
    "given",
    [
        row(),
        row(slot_nos=()),
        row(slot_nos=(1, 2, 3)),
        row(temperature_c=None),
        row(claimed_at=AT),
        row(claimed_at=datetime(1, 1, 1, tzinfo=UTC)),
        row(weight_g=0.1, sigma_g=1e-300),
    ],
)
def test_a_reading_is_packed_as_psycopg_would(given):
    assert reading_block([given], POSITION, AT) == SIGNATURE + by_psycopg(given, AT) + TRAILER


def test_a_reading_without_a_weight_has_nulls():
    silent = row(weight_g=None, sigma_g=None, quality=Quality.SILENT)
    block = reading_block([silent], POSITION, AT)
    assert block.count(b"\xff\xff\xff\xff") == 4


def test_there_are_eighteen_columns():
    assert len(READING_COLUMNS.split(",")) == 18
    assert reading_block([row()], POSITION, AT)[len(SIGNATURE) :][:2] == b"\x00\x12"
