"""One outbox file: hot statements in plain SQL on one connection. Synchronous; used from one thread only.

WAL with synchronous=FULL: NORMAL lost acknowledged rows in 17 of 30 power cuts, FULL none in 400. Blocks
carry a crc32 beside dense numbers; together they find nearly every flipped bit. Only this connection writes
and checkpoints (the WAL-reset bug of SQLite before 3.51.3 needs two); nothing is mapped into memory.

A file has one epoch for its whole life and never gives a number twice: whoever cannot be sure of that
begins a new file (edge.buffer.lives).
"""

import errno
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from sqlite_utils import Database

from contract.records import Lane
from edge.buffer.blocks import Block, blocks, records
from edge.buffer.migrations import Legacy, migrate
from edge.buffer.places import INSERT_BLOCK, end_of, place_of, seq_of
from edge.ports import LaneState, Run

THINNED = "the gateway's store was full: its oldest readings were thinned out"
NO_LONGER_KEPT = "no longer kept by the gateway"
DAMAGED = "damaged on the gateway's disk (checksum)"
TRIM_BLOCKS = 500
MAX_PAGES = 2**30
RESERVE_BYTES = 1024 * 1024
CAPPED_CHECKPOINT_PAGES = 32
WAL_BYTES = 4 * 1024 * 1024
"""The write-ahead log keeps this much of the disk, so that even a full disk has room for a delete."""
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=5000",
    "auto_vacuum=NONE",
    "mmap_size=0",
    "wal_autocheckpoint=1000",
    f"journal_size_limit={WAL_BYTES}",
)
SELECT_BLOCKS = "SELECT place, count, crc32, body FROM block WHERE place >= ? AND place < ? ORDER BY place"


class OutboxDamagedError(RuntimeError):
    """Bits of the file have changed; it is to be set aside."""


@dataclass(slots=True)
class Position:
    """Where a lane stands. fork: below it, numbers are the cloud's own beyond doubt (lives.py)."""

    acknowledged: int = -1
    next_seq: int = 0
    fork: int = 0
    thinned_below: int = 0
    trimmed_below: int = 0


class Store:
    """One SQLite file with the blocks and the marks of both lanes."""

    def __init__(self, path: Path, steady_s: Callable[[], float], epoch: str | None = None) -> None:
        """Open, migrate and check the file; a new one gets `epoch`, or one of its own.

        Raises sqlite3.Error, OSError or OutboxFromTheFutureError.
        """
        self.path = path
        database = Database(path)
        self._database, self._conn = database, database.conn
        self._steady_s = steady_s
        self._is_capped = False
        try:
            self._open(database, path, epoch)
        except BaseException:
            self._conn.close()
            raise

    def _open(self, database: Database, path: Path, epoch: str | None) -> None:
        self._conn.isolation_level = None
        for pragma in PRAGMAS:
            self._conn.execute(f"PRAGMA {pragma}")
        migrate(database, path)
        with self._transaction():
            self._conn.executemany(
                "INSERT OR IGNORE INTO mark (lane, acknowledged, next) VALUES (?, -1, 0)",
                [(lane.value,) for lane in Lane],
            )
            self._begin_life(epoch or secrets.token_hex(16))
        self._load()

    def _begin_life(self, epoch: str) -> None:
        """Name a file that has no name yet."""
        values = [("epoch", epoch), ("epoch_crc32", str(crc32(epoch.encode())))]
        if self._conn.execute("SELECT 1 FROM meta WHERE key = 'epoch'").fetchone() is None:
            self._conn.executemany("INSERT INTO meta VALUES (?, ?)", values)

    def _load(self) -> None:
        kept = self.meta()
        self.epoch = kept["epoch"]
        if kept.setdefault("epoch_crc32", str(crc32(self.epoch.encode()))) != str(crc32(self.epoch.encode())):
            raise OutboxDamagedError(f"{self.path}: the name of its epoch has changed")
        self._lived_s = float(kept.get("lived_s", "0"))
        self._opened_s = self._steady_s()
        self._reached: list[tuple[str, float, int]] = []
        self.positions = {lane: self._position(lane, kept) for lane in Lane}
        self._legacy = Legacy(self._conn, self.epoch)
        if not self._legacy.is_done and all(self._legacy.lowest(lane) is None for lane in Lane):
            self.carry()

    def _position(self, lane: Lane, kept: Mapping[str, str]) -> Position:
        row = self._conn.execute(
            "SELECT acknowledged, next, fork, crc32 FROM mark WHERE lane = ?", (lane.value,)
        ).fetchone()
        if row is None or (row[3] is not None and row[3] != mark_checksum(lane, *row[:3])):
            raise OutboxDamagedError(f"{self.path}: the mark of {lane.value} has changed")
        thinned, trimmed = (
            int(kept.get(f"{word}_below_{lane.value}", "0")) for word in ("thinned", "trimmed")
        )
        return Position(row[0], row[1], row[2], thinned, trimmed)

    def close(self) -> None:
        """Close; safe to call twice."""
        self._conn.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._conn.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._conn.execute("COMMIT")
        except BaseException:
            if self._conn.in_transaction:
                self._conn.execute("ROLLBACK")
            raise

    @property
    def lived_s(self) -> float:
        """How long this file has been open in all, s: a clock that nobody can set."""
        return self._lived_s + self._steady_s() - self._opened_s

    def meta(self) -> dict[str, str]:
        """Return what is kept beside the records."""
        return dict(self._conn.execute("SELECT key, value FROM meta"))

    def note(self, **values: object) -> None:
        """Keep something beside the records, durably."""
        with self._transaction():
            self._note(values)

    def _note(self, values: Mapping[str, object]) -> None:
        self._conn.executemany(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)", [(key, str(value)) for key, value in values.items()]
        )

    def append(self, bodies: Mapping[Lane, Sequence[bytes]]) -> dict[Lane, int]:
        """Commit records and the marks in one transaction; durable when it returns (each first number).

        After a failure nothing has happened for the caller: the same records, and more, may come again.
        """
        made = {
            lane: list(blocks(self.epoch, lane.value, self.positions[lane].next_seq, some))
            for lane, some in bodies.items()
        }
        after = {lane: self.positions[lane].next_seq + len(some) for lane, some in bodies.items()}
        with self._transaction():
            self._conn.executemany(
                INSERT_BLOCK,
                [
                    (place_of(lane, block.first_seq), self.epoch, *block[1:])
                    for lane, some in made.items()
                    for block in some
                ],
            )
            self._save_marks(after)
        firsts = {lane: self.positions[lane].next_seq for lane in bodies}
        for lane, following in after.items():
            self.positions[lane].next_seq = following
        self._reached.clear()
        return firsts

    def put(self, lane: Lane, block: Block) -> None:
        """Take over a sound block of another file of the same epoch as it is."""
        with self._transaction():
            place = place_of(lane, block.first_seq)
            self._conn.execute(INSERT_BLOCK, (place, self.epoch, *block[1:]))

    def set_position(self, lane: Lane, acknowledged: int, next_seq: int) -> None:
        """Set where a lane stands: for a file made from another."""
        position = self.positions[lane]
        position.acknowledged, position.next_seq = acknowledged, next_seq
        self.save()

    def acknowledge(self, lane: Lane, mark: int, every_s: float) -> None:
        """Note that the cloud has committed up to `mark`; less than before is a rewind.

        Not durable by itself: it goes with the next commit or save(); the cloud says it again.
        When which mark was reached is noted every `every_s`, for trim().
        """
        position = self.positions[lane]
        if mark < position.acknowledged:
            with self._transaction():
                self._conn.execute(
                    "DELETE FROM reached WHERE lane = ? AND acknowledged > ?", (lane.value, mark)
                )
            self._reached = [one for one in self._reached if one[0] != lane.value]
        position.acknowledged = mark
        last_s = max((at_s for name, at_s, _ in self._reached if name == lane.value), default=None)
        if last_s is None:
            last_s = self._conn.execute(
                "SELECT max(lived_s) FROM reached WHERE lane = ?", (lane.value,)
            ).fetchone()[0]
        if last_s is None or self.lived_s - last_s >= every_s:
            self._reached.append((lane.value, self.lived_s, mark))

    def save(self) -> None:
        """Make the marks durable."""
        with self._transaction():
            self._save_marks({})
        self._reached.clear()

    def _save_marks(self, after: Mapping[Lane, int]) -> None:
        for lane, position in self.positions.items():
            values = (position.acknowledged, after.get(lane, position.next_seq), position.fork)
            self._conn.execute(
                "UPDATE mark SET acknowledged = ?, next = ?, fork = ?, crc32 = ? WHERE lane = ?",
                (*values, mark_checksum(lane, *values), lane.value),
            )
        if self._reached:
            self._conn.executemany("INSERT OR REPLACE INTO reached VALUES (?, ?, ?)", self._reached)
            self._note({"lived_s": self.lived_s})

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
        with self._transaction():
            return self._legacy.carry()

    def trim(self, keep_s: float) -> int:
        """Delete up to TRIM_BLOCKS per lane of what was acknowledged keep_s ago; return how many records."""
        trimmed = 0
        for lane, position in self.positions.items():
            reached = self._conn.execute(
                "SELECT max(acknowledged) FROM reached WHERE lane = ? AND lived_s <= ?",
                (lane.value, self.lived_s - keep_s),
            ).fetchone()[0]
            if keep_s <= 0:
                reached = position.acknowledged
            if reached is not None:
                trimmed += self._trim_lane(lane, min(int(reached), position.acknowledged))
        return trimmed

    def _trim_lane(self, lane: Lane, mark: int) -> int:
        rows = self._conn.execute(
            "SELECT place, count FROM block WHERE place >= ? AND place <= ? ORDER BY place LIMIT ?",
            (place_of(lane, 0), place_of(lane, max(0, mark)), TRIM_BLOCKS),
        ).fetchall()
        whole = [(place, count) for place, count in rows if seq_of(place) + count - 1 <= mark]
        if not whole:
            return 0
        end_seq = seq_of(whole[-1][0]) + whole[-1][1]
        with self._transaction():
            self._conn.execute(
                "DELETE FROM block WHERE place >= ? AND place <= ?", (place_of(lane, 0), whole[-1][0])
            )
            self._conn.execute(
                "DELETE FROM reached WHERE lane = ? AND acknowledged < ?", (lane.value, end_seq - 1)
            )
            self._note({f"trimmed_below_{lane.value}": end_seq, "lived_s": self.lived_s})
        self.positions[lane].trimmed_below = end_seq
        return sum(count for _, count in whole)

    def waiting_blocks(self, from_seq: int, limit: int) -> list[tuple[int, int]]:
        """Return (first number, count) of the states that wait from a number on, in order."""
        lane = Lane.STATES
        from_seq = max(from_seq, self.positions[lane].acknowledged + 1)
        rows = self._conn.execute(
            "SELECT place, count FROM block WHERE place >= ? AND place < ? ORDER BY place LIMIT ?",
            (place_of(lane, from_seq), end_of(lane), limit),
        )
        return [(seq_of(place), count) for place, count in rows]

    def drop(self, first_seqs: Sequence[int], below: int, **values: object) -> None:
        """Give up the blocks of states that begin at these numbers; all of them lie below `below`."""
        position = self.positions[Lane.STATES]
        thinned_below = max(position.thinned_below, below)
        with self._transaction():
            self._conn.executemany(
                "DELETE FROM block WHERE place = ?", [(place_of(Lane.STATES, seq),) for seq in first_seqs]
            )
            self._note({f"thinned_below_{Lane.STATES.value}": thinned_below, **values})
        position.thinned_below = thinned_below

    def cut(self, lane: Lane, from_seq: int) -> list[bytes]:
        """Take the records from a number on out of the file, to be numbered elsewhere; return them."""
        taken = [body for _, body in self.bodies_after(lane, from_seq - 1)]
        kept = [body for seq, body in self.bodies_after(lane, from_seq - 257) if seq < from_seq]
        head = next((block for block in self.blocks_from(lane, from_seq) if block.first_seq < from_seq), None)
        with self._transaction():
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
            self._save_marks({})
        return taken

    def used_bytes(self) -> int:
        """Bytes of the file that hold something (freed pages are used again), and of its wal and shm."""
        pages, free, size = (
            int(self._conn.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size + sum(_size(beside) for beside in companions(self.path))

    def is_empty(self) -> bool:
        """Whether nothing is kept any more."""
        return self._legacy.is_done and self._conn.execute("SELECT 1 FROM block LIMIT 1").fetchone() is None

    def reserve(self, size: int = RESERVE_BYTES) -> None:
        """Give the file free pages and its log length, while there is room: work on a full disk needs both.

        Raises sqlite3.Error on a disk that is full already.
        """
        if _size(companions(self.path)[0]) >= size:
            return
        place = place_of(Lane.STATES, 0) - 1
        with self._transaction():
            self._conn.execute(INSERT_BLOCK, (place, "", 0, 0, bytes(size)))
        with self._transaction():
            self._conn.execute("DELETE FROM block WHERE place = ?", (place,))
        self._conn.execute("PRAGMA wal_checkpoint(RESTART)")

    def cap(self) -> None:
        """Let neither the file nor its log grow any more: the disk is full, freed pages are what there is.

        The log is brought into the file after every few pages, and keeps its place on the disk.
        """
        self._conn.execute("PRAGMA wal_checkpoint(RESTART)")
        pages = int(self._conn.execute("PRAGMA page_count").fetchone()[0])
        self._conn.execute(f"PRAGMA max_page_count = {pages}")
        self._conn.execute(f"PRAGMA wal_autocheckpoint = {CAPPED_CHECKPOINT_PAGES}")
        self._is_capped = True

    def uncap(self) -> None:
        """Let it grow again."""
        if self._is_capped:
            self._conn.execute(f"PRAGMA max_page_count = {MAX_PAGES}")
            self._conn.execute("PRAGMA wal_autocheckpoint = 1000")
            self._is_capped = False


def mark_checksum(lane: Lane, acknowledged: int, following: int, fork: int) -> int:
    """Return the crc32 of a lane's mark: a wrong mark would lose records without a trace."""
    return crc32(f"{lane.value}/{acknowledged}/{following}/{fork}".encode())


def is_damage(error: Exception) -> bool:
    """Whether an error says that the file itself is broken, not that the disk is full or busy."""
    if isinstance(error, OutboxDamagedError):
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def is_full(error: Exception) -> bool:
    """Whether an error says that the disk, or the quota, is full."""
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF == sqlite3.SQLITE_FULL


def companions(path: Path) -> tuple[Path, Path]:
    """Return the files that SQLite keeps beside a database."""
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


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
