"""The swift way reads a part of what the careful way reads, with the same result, and never more."""

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.gateways.schemas import SlotPlace, Speaker
from cloud.problems import Malformed
from cloud.readings.parsing import parse_batch
from cloud.readings.sorting import sort_records
from cloud.readings.swift import SwiftBatch, SwiftHealth, SwiftReading, SwiftRecord, read_swiftly
from contract.batch import Batch
from contract.records import Health, Reading, Record

NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
SPEAKER = Speaker(
    gateway_no=7,
    gateway_id="gw-well",
    site_no=1,
    site_id="corner-bar",
    public_keys=(),
    scales={"cell-1": 11, "cell-2": 12},
    slots={"slot-1": SlotPlace(21, None), "slot-2": SlotPlace(22, 5), "slot-3": SlotPlace(23, None)},
    products={},
)
WALLS = ["2026-11-20T19:59:58.123456Z", "2026-11-20T20:59:58+01:00", "2026-11-20T19:00:00Z", None]
ODD_WALLS = [
    *("2023-12-31T23:59:59.999999Z", "2026-11-20T20:05:00.000001Z", "2026-11-20T20:05:00Z"),
    *("9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+05:00", "0001-01-01T00:00:00Z"),
    *("2026-11-20T19:00:00", "2026-11-20", "yesterday", 1_795_000_000, 0.5, "", "2026-02-30T00:00:00Z"),
]
ODD = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        1e999,
        2**63,
        2**31,
        "",
        "1",
        "ok",
        "silent",
        "a" * 70,
        [],
        {},
        ["slot-1"],
        "\\ud800",
    ]
)
WEIGHTS = st.sampled_from([None, 0, 812.5, -100_000, 1_000_000, 1_000_000.5, 1e300, "5", True])


@st.composite
def readings(draw):
    return {
        "kind": "reading",
        "scale_id": draw(st.sampled_from(["cell-1", "cell-2", "cell-2", "cell-9"])),
        "weight_g": draw(WEIGHTS),
        "slots": draw(st.lists(st.sampled_from(["slot-1", "slot-2", "slot-3"]), max_size=4)),
        "sigma_g": draw(st.sampled_from([0.5, 0, None, 1e-300, -1])),
        "quality": draw(st.sampled_from(["ok", "ok", "silent", "unsettled", "fine"])),
        "temperature_c": draw(st.sampled_from([21.5, None, -60, 120.01])),
    }


HEALTHS = st.fixed_dictionaries(
    {"kind": st.just("health"), "software": st.just("1.0"), "uptime_s": st.sampled_from([1.5, 3, "4", -1])},
    optional={"outbox_waiting": st.sampled_from([0, 5, -1]), "outbox_bytes": st.just(1)},
)
POURS = st.just({"kind": "movement", "movement_id": "a" * 32})
ANY_BODIES = readings() | HEALTHS | POURS


@st.composite
def records(draw, bodies=ANY_BODIES):
    record = {
        "boot_no": 1,
        "boot_id": draw(st.sampled_from(["b0" * 16, "b1" * 16, "B0" * 16])),
        "boottime_ns": draw(st.sampled_from([0, 5_000_000_000, 2**63 - 1])),
        "wall_at": draw(st.sampled_from(WALLS)),
        "synced": draw(st.booleans()),
        "body": dict(draw(bodies)),
    }
    for _ in range(draw(st.sampled_from([0, 0, 0, 1]))):
        part = record["body"] if draw(st.booleans()) else record
        name = draw(st.sampled_from([*sorted(part), "unknown"]))
        part[name] = draw(st.sampled_from(ODD_WALLS) if name == "wall_at" else ODD)
    return record


GOOD_READINGS = st.fixed_dictionaries(
    {
        "kind": st.just("reading"),
        "scale_id": st.sampled_from(["cell-1", "cell-2"]),
        "weight_g": st.floats(0, 5000),
        "sigma_g": st.floats(0, 5),
    },
    optional={
        "slots": st.lists(st.sampled_from(["slot-1", "slot-2"]), max_size=2),
        "temperature_c": st.sampled_from([20, 21.25, None]),
        "quality": st.sampled_from(["ok", "stuck"]),
    },
)
WELL = st.just({"kind": "health", "software": "1", "uptime_s": 1, "outbox_waiting": 0, "outbox_bytes": 0})


def body_of(records, **head):
    usual = {"v": 1, "gateway_id": "gw-well", "epoch": "e" * 32, "lane": "states", "first_seq": 40}
    return json.dumps({**usual, "records": records, **head}).encode()


def carefully(body):
    parsed = parse_batch(body)
    numbered = enumerate(parsed.records, start=parsed.head.first_seq)
    return parsed.head, sort_records(numbered, SPEAKER, NOW)


def assert_same(swift, body):
    head, batch = carefully(body)
    assert swift.head == head
    for each in fields(batch.readings):
        np.testing.assert_array_equal(
            getattr(swift.sorted.readings, each.name), getattr(batch.readings, each.name), each.name
        )
    others = [(b.movements, b.healths, b.quarantined, b.flagged) for b in (swift.sorted, batch)]
    assert others[0] == others[1]


@settings(max_examples=400)
@given(st.lists(records(), max_size=4))
def test_what_is_read_swiftly_is_read_the_same_with_care(given_records):
    try:
        body = body_of(given_records)
    except UnicodeEncodeError:
        return
    swift = read_swiftly(body, SPEAKER, NOW)
    if swift is not None:
        assert_same(swift, body)


@settings(max_examples=150)
@given(st.lists(records(GOOD_READINGS | WELL).filter(lambda r: "unknown" not in r), max_size=6))
def test_sound_batches_are_read_swiftly(given_records):
    body = body_of(given_records)
    try:
        is_sound = not carefully(body)[1].quarantined
        Batch.model_validate_json(body, strict=True)
    except (Malformed, ValueError):
        return
    swift = read_swiftly(body, SPEAKER, NOW)
    known = all(set(r["body"]) <= set(Reading.model_fields) | set(Health.model_fields) for r in given_records)
    if is_sound and known:
        assert swift is not None
        assert_same(swift, body)


@settings(max_examples=200)
@given(st.integers(0, 91_057_500_000_000))
def test_an_instant_is_told_to_the_microsecond(microseconds):
    at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    record = {
        "boot_no": 1,
        "boot_id": "b0" * 16,
        "boottime_ns": 1,
        "wall_at": at.isoformat(),
        "synced": True,
        "body": {"kind": "reading", "scale_id": "cell-1", "weight_g": 1, "sigma_g": 1},
    }
    body = body_of([record])
    assert_same(read_swiftly(body, SPEAKER, NOW), body)


@pytest.mark.parametrize(
    "head",
    [
        {"gateway_id": "gw-attic"},
        {"epoch": "E" * 32},
        {"lane": "movements"},
        {"first_seq": -1},
        {"first_seq": 2**53},
        {"v": 2},
        {"gap": {"from_seq": 3, "reason": "the disk was full"}},
        {"newer": 1},
    ],
)
def test_an_unusual_head_is_left_to_the_careful_way(head):
    assert read_swiftly(body_of([]), SPEAKER, NOW) is not None
    assert read_swiftly(body_of([], **head), SPEAKER, NOW) is None


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"\\u0000"', b"\xff", b"[" * 100_000, body_of([]) + b"x"]
)
def test_what_is_no_batch_is_left_to_the_careful_way(body):
    assert read_swiftly(body, SPEAKER, NOW) is None


def test_it_knows_the_fields_of_the_contract():
    pairs = [SwiftBatch, Batch, SwiftRecord, Record, SwiftReading, Reading, SwiftHealth, Health]
    for ours, theirs in list(pairwise(pairs))[::2]:
        known = {each.encode_name for each in msgspec.structs.fields(ours)}
        assert known | {"kind"} == set(theirs.model_fields) | {"kind"}
