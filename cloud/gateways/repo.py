"""The only caller of gateways/queries.sql."""

from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from cloud.db.pool import Connection, Database
from cloud.db.queries import load_queries
from cloud.gateways.schemas import (
    GatewayState,
    HealthNote,
    QuarantinedRecord,
    SlotPlace,
    Speaker,
    Stranger,
    Tally,
)

MAX_STRANGERS = 50
MAX_INT4 = 2**31 - 1

_sql = load_queries(Path(__file__).parent)


class GatewaysRepo:
    """Gateways, their keys and counts in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def speaker(self, gateway_id: str) -> Speaker | None:
        """A registered gateway with all it may speak of, or None."""
        async with self._database.connection() as connection, connection.pipeline():
            cursor = await connection.execute(_sql["speaker"], {"gateway_id": gateway_id})
            if (row := await cursor.fetchone()) is None:
                return None
            scales = await connection.execute(_sql["speaker_scales"], row)
            slots = await connection.execute(_sql["speaker_slots"], row)
            products = await connection.execute(_sql["speaker_products"], row)
            return Speaker(
                gateway_no=row["gateway_no"],
                gateway_id=row["gateway_id"],
                site_no=row["site_no"],
                site_id=row["site_id"],
                public_keys=tuple(bytes(key) for key in row["public_keys"]),
                scales={r["scale_id"]: r["scale_no"] for r in await scales.fetchall()},
                slots={
                    r["slot_id"]: SlotPlace(r["slot_no"], r["product_no"]) for r in await slots.fetchall()
                },
                products={r["product_id"]: r["product_no"] for r in await products.fetchall()},
                ended_keys=tuple(bytes(key) for key in row["ended_keys"]),
            )

    async def states(self, site_id: str) -> list[GatewayState]:
        """The gateways of a site as they were last heard of, by name."""
        return [_state(row) for row in await self._database.rows(_sql["states"], {"site_id": site_id})]

    async def saw(self, connection: Connection, gateway_no: int, now: datetime, tally: Tally) -> None:
        """Note that a gateway spoke, inside the caller's transaction."""
        counts = {"quarantined": tally.quarantined, "flagged": tally.flagged, "given_up": tally.given_up}
        values = {"gateway_no": gateway_no, "now": now, "states_to": tally.states_to, **counts}
        await connection.execute(_sql["saw"], values)

    async def note_waiting(
        self, connection: Connection, gateway_no: int, now: datetime, waiting: int
    ) -> None:
        """Keep how much a gateway still has to send, inside the caller's transaction and after saw()."""
        values = {"gateway_no": gateway_no, "now": now, "waiting": min(waiting, MAX_INT4)}
        await connection.execute(_sql["note_waiting"], values)

    async def note_health(self, connection: Connection, gateway_no: int, note: HealthNote) -> None:
        """Keep a gateway's newest health, inside the caller's transaction and after saw()."""
        health = note.health
        values = {
            "gateway_no": gateway_no,
            "epoch": note.epoch,
            "seq": note.seq,
            "at": note.at,
            "software": health.software,
            "outbox_waiting": min(health.outbox_waiting, MAX_INT4),
            "clock_synced": health.clock_synced,
            "refused": Jsonb(health.refused),
            "scales": Jsonb([scale.model_dump(mode="json") for scale in health.scales]),
        }
        await connection.execute(_sql["note_health"], values)

    async def count_refusal(self, gateway_id: str, reason: str, now: datetime) -> None:
        """Count a refused batch of a registered gateway."""
        values = {"gateway_id": gateway_id, "reason": reason, "now": now}
        async with self._database.connection() as connection:
            await connection.execute(_sql["count_refusal"], values)

    async def count_stranger(self, gateway_id: str, now: datetime) -> None:
        """Count a batch under an unknown name; only the newest MAX_STRANGERS names are kept."""
        async with self._database.connection() as connection:
            await connection.execute(_sql["count_stranger"], {"gateway_id": gateway_id, "now": now})
            await connection.execute(_sql["forget_strangers"], {"keep": MAX_STRANGERS})

    async def strangers(self) -> list[Stranger]:
        """Unknown names, the newest first."""
        rows = await self._database.rows(_sql["strangers"], {"limit": MAX_STRANGERS})
        return [Stranger(**row) for row in rows]

    async def quarantined(self, gateway_id: str, limit: int) -> list[QuarantinedRecord]:
        """The newest records in quarantine of one gateway."""
        rows = await self._database.rows(_sql["quarantined"], {"gateway_id": gateway_id, "limit": limit})
        return [QuarantinedRecord(**row) for row in rows]

    async def put_key(self, site_id: str, gateway_id: str, public_key: bytes, now: datetime) -> bool:
        """Register a key; False when the site has no such gateway."""
        names = {"site_id": site_id, "gateway_id": gateway_id}
        async with self._database.transaction() as connection:
            row = await (await connection.execute(_sql["in_site"], names)).fetchone()
            if row is None:
                return False
            values = {"gateway_no": row["gateway_no"], "public_key": public_key, "now": now}
            await connection.execute(_sql["put_key"], values)
            await connection.execute(_sql["forget_stranger"], {"gateway_id": gateway_id})
            await connection.execute(_sql["notify"], {"gateway_id": gateway_id})
            return True

    async def revoke_keys(self, gateway_id: str, now: datetime) -> int:
        """Revoke every key of a gateway and return how many there were."""
        async with self._database.transaction() as connection:
            cursor = await connection.execute(_sql["revoke_keys"], {"gateway_id": gateway_id, "now": now})
            await connection.execute(_sql["notify"], {"gateway_id": gateway_id})
            return cursor.rowcount


def _state(row: dict[str, Any]) -> GatewayState:
    troubles = [(s["scale_id"], s["state"], s["hint"]) for s in row["scales"] if s["state"] != "ok"]
    return GatewayState(
        gateway_id=row["gateway_id"],
        name=row["name"],
        seen_at=row["seen_at"],
        outbox_waiting=row["outbox_waiting"],
        states_to=row["states_to"],
        clock_synced=row["clock_synced"],
        quarantined=row["quarantined"],
        refused=_added(row["refused_by_gateway"], row["refused_by_cloud"]),
        scales_in_trouble=troubles,
        flagged=row["flagged"],
        given_up=row["given_up"],
        software=row["software"],
        keys=row["keys"],
    )


def _added(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    return {reason: left.get(reason, 0) + right.get(reason, 0) for reason in sorted(left | right)}
