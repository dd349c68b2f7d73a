"""The only caller of readings/queries.sql, and the only writer of readings, movements, health and marks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from cloud.db.pool import BEGIN, COMMIT, Connection, Database
from cloud.db.queries import load_queries
from cloud.readings.codes import TIME_UNKNOWN
from cloud.readings.rows import (
    HEALTH_COLUMNS,
    HEALTH_TYPES,
    MOVEMENT_COLUMNS,
    MOVEMENT_TYPES,
    READING_COLUMNS,
    health_values,
    movement_values,
    reading_block,
    sighting_values,
)
from cloud.readings.schemas import GapRow, HealthRow, MovementRow, Position, QuarantineRow, SortedBatch
from cloud.readings.teller import CHANNEL

SIGHTINGS_KEPT = timedelta(days=35)
MAX_GAPS = 1_000
"""Of one gateway; older ones are dropped, gateway_state.given_up counts all positions."""

Dated = TypeVar("Dated", MovementRow, HealthRow)

_sql = load_queries(Path(__file__).parent)
_COPY = {
    name + suffix: f"COPY {name}{suffix} ({columns}) FROM STDIN (FORMAT BINARY)".encode()
    for name, columns in (
        ("reading", READING_COLUMNS),
        ("movement", MOVEMENT_COLUMNS),
        ("health", HEALTH_COLUMNS),
    )
    for suffix in ("", "_waiting")
}
"""What has no time yet waits in a plain table of the same columns."""
_COPY_SIGHTINGS = f"COPY sighting ({HEALTH_COLUMNS}) FROM STDIN (FORMAT BINARY)".encode()


class ReadingsRepo:
    """Writes batches; what takes a connection works inside its caller's transaction."""

    def __init__(self, database: Database, quarantine_rows: int) -> None:
        self._database = database
        self._quarantine_rows = quarantine_rows

    async def begin(self, connection: Connection, position: Position) -> int:
        """Begin the transaction, lock a lane until it ends, return its mark: -1 for a lane that is new."""
        names = _names(position)
        async with connection.pipeline():
            await connection.execute(BEGIN)
            cursor = await connection.execute(_sql["lock_mark"], names)
            row = await cursor.fetchone()
        if row is None:
            await connection.execute(_sql["begin_mark"], names)
            row = await (await connection.execute(_sql["lock_mark"], names)).fetchone()
            assert row is not None, "a mark that was just begun is there"
        return int(row["seq"])

    async def move_mark(self, connection: Connection, position: Position, seq: int) -> None:
        """Set the mark."""
        await connection.execute(_sql["move_mark"], {**_names(position), "seq": seq})

    async def copy(
        self, connection: Connection, position: Position, received_at: datetime, batch: SortedBatch
    ) -> None:
        """Put the records of a batch into their tables."""
        waits = batch.readings.time_quality == TIME_UNKNOWN
        for table, chosen in (("reading", ~waits), ("reading_waiting", waits)):
            if chosen.any():
                rows = batch.readings if chosen.all() else batch.readings.where(chosen)
                async with connection.cursor().copy(_COPY[table]) as copy:
                    await copy.write(reading_block(rows, position, received_at))
        for table, movements in _by_table("movement", batch.movements):
            values = [movement_values(row, position, received_at) for row in movements]
            await self._copy_rows(connection, _COPY[table], MOVEMENT_TYPES, values)
        for table, healths in _by_table("health", batch.healths):
            values = [health_values(row, position, received_at) for row in healths]
            await self._copy_rows(connection, _COPY[table], HEALTH_TYPES, values)
        sightings = [sighting_values(row, position, received_at) for row in batch.sightings]
        await self._copy_rows(connection, _COPY_SIGHTINGS, HEALTH_TYPES, sightings)

    async def forget_sightings(self, connection: Connection, position: Position, now: datetime) -> None:
        """Let go of a gateway's sightings that are older than SIGHTINGS_KEPT."""
        values = {"gateway_no": position.gateway_no, "before": now - SIGHTINGS_KEPT}
        await connection.execute(_sql["forget_sightings"], values)

    async def note_gap(self, connection: Connection, position: Position, now: datetime, gap: GapRow) -> None:
        """Keep which positions were given up; only the newest MAX_GAPS of a gateway stay."""
        reason = gap.reason.replace("\0", "")
        span = {"from_seq": gap.from_seq, "to_seq": gap.to_seq, "reason": reason}
        values = {**span, "now": now, "keep": MAX_GAPS}
        await connection.execute(_sql["note_gap"], {**_names(position), **values})
        await connection.execute(_sql["forget_gaps"], {**_names(position), **values})

    async def quarantine(
        self, connection: Connection, position: Position, now: datetime, rows: Sequence[QuarantineRow]
    ) -> None:
        """Keep bad records; only the newest of a gateway stay."""
        values = {
            "seqs": [row.seq for row in rows],
            "reasons": [row.bad.reason for row in rows],
            "records": [row.bad.record for row in rows],
            "now": now,
            "keep": self._quarantine_rows,
        }
        await connection.execute(_sql["quarantine"], {**_names(position), **values})
        await connection.execute(_sql["forget_quarantined"], {**_names(position), **values})

    async def commit(self, connection: Connection) -> None:
        """Commit the transaction that begin() began."""
        await connection.execute(COMMIT)

    async def notify(self, payloads: list[str]) -> None:
        """Tell who listens, outside any transaction."""
        await self._database.row(_sql["notify"], {"channel": CHANNEL, "payloads": payloads})

    async def _copy_rows(
        self,
        connection: Connection,
        statement: bytes,
        types: Sequence[str],
        rows: Sequence[tuple[Any, ...]],
    ) -> None:
        if not rows:
            return
        async with connection.cursor().copy(statement) as copy:
            copy.set_types(types)
            for row in rows:
                await copy.write_row(row)


def _by_table(name: str, rows: Sequence[Dated]) -> list[tuple[str, list[Dated]]]:
    """Return (table, rows): those that have a time, and those that wait for one."""
    waiting = [row for row in rows if row.stamp.time_quality == TIME_UNKNOWN]
    dated = [row for row in rows if row.stamp.time_quality != TIME_UNKNOWN]
    return [(name, dated), (f"{name}_waiting", waiting)]


def _names(position: Position) -> dict[str, Any]:
    return {"gateway_no": position.gateway_no, "epoch": position.epoch, "lane": position.lane}
