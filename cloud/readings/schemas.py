"""What the readings feature takes in and hands on, beside the wire's own messages (contract.batch).

What is made once per record is a NamedTuple: a frozen dataclass takes three times as long to make.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from cloud.gateways.schemas import Speaker
from cloud.readings.codes import TIME_BOUNDED, TIME_SYNCED, TIME_UNKNOWN
from cloud.readings.columns import EARLIEST, MAX_AHEAD, ReadingColumns
from contract.anchors import Anchor, Sent
from contract.batch import Gap
from contract.records import Health, Lane, Movement, Record
from contract.sightings import Sighting


@dataclass(frozen=True, slots=True)
class SignedBody:
    """A batch as it came: the body after decompression, whose bytes are signed, and the two headers."""

    body: bytes
    gateway_id: str
    signature: bytes
    is_relayed: bool = False
    """Somebody else carried it, so its arrival says nothing about the sender's clock."""


class BadRecord(NamedTuple):
    """A record that cannot be stored: why, and how it begins (JSON)."""

    reason: str
    record: str


@dataclass(frozen=True, slots=True)
class BatchHead:
    """Whose batch it is, where it begins, and how many records it has."""

    gateway_id: str
    epoch: str
    lane: Lane
    first_seq: int
    gap: Gap | None
    count: int
    sent: Sent | None = None

    @property
    def last_seq(self) -> int:
        """Position of the last record; before the first where the batch has none."""
        return self.first_seq + self.count - 1


@dataclass(frozen=True, slots=True)
class ParsedBatch:
    """A batch whose head is sound; records[i] has the position first_seq + i and is read or bad."""

    head: BatchHead
    records: list[Record | BadRecord]


class Stamp(NamedTuple):
    """What every stored record carries: its position and its times."""

    seq: int
    record: Record
    recorded_at: datetime
    time_quality: int
    claimed_at: datetime | None
    """What the gateway said, where it is not believed."""

    @classmethod
    def of(cls, seq: int, record: Record, received_at: datetime) -> "Stamp":
        """Take the gateway's own time where it can be right, else that of arrival (as columns.believed)."""
        wall_at = record.wall_at
        if wall_at is None or not EARLIEST <= wall_at <= received_at + MAX_AHEAD:
            return cls(seq, record, received_at, TIME_UNKNOWN, wall_at)
        return cls(seq, record, wall_at, TIME_SYNCED if record.synced else TIME_BOUNDED, None)


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


class AnchorRow(NamedTuple):
    """A tie between a boot's clock and UTC."""

    stamp: Stamp
    anchor: Anchor


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

    readings: ReadingColumns = field(default_factory=ReadingColumns.none)
    movements: list[MovementRow] = field(default_factory=list)
    healths: list[HealthRow] = field(default_factory=list)
    anchors: list[AnchorRow] = field(default_factory=list)
    quarantined: list[QuarantineRow] = field(default_factory=list)
    flagged: list[int] = field(default_factory=list)
    """Positions of records that are stored but not believed in their time or their product."""
    sightings: list[SightingRow] = field(default_factory=list)

    @property
    def stored(self) -> int:
        """How many records are taken."""
        weighed = len(self.readings) + len(self.movements)
        return weighed + len(self.healths) + len(self.anchors) + len(self.sightings)

    def after(self, mark: int) -> "SortedBatch":
        """Return what lies above a mark."""
        return SortedBatch(
            self.readings.after(mark),
            [row for row in self.movements if row.stamp.seq > mark],
            [row for row in self.healths if row.stamp.seq > mark],
            [row for row in self.anchors if row.stamp.seq > mark],
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

    head: BatchHead
    sorted: SortedBatch
    speaker: Speaker
    position: Position
    received_at: datetime
    is_relayed: bool = False
