"""Reads the usual batch of states straight into columns: no Python object for a value that needs none.

What is read here is a part of what parsing.py and sorting.py take, with the same result; anything else (a bad
record, an unknown name or key, a gap) is left to them, record by record. The messages of contract.records are
repeated here for msgspec; a test compares them field by field.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import compress
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import UNSET, Meta, Struct
from numpy.typing import NDArray
from pydantic import ValidationError

from cloud.gateways.schemas import SlotPlace, Speaker
from cloud.readings.codes import QUALITY_CODES, TIME_UNKNOWN
from cloud.readings.columns import NEVER, NO_SLOT, ReadingColumns, believed, microseconds, numbers, several
from cloud.readings.parsing import NUL_IN_JSON
from cloud.readings.schemas import BatchHead, HealthRow, SortedBatch, Stamp
from contract.anchors import Sent
from contract.batch import MAX_BATCH_RECORDS
from contract.records import Lane, Quality, Record

BACKSLASH = b"\\"
UNIX_TO_POSTGRES_US = 946_684_800_000_000
MAX_WEIGHT_G = 1_000_000.0
MIN_WEIGHT_G = -100_000.0
TEMPERATURES_C = (-60.0, 120.0)
MAX_SLOTS = 64

_HEX32 = re.compile(r"[0-9a-f]{32}")
_QUALITIES = {quality.value: code for quality, code in QUALITY_CODES.items()}
_OK = QUALITY_CODES[Quality.OK]


class SwiftReading(Struct, gc=False, tag_field="kind", tag="reading", forbid_unknown_fields=True):
    """contract.records.Reading"""

    scale_id: str
    weight_g: float | None
    slots: Annotated[list[str], Meta(max_length=MAX_SLOTS)] = []
    sigma_g: float | None = None
    quality: str = "ok"
    temperature_c: float | None = None


class SwiftHealth(Struct, tag_field="kind", tag="health", forbid_unknown_fields=True):
    """contract.records.Health, which its own model judges: there is one a minute."""

    software: Any = UNSET
    uptime_s: Any = UNSET
    outbox_waiting: Any = UNSET
    outbox_bytes: Any = UNSET
    disk_free_bytes: Any = UNSET
    cpu_temperature_c: Any = UNSET
    clock_synced: Any = UNSET
    refused: Any = UNSET
    scales: Any = UNSET


class SwiftRecord(Struct, gc=False, forbid_unknown_fields=True):
    """contract.records.Record"""

    boot_no: Annotated[int, Meta(ge=0, lt=2**31)]
    boot_id: str
    boottime_ns: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    wall_at: Annotated[datetime, Meta(tz=True)] | None
    synced: bool
    body: SwiftReading | SwiftHealth


class SwiftBatch(Struct, forbid_unknown_fields=True):
    """contract.batch.Batch of the lane states without a gap"""

    gateway_id: str
    epoch: str
    lane: Literal["states"]
    first_seq: Annotated[int, Meta(ge=0, lt=2**53)]
    records: Annotated[list[SwiftRecord], Meta(max_length=MAX_BATCH_RECORDS)]
    v: Literal[1] = 1
    gap: None = None
    sent: dict[str, Any] | None = None


_decoder = msgspec.json.Decoder(SwiftBatch)


class _Unusual(Exception):  # noqa: N818 - no error, it only leaves the work to others
    """Something that is left to those who look at each record."""


@dataclass(frozen=True, slots=True)
class Swift:
    """A batch that was read at once."""

    head: BatchHead
    sorted: SortedBatch


def read_swiftly(body: bytes, speaker: Speaker, received_at: datetime) -> Swift | None:
    """Return the batch of a speaker in columns, or None where it is to be looked at record by record."""
    if BACKSLASH in body and NUL_IN_JSON in body:  # a search for one byte costs a twentieth of one for six
        return None
    try:
        return _swift(_decoder.decode(body), speaker, received_at)
    except (
        msgspec.MsgspecError,
        _Unusual,
        KeyError,
        ValidationError,
        OverflowError,
        UnicodeError,
        RecursionError,
    ):
        return None


def _swift(batch: SwiftBatch, speaker: Speaker, received_at: datetime) -> Swift:
    if batch.gateway_id != speaker.gateway_id or not _HEX32.fullmatch(batch.epoch):
        raise _Unusual
    sent = None if batch.sent is None else Sent.model_validate(batch.sent)
    head = BatchHead(
        batch.gateway_id, batch.epoch, Lane.STATES, batch.first_seq, None, len(batch.records), sent
    )
    seqs = range(batch.first_seq, batch.first_seq + len(batch.records))
    is_reading = [type(record.body) is SwiftReading for record in batch.records]
    is_mixed = not all(is_reading)
    chosen = list(compress(batch.records, is_reading)) if is_mixed else batch.records
    columns = _columns(list(compress(seqs, is_reading)) if is_mixed else seqs, chosen, speaker, received_at)
    found = SortedBatch(readings=columns)
    found.flagged = found.readings.seq[found.readings.time_quality == TIME_UNKNOWN].tolist()
    for seq, record in zip(seqs, batch.records, strict=True) if is_mixed else ():
        if type(record.body) is SwiftHealth:
            _add_health(found, seq, record, received_at)
    found.flagged.sort()
    return Swift(head, found)


def _add_health(found: SortedBatch, seq: int, swift: SwiftRecord, received_at: datetime) -> None:
    record = Record.model_validate(msgspec.to_builtins(swift))
    stamp = Stamp.of(seq, record, received_at)
    found.healths.append(HealthRow(stamp, record.body))  # type: ignore[arg-type]  # its tag says health
    if stamp.time_quality == TIME_UNKNOWN:
        found.flagged.append(seq)


def _columns(
    seqs: Sequence[int], records: list[SwiftRecord], speaker: Speaker, received_at: datetime
) -> ReadingColumns:
    bodies: list[SwiftReading] = [record.body for record in records]  # type: ignore[misc]
    scales = speaker.scales
    wall_us = _instants([record.wall_at for record in records], received_at)
    times = believed(wall_us, np.array([record.synced for record in records], bool), received_at)
    slot_no, slot_nos = _slots([body.slots for body in bodies], speaker.slots)
    columns = ReadingColumns(
        seq=np.array(seqs, np.int64),
        boottime_ns=np.array([record.boottime_ns for record in records], np.int64),
        boot_no=np.array([record.boot_no for record in records], np.int32),
        boot_id=_boot_ids([record.boot_id for record in records]),
        recorded_us=times.recorded_us,
        claimed_us=times.claimed_us,
        time_quality=times.quality,
        scale_no=np.array([scales[body.scale_id] for body in bodies], np.int32),
        quality=np.array([_QUALITIES[body.quality] for body in bodies], np.int16),
        slot_no=slot_no,
        weight_g=numbers([body.weight_g for body in bodies]),
        sigma_g=numbers([body.sigma_g for body in bodies]),
        temperature_c=numbers([body.temperature_c for body in bodies]),
        slot_nos=slot_nos,
    )
    _check(columns)
    return columns


def _slots(
    slots: list[list[str]], places: Mapping[str, SlotPlace]
) -> tuple[NDArray[np.int32], NDArray[np.object_]]:
    """Return the one slot of each reading, and the tuples of those that have several."""
    known = {name: place.slot_no for name, place in places.items()}
    if set(map(len, slots)) == {1}:
        return np.array([known[each[0]] for each in slots], np.int32), np.empty(len(slots), object)
    rows = [tuple([known[slot] for slot in each]) for each in slots]
    one = np.array([row[0] if len(row) == 1 else NO_SLOT for row in rows], np.int32)
    return one, several(rows)


def _instants(walls: list[datetime | None], received_at: datetime) -> NDArray[np.int64]:
    """Exact for what can be believed: a float of seconds since 1970 tells microseconds until 2106."""
    if None in walls:
        return np.array([NEVER if at is None else microseconds(at.astimezone(UTC)) for at in walls], np.int64)
    unix_us = np.rint(np.array([at.timestamp() for at in walls if at is not None]) * 1e6).astype(np.int64)
    times = believed(unix_us - UNIX_TO_POSTGRES_US, np.ones(len(walls), bool), received_at)
    if (times.quality == TIME_UNKNOWN).any():
        return np.array([microseconds(at.astimezone(UTC)) for at in walls if at is not None], np.int64)
    return times.recorded_us


def _boot_ids(names: list[str]) -> NDArray[np.void]:
    boots = {name: bytes.fromhex(name) for name in set(names) if _HEX32.fullmatch(name)}
    if len(boots) == 1 and names.count(names[0]) == len(names):
        return np.full(len(names), boots[names[0]], "V16")
    return np.array([boots[name] for name in names], "V16")


def _check(columns: ReadingColumns) -> None:
    """Leave to others what the model would refuse; comparisons with NaN are false."""
    weight_g, sigma_g, temperature_c = columns.weight_g, columns.sigma_g, columns.temperature_c
    told = ~np.isnan(weight_g)
    low_c, high_c = TEMPERATURES_C
    is_bad = (
        (weight_g < MIN_WEIGHT_G)
        | (weight_g > MAX_WEIGHT_G)
        | (sigma_g < 0)
        | (sigma_g > MAX_WEIGHT_G)
        | (temperature_c < low_c)
        | (temperature_c > high_c)
        | (told & np.isnan(sigma_g))
        | (~told & (columns.quality == _OK))
    )
    if is_bad.any():
        raise _Unusual
