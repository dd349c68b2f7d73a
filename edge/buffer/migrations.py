"""The tables of the outbox and how an older file becomes a newer one. Knows nothing of records."""

from pathlib import Path

from sqlite_utils import Database

SCHEMA_VERSION = 1

_STEPS: dict[int, str] = {
    1: """
       CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
       CREATE TABLE record (
           lane TEXT NOT NULL,
           seq INTEGER NOT NULL,
           body BLOB NOT NULL,
           crc32 INTEGER NOT NULL,
           accepted_at REAL NOT NULL,
           PRIMARY KEY (lane, seq)
       ) STRICT, WITHOUT ROWID;
       CREATE TABLE mark (lane TEXT PRIMARY KEY, acknowledged INTEGER NOT NULL, next INTEGER NOT NULL) STRICT;
       """,
}


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
        database.conn.executescript(f"BEGIN IMMEDIATE; {_STEPS[step]} PRAGMA user_version = {step}; COMMIT;")
