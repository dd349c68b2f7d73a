"""Where each lane of an outbox file stands, and what else is kept beside the records. One thread only."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from contract.records import Lane
from edge.buffer.damage import OutboxDamagedError
from edge.buffer.pages import transaction


@dataclass(slots=True)
class Position:
    """Where a lane stands. fork: below it, numbers are the cloud's own beyond doubt (lives.py)."""

    acknowledged: int = -1
    next_seq: int = 0
    fork: int = 0
    thinned_below: int = 0
    trimmed_below: int = 0


class Marks:
    """The marks of both lanes; durable with the next commit, or with save()."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, steady_s: Callable[[], float], epoch: str
    ) -> None:
        """Read them; a file without a name gets `epoch`. Raises OutboxDamagedError or sqlite3.Error."""
        self._conn, self._steady_s = connection, steady_s
        with transaction(connection):
            connection.executemany(
                "INSERT OR IGNORE INTO mark (lane, acknowledged, next) VALUES (?, -1, 0)",
                [(lane.value,) for lane in Lane],
            )
            if connection.execute("SELECT 1 FROM meta WHERE key = 'epoch'").fetchone() is None:
                values = [("epoch", epoch), ("epoch_crc32", str(crc32(epoch.encode())))]
                connection.executemany("INSERT INTO meta VALUES (?, ?)", values)
        kept = self.meta()
        self.epoch = kept["epoch"]
        if kept.setdefault("epoch_crc32", str(crc32(self.epoch.encode()))) != str(crc32(self.epoch.encode())):
            raise OutboxDamagedError(f"{path}: the name of its epoch has changed")
        self._lived_s, self._opened_s = float(kept.get("lived_s", "0")), steady_s()
        self._reached: list[tuple[str, float, int]] = []
        self.positions = {lane: self._position(path, lane, kept) for lane in Lane}

    def _position(self, path: Path, lane: Lane, kept: Mapping[str, str]) -> Position:
        row = self._conn.execute(
            "SELECT acknowledged, next, fork, crc32 FROM mark WHERE lane = ?", (lane.value,)
        ).fetchone()
        if row is None or (row[3] is not None and row[3] != mark_checksum(lane, *row[:3])):
            raise OutboxDamagedError(f"{path}: the mark of {lane.value} has changed")
        thinned, trimmed = (
            int(kept.get(f"{word}_below_{lane.value}", "0")) for word in ("thinned", "trimmed")
        )
        return Position(row[0], row[1], row[2], thinned, trimmed)

    @property
    def lived_s(self) -> float:
        """How long this file has been open in all, s: a clock that nobody can set."""
        return self._lived_s + self._steady_s() - self._opened_s

    def meta(self) -> dict[str, str]:
        """Return what is kept beside the records."""
        return dict(self._conn.execute("SELECT key, value FROM meta"))

    def note(self, **values: object) -> None:
        """Keep something beside the records, durably."""
        with transaction(self._conn):
            self.put(values)

    def put(self, values: Mapping[str, object]) -> None:
        """Keep something beside the records, inside the caller's transaction."""
        self._conn.executemany(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)", [(key, str(value)) for key, value in values.items()]
        )

    def acknowledge(self, lane: Lane, mark: int, every_s: float) -> None:
        """Note that the cloud has committed up to `mark`; less than before is a rewind.

        Not durable by itself: it goes with the next commit or save(); the cloud says it again.
        When which mark was reached is noted every `every_s`, for trim().
        """
        position = self.positions[lane]
        if mark < position.acknowledged:
            with transaction(self._conn):
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
        with transaction(self._conn):
            self.write({})
        self.written()

    def written(self) -> None:
        """The transaction that wrote them has been committed."""
        self._reached.clear()

    def write(self, after: Mapping[Lane, int]) -> None:
        """Write marks, and numbers that follow a commit, inside the caller's transaction."""
        for lane, position in self.positions.items():
            values = (position.acknowledged, after.get(lane, position.next_seq), position.fork)
            self._conn.execute(
                "UPDATE mark SET acknowledged = ?, next = ?, fork = ?, crc32 = ? WHERE lane = ?",
                (*values, mark_checksum(lane, *values), lane.value),
            )
        if self._reached:
            self._conn.executemany("INSERT OR REPLACE INTO reached VALUES (?, ?, ?)", self._reached)
            self.put({"lived_s": self.lived_s})

    def reached(self, lane: Lane, keep_s: float) -> int | None:
        """Return the mark that was reached keep_s ago; None where that is not known."""
        if keep_s <= 0:
            return self.positions[lane].acknowledged
        row = self._conn.execute(
            "SELECT max(acknowledged) FROM reached WHERE lane = ? AND lived_s <= ?",
            (lane.value, self.lived_s - keep_s),
        ).fetchone()
        return None if row[0] is None else int(row[0])


def mark_checksum(lane: Lane, acknowledged: int, following: int, fork: int) -> int:
    """Return the crc32 of a lane's mark: a wrong mark would lose records without a trace."""
    return crc32(f"{lane.value}/{acknowledged}/{following}/{fork}".encode())
