"""What the readings feature takes in and hands on, beside the wire's own messages (contract.batch).

What is made once per record is a NamedTuple: a frozen dataclass takes three times as long to make.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from cloud.gateways.schemas import Speaker
from contract.batch import Gap
from contract.records import Health, Lane, Movement, Reading, Record
from contract.sightings import Sighting


@dataclass(frozen=True, slots=True)
class SignedBody:
    """A batch as it came: the body after decompression, whose bytes are signed, and the two headers."""

    body: bytes
    gateway_id: str
    signature: bytes


class BadRecord(NamedTuple):
    """A record that cannot be stored: why, and how it begins (JSON)."""

    reason: str
    record: str


@dataclass(frozen=True, slots=True)
class ParsedBatch:
    """A batch whose head is sound; records[i] has the position first_seq + i and is read or bad."""

    gateway_id: str
    epoch: str
    lane: Lane
    first_seq: int
    gap: Gap | None
    records: list[Record | BadRecord]


class Stamp(NamedTuple):
    """What every stored record carries: its position and its times."""

    seq: int
    record: Record
    recorded_at: datetime
    time_quality: int
    claimed_at: datetime | None
    """What the gateway said, where it is not believed."""


class ReadingRow(NamedTuple):
    """A reading with its names turned into numbers."""

    stamp: Stamp
    reading: Reading
    scale_no: int
    slot_nos: tuple[int, ...]


class MovementRow(NamedTuple):
    """A movement with its names turned into numbers; slot_no is the most probable one."""

    stamp: Stamp
    movement: Movement
    scale_no: int
    slot_no: int | None
    slot_probability: float
    product_no: int | None


class HealthRow(NamedTuple):
    """A gateway's word about itself."""

    stamp: Stamp
    health: Health


class SightingRow(NamedTuple):
    """What a camera saw, and the numbers of its slots in their order."""

    stamp: Stamp
    sighting: Sighting
    slot_nos: tuple[int, ...]


class QuarantineRow(NamedTuple):
    """A bad record at its position."""

    seq: int
    bad: BadRecord


@dataclass(slots=True)
class SortedBatch:
    """The new records of a batch, sorted by where they go, in the order of their positions."""

    readings: list[ReadingRow] = field(default_factory=list)
    movements: list[MovementRow] = field(default_factory=list)
    healths: list[HealthRow] = field(default_factory=list)
    quarantined: list[QuarantineRow] = field(default_factory=list)
    flagged: list[int] = field(default_factory=list)
    """Positions of records that are stored but not believed in their time or their product."""
    sightings: list[SightingRow] = field(default_factory=list)

    @property
    def stored(self) -> int:
        """How many records go into the tables."""
        return len(self.readings) + len(self.movements) + len(self.healths) + len(self.sightings)

    def after(self, mark: int) -> "SortedBatch":
        """Return what lies above a mark."""
        return SortedBatch(
            [row for row in self.readings if row.stamp.seq > mark],
            [row for row in self.movements if row.stamp.seq > mark],
            [row for row in self.healths if row.stamp.seq > mark],
            [row for row in self.quarantined if row.seq > mark],
            [seq for seq in self.flagged if seq > mark],
            [row for row in self.sightings if row.stamp.seq > mark],
        )


@dataclass(frozen=True, slots=True)
class GapRow:
    """Positions from_seq..to_seq that a gateway gave up, and why."""

    from_seq: int
    to_seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class Position:
    """One lane of one epoch of one gateway."""

    gateway_no: int
    epoch: UUID
    lane: int


@dataclass(frozen=True, slots=True)
class Incoming:
    """A batch that is verified, read and sorted, on its way into the database."""

    parsed: ParsedBatch
    sorted: SortedBatch
    speaker: Speaker
    position: Position
    received_at: datetime

    @property
    def last_seq(self) -> int:
        """Position of the last record; before the first where the batch has none."""
        return self.parsed.first_seq + len(self.parsed.records) - 1
