"""One outbox file: blocks in, runs out, in plain SQL on one connection. Synchronous; one thread only.

Blocks carry a crc32 beside dense numbers; together they find nearly every flipped bit. Where the lanes
stand is edge.buffer.marks, what the file takes of the disk edge.buffer.pages, and what it lets go
edge.buffer.giving_up.

A file has one epoch for its whole life and never gives a number twice: whoever cannot be sure of that
begins a new file (edge.buffer.lives).
"""

import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from sqlite_utils import Database

from contract.records import Lane
from edge.buffer.blocks import Block, blocks, records
from edge.buffer.giving_up import GivingUp
from edge.buffer.marks import Marks, Position
from edge.buffer.migrations import Legacy, migrate
from edge.buffer.pages import Pages, transaction
from edge.buffer.places import INSERT_BLOCK, end_of, place_of, seq_of
from edge.ports import LaneState, Run

THINNED = "the gateway's store was full: its oldest readings were thinned out"
NO_LONGER_KEPT = "no longer kept by the gateway"
DAMAGED = "damaged on the gateway's disk (checksum)"
SELECT_BLOCKS = "SELECT place, count, crc32, body FROM block WHERE place >= ? AND place < ? ORDER BY place"


class Store:
    """One SQLite file with the blocks and the marks of both lanes."""

    def __init__(self, path: Path, steady_s: Callable[[], float], epoch: str | None = None) -> None:
        """Open, migrate and check the file; a new one gets `epoch`, or one of its own.

        Raises sqlite3.Error, OSError or OutboxFromTheFutureError.
        """
        self.path = path
        database = Database(path)
        self._database, self._conn = database, database.conn
        try:
            self.pages = Pages(self._conn, path)
            migrate(database, path)
            self.marks = Marks(self._conn, path, steady_s, epoch or secrets.token_hex(16))
            self.epoch, self.positions = self.marks.epoch, self.marks.positions
            self.giving_up = GivingUp(self._conn, self.marks)
            self._legacy = Legacy(self._conn, self.epoch)
            if not self._legacy.is_done and all(self._legacy.lowest(lane) is None for lane in Lane):
                self.carry()
        except BaseException:
            self._conn.close()
            raise

    def close(self) -> None:
        """Close; safe to call twice."""
        self._conn.close()

    def append(self, bodies: Mapping[Lane, Sequence[bytes]]) -> dict[Lane, int]:
        """Commit records and the marks in one transaction; durable when it returns (each first number).

        After a failure nothing has happened for the caller: the same records, and more, may come again.
        """
        made = {
            lane: list(blocks(self.epoch, lane.value, self.positions[lane].next_seq, some))
            for lane, some in bodies.items()
        }
        after = {lane: self.positions[lane].next_seq + len(some) for lane, some in bodies.items()}
        with transaction(self._conn):
            self._conn.executemany(
                INSERT_BLOCK,
                [
                    (place_of(lane, block.first_seq), self.epoch, *block[1:])
                    for lane, some in made.items()
                    for block in some
                ],
            )
            self.marks.write(after)
        firsts = {lane: self.positions[lane].next_seq for lane in bodies}
        for lane, following in after.items():
            self.positions[lane].next_seq = following
        self.marks.written()
        return firsts

    def put(self, lane: Lane, block: Block) -> None:
        """Take over a sound block of another file of the same epoch as it is."""
        with transaction(self._conn):
            place = place_of(lane, block.first_seq)
            self._conn.execute(INSERT_BLOCK, (place, self.epoch, *block[1:]))

    def set_position(self, lane: Lane, acknowledged: int, next_seq: int) -> None:
        """Set where a lane stands: for a file made from another."""
        position = self.positions[lane]
        position.acknowledged, position.next_seq = acknowledged, next_seq
        self.marks.save()

    def lane(self, lane: Lane) -> LaneState:
        """Return where a lane stands."""
        position = self.positions[lane]
        waiting = position.next_seq - 1 - position.acknowledged
        if position.thinned_below > position.acknowledged + 1:
            waiting = self._count_waiting(lane, position.acknowledged)
        return LaneState(position.acknowledged, position.next_seq, max(0, waiting))

    def _count_waiting(self, lane: Lane, acknowledged: int) -> int:
        counted = self._conn.execute(
            "SELECT sum(count) FROM block WHERE place > ? AND place < ?",
            (place_of(lane, acknowledged), end_of(lane))
            if acknowledged >= 0
            else (place_of(lane, 0) - 1, end_of(lane)),
        ).fetchone()[0]
        return int(counted or 0)

    def read(self, lane: Lane, limit: int, max_bytes: int) -> Run | None:
        """Return the records after the mark: consecutive, at most `limit`, about max_bytes at most.

        What is gone or damaged is skipped and declared in the run's gap. None when nothing follows.
        """
        position = self.positions[lane]
        begin = wanted = position.acknowledged + 1
        self._carry_over(lane, wanted + limit)
        bodies: list[bytes] = []
        size, is_damaged = 0, False
        for block in self.blocks_from(lane, wanted):
            found = records(self.epoch, lane.value, block)
            if found is None:
                is_damaged = True
                if bodies:
                    break
                continue
            if block.first_seq > wanted and bodies:
                break
            wanted = max(wanted, block.first_seq)
            for body in found[wanted - block.first_seq :]:
                if len(bodies) >= limit or (bodies and size + len(body) > max_bytes):
                    break
                bodies.append(body)
                size += len(body)
                wanted += 1
            else:
                continue
            break
        first_seq = wanted - len(bodies) if bodies else position.next_seq
        if first_seq <= begin:
            return Run(lane, begin, tuple(bodies), epoch=self.epoch) if bodies else None
        reason = DAMAGED if is_damaged and not bodies else self._reason(position, first_seq, is_damaged)
        return Run(lane, first_seq, tuple(bodies), begin, reason, self.epoch)

    @staticmethod
    def _reason(position: Position, until: int, is_damaged: bool) -> str:  # noqa: FBT001
        if is_damaged:
            return DAMAGED
        if until <= position.trimmed_below:
            return NO_LONGER_KEPT
        return THINNED if until <= position.thinned_below else DAMAGED

    def blocks_from(self, lane: Lane, seq: int) -> Iterator[Block]:
        """Yield the blocks of a lane from the one that holds `seq`, or the next, in order."""
        holding = self._conn.execute(
            "SELECT max(place) FROM block WHERE place >= ? AND place <= ?",
            (place_of(lane, 0), place_of(lane, seq)),
        ).fetchone()[0]
        start = place_of(lane, seq) if holding is None else int(holding)
        for place, rows, checksum, body in self._conn.execute(SELECT_BLOCKS, (start, end_of(lane))):
            block = Block(seq_of(place), rows, checksum, body)
            if block.end_seq > seq:
                yield block

    def bodies_after(self, lane: Lane, after: int) -> Iterator[tuple[int, bytes]]:
        """Yield (number, record) of a lane in order; what is damaged is passed over."""
        self._carry_over(lane, self.positions[lane].next_seq)
        for block in self.blocks_from(lane, after + 1):
            for seq, body in enumerate(records(self.epoch, lane.value, block) or (), block.first_seq):
                if seq > after:
                    yield seq, body

    def _carry_over(self, lane: Lane, until: int) -> None:
        """See that the records below a number lie in blocks."""
        while (lowest := self._legacy.lowest(lane)) is not None and lowest < until:
            self.carry()

    def carry(self) -> int:
        """Carry a piece of a file of version 1 over; return how many records that were."""
        if self._legacy.is_done:
            return 0
        with transaction(self._conn):
            return self._legacy.carry()

    def cut(self, lane: Lane, from_seq: int) -> list[bytes]:
        """Take the records from a number on out of the file, to be numbered elsewhere; return them."""
        taken = [body for _, body in self.bodies_after(lane, from_seq - 1)]
        kept = [body for seq, body in self.bodies_after(lane, from_seq - 257) if seq < from_seq]
        head = next((block for block in self.blocks_from(lane, from_seq) if block.first_seq < from_seq), None)
        with transaction(self._conn):
            self._conn.execute(
                "DELETE FROM block WHERE place >= ? AND place < ?", (place_of(lane, from_seq), end_of(lane))
            )
            if head is not None:
                part = kept[-(from_seq - head.first_seq) :]
                for block in blocks(self.epoch, lane.value, head.first_seq, part):
                    self._conn.execute(
                        INSERT_BLOCK, (place_of(lane, block.first_seq), self.epoch, *block[1:])
                    )
            self.positions[lane].next_seq = from_seq
            self.marks.write({})
        return taken

    def is_empty(self) -> bool:
        """Whether nothing is kept any more."""
        return self._legacy.is_done and self._conn.execute("SELECT 1 FROM block LIMIT 1").fetchone() is None


def peek(path: Path) -> dict[Lane, LaneState]:
    """Read a running gateway's lanes without writing. Raises sqlite3.Error when there is no outbox."""
    conn = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        rows = conn.execute("SELECT lane, acknowledged, next FROM mark").fetchall()
    finally:
        conn.close()
    return {
        Lane(lane): LaneState(mark, following, max(0, following - 1 - mark)) for lane, mark, following in rows
    }
