"""The tables of the outbox and how an older file becomes a newer one, forwards only, while it is in use.

A step changes the schema in one short transaction. What is long (the records of version 1) is carried over
later, a piece at a time, between commits (Legacy); until then it is read through the same door.
"""

from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection
from zlib import crc32

from sqlite_utils import Database

from contract.records import Lane
from edge.buffer.blocks import MAX_BLOCK_ROWS, blocks
from edge.buffer.places import INSERT_BLOCK, place_of

SCHEMA_VERSION = 2
PIECE_ROWS = MAX_BLOCK_ROWS


class OutboxFromTheFutureError(RuntimeError):
    """The file was written by newer software."""

    def __init__(self, path: Path, version: int) -> None:
        super().__init__(
            f"{path} has schema {version}, this software knows {SCHEMA_VERSION}: "
            "install the newer version again, or move the file away to start an empty outbox"
        )


def migrate(database: Database, path: Path) -> None:
    """Bring the file to SCHEMA_VERSION, one transaction per step. Raises OutboxFromTheFutureError."""
    version = int(database.conn.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        raise OutboxFromTheFutureError(path, version)
    for step in range(version + 1, SCHEMA_VERSION + 1):
        with database.atomic():
            _STEPS[step](database)
            database.conn.execute(f"PRAGMA user_version = {step}")


def _first(database: Database) -> None:
    """Version 1 kept a row per record; a new file gets the same, so that there is one way to version 2."""
    database.table("meta").create({"key": str, "value": str}, pk="key", not_null={"value"}, strict=True)
    database.execute(
        "CREATE TABLE record (lane TEXT NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL, "
        "crc32 INTEGER NOT NULL, accepted_at REAL NOT NULL, PRIMARY KEY (lane, seq)) STRICT, WITHOUT ROWID"
    )
    columns = {"lane": str, "acknowledged": int, "next": int}
    database.table("mark").create(columns, pk="lane", not_null={"acknowledged", "next"}, strict=True)


def _second(database: Database) -> None:
    """Blocks instead of rows; marks with their fork and a checksum; when which mark was reached."""
    columns = {"place": int, "epoch": str, "count": int, "crc32": int, "body": bytes}
    database.table("block").create(columns, pk="place", not_null=set(columns) - {"place"}, strict=True)
    database.table("mark").add_column("fork", int, not_null_default=0)
    database.table("mark").add_column("crc32", int)
    database.execute("UPDATE mark SET fork = next")
    database.table("reached").create(
        {"lane": str, "lived_s": float, "acknowledged": int}, pk=("lane", "lived_s"), strict=True
    )
    database.rename_table("record", "legacy")


_STEPS: dict[int, Callable[[Database], None]] = {1: _first, 2: _second}


class Legacy:
    """The records of version 1 that are not blocks yet."""

    def __init__(self, connection: Connection, epoch: str) -> None:
        self._conn, self._epoch = connection, epoch
        self.is_done = not self._conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'legacy'").fetchone()

    def lowest(self, lane: Lane) -> int | None:
        """Return the lowest number of a lane that is still to be carried over."""
        if self.is_done:
            return None
        row = self._conn.execute("SELECT min(seq) FROM legacy WHERE lane = ?", (lane.value,)).fetchone()
        return None if row[0] is None else int(row[0])

    def carry(self) -> int:
        """Carry over one piece of each lane, inside the caller's transaction; return how many rows."""
        carried = 0 if self.is_done else sum(self._carry(lane) for lane in Lane)
        if not self.is_done and not carried:
            self._conn.execute("DROP TABLE legacy")
            self.is_done = True
        return carried

    def _carry(self, lane: Lane) -> int:
        rows = self._conn.execute(
            "SELECT seq, body, crc32 FROM legacy WHERE lane = ? ORDER BY seq LIMIT ?",
            (lane.value, PIECE_ROWS),
        ).fetchall()
        sound = [(seq, body) for seq, body, checksum in rows if crc32(body) == checksum]
        while sound:
            first_seq = sound[0][0]
            run = [body for at, (seq, body) in enumerate(sound) if seq == first_seq + at]
            for block in blocks(self._epoch, lane.value, first_seq, run):
                place = place_of(lane, block.first_seq)
                self._conn.execute(INSERT_BLOCK, (place, self._epoch, *block[1:]))
            sound = sound[len(run) :]
        if rows:
            self._conn.execute("DELETE FROM legacy WHERE lane = ? AND seq <= ?", (lane.value, rows[-1][0]))
        return len(rows)
