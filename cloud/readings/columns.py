"""The readings of a batch as columns: one array each, so that a batch costs a few calls and not thousands.

Instants are microseconds since POSTGRES_EPOCH. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloud.readings.codes import TIME_BOUNDED, TIME_SYNCED, TIME_UNKNOWN

POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
EARLIEST = datetime(2024, 1, 1, tzinfo=UTC)
"""No gateway of ours is older than this; a clock that says so has not been set."""
MAX_AHEAD = timedelta(minutes=5)
"""A record may be this much ahead of the cloud's clock."""
NEVER = np.iinfo(np.int64).min
"""Stands for an instant that is not told."""
NO_SLOT = 0
"""Numbers of slots begin at 1."""

_MICROSECOND = timedelta(microseconds=1)

Instants = NDArray[np.int64]
Row = tuple[int, ...]


def microseconds(instant: datetime) -> int:
    """Return an instant as PostgreSQL counts it."""
    return (instant - POSTGRES_EPOCH) // _MICROSECOND


def instant_of(value: int) -> datetime:
    """Return the instant of a count of microseconds."""
    return POSTGRES_EPOCH + timedelta(microseconds=int(value))


@dataclass(slots=True)
class ReadingColumns:
    """n readings in the order of their positions; every array has n elements. NaN is a value not told."""

    seq: NDArray[np.int64]
    boottime_ns: NDArray[np.int64]
    boot_no: NDArray[np.int32]
    boot_id: NDArray[np.void]
    """16 bytes each."""
    recorded_us: Instants
    claimed_us: Instants
    """What the gateway said, where it is not believed; else NEVER."""
    time_quality: NDArray[np.int16]
    scale_no: NDArray[np.int32]
    quality: NDArray[np.int16]
    slot_no: NDArray[np.int32]
    """The one slot the weight speaks for, or NO_SLOT."""
    weight_g: NDArray[np.float64]
    sigma_g: NDArray[np.float64]
    temperature_c: NDArray[np.float64]
    slot_nos: NDArray[np.object_]
    """A tuple of numbers where the weight speaks for several slots, else None."""

    def __len__(self) -> int:
        return len(self.seq)

    def where(self, chosen: NDArray[Any] | slice) -> "ReadingColumns":
        """Return some of the rows: a mask, an array of places or a slice."""
        return ReadingColumns(*(getattr(self, each.name)[chosen] for each in fields(self)))

    def after(self, mark: int) -> "ReadingColumns":
        """Return what lies above a mark."""
        return self.where(self.seq > mark)

    @classmethod
    def none(cls) -> "ReadingColumns":
        """Return no readings."""
        return columns_of([], received_at=POSTGRES_EPOCH)


@dataclass(frozen=True, slots=True)
class Told:
    """One reading as its gateway told it, with numbers for names."""

    seq: int
    boottime_ns: int
    boot_no: int
    boot_id: bytes
    wall_at: datetime | None
    synced: bool
    scale_no: int
    quality: int
    slot_nos: Row
    weight_g: float | None
    sigma_g: float | None
    temperature_c: float | None


def columns_of(told: Sequence[Told], received_at: datetime) -> ReadingColumns:
    """Return readings that were read one by one."""
    wall_us = np.array([NEVER if t.wall_at is None else microseconds(t.wall_at) for t in told], np.int64)
    times = believed(wall_us, np.array([t.synced for t in told], bool), received_at)
    return ReadingColumns(
        seq=np.array([t.seq for t in told], np.int64),
        boottime_ns=np.array([t.boottime_ns for t in told], np.int64),
        boot_no=np.array([t.boot_no for t in told], np.int32),
        boot_id=np.array([t.boot_id for t in told], "V16"),
        recorded_us=times.recorded_us,
        claimed_us=times.claimed_us,
        time_quality=times.quality,
        scale_no=np.array([t.scale_no for t in told], np.int32),
        quality=np.array([t.quality for t in told], np.int16),
        slot_no=np.array([t.slot_nos[0] if len(t.slot_nos) == 1 else NO_SLOT for t in told], np.int32),
        weight_g=numbers([t.weight_g for t in told]),
        sigma_g=numbers([t.sigma_g for t in told]),
        temperature_c=numbers([t.temperature_c for t in told]),
        slot_nos=several([t.slot_nos for t in told]),
    )


def numbers(values: Sequence[float | None]) -> NDArray[np.float64]:
    """Return values with NaN for what is not told."""
    return np.array(values, np.float64)


def several(slot_nos: Sequence[Row]) -> NDArray[np.object_]:
    """Return the tuples of more than one slot; None in the place of shorter ones."""
    kept = np.empty(len(slot_nos), object)
    for place, row in enumerate(slot_nos):
        if len(row) > 1:
            kept[place] = row
    return kept


@dataclass(frozen=True, slots=True)
class Times:
    """When each row is taken to have happened, how sure that is, and what was claimed instead."""

    recorded_us: Instants
    quality: NDArray[np.int16]
    claimed_us: Instants


def believed(wall_us: Instants, synced: NDArray[np.bool_], received_at: datetime) -> Times:
    """Return the times of rows: the gateway's own where it can be right, else that of arrival."""
    received_us = microseconds(received_at)
    can_be = (wall_us >= microseconds(EARLIEST)) & (wall_us <= received_us + MAX_AHEAD // _MICROSECOND)
    quality = np.where(can_be, np.where(synced, TIME_SYNCED, TIME_BOUNDED), TIME_UNKNOWN)
    return Times(
        recorded_us=np.where(can_be, wall_us, received_us),
        quality=quality.astype(np.int16),
        claimed_us=np.where(can_be, NEVER, wall_us),
    )
