"""What the database knows of a gateway's time: boots, ties, anchors; and rows that get their time later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.readings.columns import EARLIEST, MAX_AHEAD, instant_of
from cloud.readings.placing import Bounds, KnownBoot, Timeline
from cloud.readings.schemas import AnchorRow, Position
from contract.timeline import CONTRADICTION_S, DRIFT_PPM, Tie, believed

MAX_BOOTS = 200
"""Of one gateway that are looked at; rows of older boots keep the times they have."""
_SETTLE = ("settle_readings", "settle_movements", "settle_health")

_sql = load_queries(Path(__file__).parent)


@dataclass(frozen=True, slots=True)
class BootNote:
    """What one batch says of one boot."""

    boot_id: bytes
    boot_no: int
    last_ns: int
    unsure: bool = False
    waits: bool = False
    unsure_from: datetime | None = None
    unsure_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class BootTie:
    """A tie, and of which boot it is."""

    boot_id: bytes
    tie: Tie


@dataclass(frozen=True, slots=True)
class Settled:
    """What got another time: how many rows, which movements, and where they lie now."""

    rows: int = 0
    movement_ids: tuple[str, ...] = ()
    first_at: datetime | None = None
    last_at: datetime | None = None


class TimesRepo:
    """Every method works inside its caller's transaction."""

    async def lock(self, connection: Connection, gateway_no: int) -> None:
        """Wait until no other lane of this gateway changes what is known of its time."""
        await connection.execute(_sql["lock_times"], {"gateway_no": gateway_no})

    async def note_boots(
        self, connection: Connection, gateway_no: int, now: datetime, notes: Sequence[BootNote]
    ) -> None:
        """Keep how long boots lasted, and whether they have rows that are not sure."""
        values = {
            "boot_ids": [UUID(bytes=note.boot_id) for note in notes],
            "boot_nos": [note.boot_no for note in notes],
            "last_ns": [note.last_ns for note in notes],
            "unsure": [note.unsure for note in notes],
            "waits": [note.waits for note in notes],
            "unsure_from": [note.unsure_from for note in notes],
            "unsure_to": [note.unsure_to for note in notes],
        }
        await connection.execute(_sql["note_boots"], {"gateway_no": gateway_no, "now": now, **values})

    async def note_ties(self, connection: Connection, gateway_no: int, ties: Sequence[BootTie]) -> None:
        """Keep ties, the cloud's own apart from all others; of each hour of a boot the best."""
        for query, is_clouds in (("note_ties", False), ("note_witnesses", True)):
            chosen = [each for each in ties if each.tie.is_clouds is is_clouds]
            values = {
                "boot_ids": [UUID(bytes=each.boot_id) for each in chosen],
                "boottimes": [each.tie.boottime_ns for each in chosen],
                "utcs": [each.tie.utc_at for each in chosen],
                "errors": [each.tie.error_s for each in chosen],
            }
            if chosen:
                await connection.execute(_sql[query], {"gateway_no": gateway_no, **values})

    async def timeline(self, connection: Connection, gateway_no: int, now: datetime) -> Timeline:
        """Return the newest boots of a gateway."""
        cursor = await connection.execute(_sql["boots"], {"gateway_no": gateway_no, "limit": MAX_BOOTS})
        return Timeline([_boot(row) for row in await cursor.fetchall()], now)

    async def keep_anchors(
        self, connection: Connection, position: Position, received_at: datetime, rows: Sequence[AnchorRow]
    ) -> None:
        """Keep anchors as records."""
        anchors = [
            {
                **row.anchor.model_dump(mode="json", exclude={"kind"}),
                "seq": row.stamp.seq,
                "received_at": received_at.isoformat(),
                "boot_no": row.stamp.record.boot_no,
                "boot_id": row.stamp.record.boot_id,
                "boottime_ns": row.stamp.record.boottime_ns,
            }
            for row in rows
        ]
        names = {"gateway_no": position.gateway_no, "epoch": position.epoch, "lane": position.lane}
        await connection.execute(_sql["keep_anchors"], {**names, "anchors": Jsonb(anchors)})

    async def settle(
        self,
        connection: Connection,
        gateway_no: int,
        boot: KnownBoot,
        *,
        bounds: Bounds | None,
        scale_nos: Sequence[int],
    ) -> Settled:
        """Give the rows of a boot their time: by its ties, or where it has none the middle of its bounds.

        What its kernel dated although the cloud's clock contradicts that is among them.
        """
        lie = boot.lie
        values = {
            "gateway_no": gateway_no,
            "boot_id": UUID(bytes=boot.boot_id),
            "begins_at": None if bounds is None else instant_of(bounds.begins_us),
            "stretch": 1.0 if bounds is None else bounds.stretch,
            "drift_per_ns": DRIFT_PPM * 1e-15,
            "contradiction_s": CONTRADICTION_S,
            "lied_from": None if lie is None else lie[0],
            "lied_to": None if lie is None else lie[1],
            "scale_nos": list(scale_nos),
            "earliest": EARLIEST,
            "max_ahead": MAX_AHEAD,
            **_ties_as("tie", believed(boot.ties)),
            **_ties_as("cloud", [tie for tie in boot.ties if tie.is_clouds]),
        }
        found = [await (await connection.execute(_sql[name], values)).fetchone() for name in _SETTLE]
        settled = _settled([row for row in found if row is not None])
        lies = {"first_at": settled.first_at, "last_at": settled.last_at}
        await connection.execute(_sql["is_sure" if bounds is None else "is_bounded"], {**values, **lies})
        return settled


def _ties_as(name: str, ties: Sequence[Tie]) -> dict[str, list[Any]]:
    return {
        f"{name}_ns": [tie.boottime_ns for tie in ties],
        f"{name}_at": [tie.utc_at for tie in ties],
        f"{name}_error_s": [float(tie.error_s) for tie in ties],
    }


def _boot(row: dict[str, Any]) -> KnownBoot:
    ties = tuple(Tie(at_ns, datetime.fromisoformat(utc), *rest) for at_ns, utc, *rest in row["ties"])
    return KnownBoot(row["boot_id"].bytes, row["boot_no"], row["last_ns"], ties, row["unsure"], row["waits"])


def _settled(rows: Sequence[dict[str, Any]]) -> Settled:
    firsts = [row["first_at"] for row in rows if row["rows"]]
    return Settled(
        rows=sum(row["rows"] for row in rows),
        movement_ids=tuple(name for row in rows for name in row.get("movement_ids", ())),
        first_at=min(firsts, default=None),
        last_at=max((row["last_at"] for row in rows if row["rows"]), default=None),
    )
