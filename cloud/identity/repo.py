"""The only caller of identity/queries.sql."""

from pathlib import Path

from cloud.db.pool import Connection, Database
from cloud.db.queries import load_queries
from cloud.identity.schemas import Candidate, Claim, ClaimRow, ClaimState, Holder
from contract.identity import ClaimCode

_sql = load_queries(Path(__file__).parent)


class IdentityRepo:
    """Claims, keys that come and go, nonces and the cloud's own secrets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_claim(
        self, site_id: str, gateway_id: str | None, code: ClaimCode, lives_s: float
    ) -> int | None:
        """Keep a claim and return its number; None when its handle is taken, or site or gateway unknown."""
        values = {"site_id": site_id, "gateway_id": gateway_id, "lives_s": lives_s, **code._asdict()}
        async with self._database.transaction() as connection:
            await connection.execute(_sql["end_claims"])
            await connection.execute(_sql["forget_claims"])
            put = _sql["put_claim_for_any" if gateway_id is None else "put_claim_for_one"]
            row = await (await connection.execute(put, values)).fetchone()
        return None if row is None else int(row["claim_no"])

    async def claims_waiting(self, site_id: str) -> int:
        """How many claims of a site are waiting."""
        row = await self._database.row(_sql["claims_waiting"], {"site_id": site_id})
        return 0 if row is None else int(row["waiting"])

    async def claim(self, claim_no: int) -> Claim | None:
        """One claim for its maker."""
        row = await self._database.row(_sql["claim"], {"claim_no": claim_no})
        if row is None:
            return None
        state = ClaimState.EXPIRED if row["is_expired"] else ClaimState.WAITING
        state = ClaimState.ENROLLED if row["is_used"] else state
        shown = state is ClaimState.WAITING and row["secret"] is not None
        return Claim(
            claim_no=row["claim_no"],
            site_id=row["site_id"],
            gateway_id=row["gateway_id"],
            code=ClaimCode(row["handle"], row["secret"]) if shown else None,
            state=state,
            expires_at=row["expires_at"],
            left_s=row["left_s"] if shown else 0.0,
            enrolled_id=row["enrolled_id"],
        )

    async def lock_claim(self, connection: Connection, handle: str) -> ClaimRow | None:
        """The claim of a handle, held by the caller's transaction."""
        row = await (await connection.execute(_sql["lock_claim"], {"handle": handle})).fetchone()
        if row is None:
            return None
        used_key = None if row["used_key"] is None else bytes(row["used_key"])
        return ClaimRow(**{**row, "used_key": used_key})

    async def candidate(self, connection: Connection, site_no: int, gateway_id: str) -> Candidate | None:
        """A gateway of a site, held by the caller's transaction."""
        values = {"site_no": site_no, "gateway_id": gateway_id}
        row = await (await connection.execute(_sql["candidate"], values)).fetchone()
        return None if row is None else Candidate(**row)

    async def holders(self, connection: Connection, public_key: bytes) -> list[Holder]:
        """Which gateways have a key, or had it."""
        cursor = await connection.execute(_sql["holders"], {"public_key": public_key})
        return [Holder(**row) for row in await cursor.fetchall()]

    async def enrol(
        self, connection: Connection, claim_no: int, gateway: Candidate, public_key: bytes
    ) -> None:
        """Give a gateway this key and no other, and end the claim, inside the caller's transaction."""
        values = {"gateway_no": gateway.gateway_no, "public_key": public_key, "how": "enrolled"}
        named = {"gateway_id": gateway.gateway_id}
        async with connection.pipeline():
            await connection.execute(_sql["revoke_others"], values)
            await connection.execute(_sql["add_key"], values)
            await connection.execute(_sql["forget_keys"], values)
            await connection.execute(_sql["use_claim"], {**values, "claim_no": claim_no})
            await connection.execute(_sql["forget_stranger"], named)
            await connection.execute(_sql["notify"], named)

    async def rotate(
        self, connection: Connection, gateway_no: int, gateway_id: str, public_key: bytes, window_s: float
    ) -> float:
        """Add a key beside those of a gateway; they end after window_s. Return the seconds they have left."""
        values = {"gateway_no": gateway_no, "public_key": public_key, "how": "rotated", "window_s": window_s}
        await connection.execute(_sql["add_key"], values)
        left = await (await connection.execute(_sql["end_others"], values)).fetchall()
        await connection.execute(_sql["forget_keys"], values)
        await connection.execute(_sql["notify"], {"gateway_id": gateway_id})
        return max((row["left_s"] for row in left), default=0.0)

    async def secret(self, name: str, fresh: bytes) -> bytes:
        """The cloud's secret of a name; `fresh` becomes it when there is none yet."""
        async with self._database.connection() as connection:
            await connection.execute(_sql["put_secret"], {"name": name, "value": fresh})
            row = await (await connection.execute(_sql["secret"], {"name": name})).fetchone()
        assert row is not None, "it was put there just now"
        return bytes(row["value"])

    async def use_nonce(self, nonce: str, lives_s: float) -> bool:
        """Note that a nonce was used; False when it was before."""
        async with self._database.connection() as connection:
            await connection.execute(_sql["forget_nonces"])
            cursor = await connection.execute(_sql["use_nonce"], {"nonce": nonce, "lives_s": lives_s})
            return await cursor.fetchone() is not None
