"""Saves what can be read of a damaged outbox file, a piece at a time. Owns nothing that is in use.

The sound blocks (crc32) go into a fresh file of the same epoch under their own numbers. Where numbers are
missing between them, sending that file declares a gap: what is lost is said, and nothing is given out twice.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from contract.records import Lane
from edge.buffer.blocks import Block, records
from edge.buffer.marks import mark_checksum
from edge.buffer.places import end_of, lane_of, place_of, seq_of
from edge.buffer.store import Store

PIECE_BLOCKS = 200
MAX_SPOTS = 10_000
"""Damaged spots of one file; past this the rest is given up."""
Row = tuple[int, str, int, int, bytes]


@dataclass(slots=True)
class Found:
    """What a salvage brought out."""

    epoch: str | None = None
    records: int = 0
    damaged_blocks: int = 0
    ends: dict[Lane, int] = field(default_factory=dict)
    begins: dict[Lane, int] = field(default_factory=dict)


def salvage(damaged: Path, rescued: Path, steady_s: Callable[[], float]) -> Iterator[Found]:
    """Yield how far it is after each piece; the file `rescued` is whole when the generator ends.

    A file of which nothing can be read yields a Found without an epoch, and there is no `rescued`.
    """
    found = Found()
    with closing(_opened(damaged)) as connection:
        found.epoch = _epoch(connection)
        if found.epoch is None:
            yield found
            return
        for beside in (rescued, *(rescued.with_name(rescued.name + end) for end in ("-wal", "-shm"))):
            beside.unlink(missing_ok=True)
        with closing(Store(rescued, steady_s, found.epoch)) as store:
            for lane in Lane:
                for piece in _pieces(connection, lane):
                    _take(store, lane, piece, found)
                    yield found
            _set_marks(connection, store, found)
    yield found


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError:
        connection.close()
        return sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True, isolation_level=None)
    return connection


def _epoch(connection: sqlite3.Connection) -> str | None:
    """The epoch that most blocks carry; of a file without blocks that can be read, the one it says it has."""
    names: Counter[str] = Counter()
    with suppress(sqlite3.DatabaseError):
        for (name,) in connection.execute("SELECT epoch FROM block LIMIT 1000"):
            names[name] += 1
    if names:
        return names.most_common(1)[0][0]
    with suppress(sqlite3.DatabaseError):
        row = connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
        return str(row[0]) if row else None
    return None


def _pieces(connection: sqlite3.Connection, lane: Lane) -> Iterator[list[Row]]:
    """Yield the rows of a lane that can be read at all, going round the spots that cannot."""
    place, end, spots = place_of(lane, 0), end_of(lane), 0
    while place < end and spots < MAX_SPOTS:
        rows, is_whole = _rows(connection, place, end)
        if rows:
            yield rows
            place = rows[-1][0] + 1
        if is_whole and len(rows) < PIECE_BLOCKS:
            return
        if not is_whole:
            spots += 1
            place = _beyond(connection, place, end)


def _rows(connection: sqlite3.Connection, place: int, end: int) -> tuple[list[Row], bool]:
    rows: list[Row] = []
    try:
        for row in connection.execute(
            "SELECT place, epoch, count, crc32, body FROM block WHERE place >= ? AND place < ? "
            "ORDER BY place LIMIT ?",
            (place, end, PIECE_BLOCKS),
        ):
            rows.append(row)  # noqa: PERF402 (what came before an error counts)
    except sqlite3.DatabaseError:
        return rows, False
    return rows, True


def _beyond(connection: sqlite3.Connection, place: int, end: int) -> int:
    """The lowest place after a damaged spot from which something can be read: by doubling, then halving."""
    step = 1
    while place + step < end and not _is_readable(connection, place + step, end):
        step *= 2
    low, high = place + step // 2, min(end, place + step)
    while high - low > 1:
        middle = (low + high) // 2
        if _is_readable(connection, middle, end):
            high = middle
        else:
            low = middle
    return high


def _is_readable(connection: sqlite3.Connection, place: int, end: int) -> bool:
    try:
        row = connection.execute(
            "SELECT place, body FROM block WHERE place >= ? AND place < ? ORDER BY place LIMIT 1",
            (place, end),
        ).fetchone()
    except sqlite3.DatabaseError:
        return False
    return row is not None


def _take(store: Store, lane: Lane, rows: list[Row], found: Found) -> None:
    for place, epoch, count, checksum, body in rows:
        block = Block(seq_of(place), count, checksum, body)
        is_sound = lane_of(place) is lane and epoch == store.epoch and isinstance(body, bytes)
        if not is_sound or records(store.epoch, lane.value, block) is None:
            found.damaged_blocks += 1
            continue
        store.put(lane, block)
        found.records += count
        found.begins.setdefault(lane, block.first_seq)
        found.ends[lane] = block.end_seq


def _set_marks(connection: sqlite3.Connection, store: Store, found: Found) -> None:
    """Take over the marks that can be believed; else what was found is all there is."""
    for lane in Lane:
        acknowledged, following = found.begins.get(lane, 0) - 1, found.ends.get(lane, 0)
        with suppress(sqlite3.DatabaseError):
            row = connection.execute(
                "SELECT acknowledged, next, fork, crc32 FROM mark WHERE lane = ?", (lane.value,)
            ).fetchone()
            if row is not None and row[3] == mark_checksum(lane, *row[:3]):
                acknowledged, following = row[0], max(row[1], following)
        store.set_position(lane, acknowledged, following)
    for word in ("thinned_below_states", "trimmed_below_states", "trimmed_below_movements"):
        with suppress(sqlite3.DatabaseError):
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (word,)).fetchone()
            if row is not None and str(row[0]).isdecimal():
                store.marks.note(**{word: row[0]})
