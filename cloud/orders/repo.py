"""The only caller of orders/queries.sql."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from cloud.db.pool import Connection, Database
from cloud.db.queries import load_queries
from cloud.ordering.inputs import OrderSettings
from cloud.ordering.inputs_json import settings_from
from cloud.ordering.suggested import PackCount, Suggestion
from cloud.orders.schemas import ApprovedOrder, KeptPlan, OrderedLine, OrderedUnits

KEPT_PLANS = 400
"""Plans of a site that are kept; those an order was approved from stay for ever."""
MAX_LISTED = 100
MAX_DELAYS = 400
"""Deliveries of a site that its suppliers are judged by."""

_sql = load_queries(Path(__file__).parent)


class OrdersRepo:
    """Plans and approved orders in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def settings(self, site_id: str) -> OrderSettings:
        """How a site orders."""
        row = await self._database.row(_sql["settings"], {"site_id": site_id})
        return settings_from(row) if row else OrderSettings()

    async def put_settings(self, site_id: str, settings: OrderSettings) -> None:
        """Set how a site orders."""
        async with self._database.connection() as connection:
            said = asdict(settings)
            values = said | {
                "site_id": site_id,
                "zones": Jsonb(said["zones"]),
                "class_weights": list(settings.class_weights),
            }
            await connection.execute(_sql["put_settings"], values)

    async def keep(
        self, site_id: str, suggestion: Suggestion, inputs: bytes, *, reason: str, software: str
    ) -> int:
        """Keep a plan, and forget the oldest ones; answers its number."""
        values = {
            "site_id": site_id,
            "made_at": suggestion.made_at,
            "reason": reason,
            "software": software,
            "inputs": inputs,
            "fingerprint": suggestion.fingerprint,
            "suggestion": Jsonb(_adapter().dump_python(suggestion, mode="json")),
        }
        async with self._database.transaction() as connection:
            row = await (await connection.execute(_sql["keep_plan"], values)).fetchone()
            await connection.execute(_sql["forget_plans"], {"site_id": site_id, "keep": KEPT_PLANS})
        assert row is not None, "the site was looked up before"
        return int(row["plan_no"])

    async def newest(self, site_id: str) -> KeptPlan | None:
        """The newest plan of a site."""
        row = await self._database.row(_sql["newest_plan"], {"site_id": site_id})
        return _plan(row) if row else None

    async def plan(self, plan_no: int) -> KeptPlan | None:
        """One plan."""
        row = await self._database.row(_sql["one_plan"], {"plan_no": plan_no})
        return _plan(row) if row else None

    async def inputs(self, plan_no: int) -> bytes | None:
        """What a plan was made from."""
        row = await self._database.row(_sql["inputs_of_plan"], {"plan_no": plan_no})
        return bytes(row["inputs"]) if row else None

    async def ordered(self, site_id: str, since: date) -> list[OrderedUnits]:
        """Bottles in approved orders promised for `since` or later."""
        rows = await self._database.rows(_sql["ordered"], {"site_id": site_id, "since": since})
        return [OrderedUnits(**row) for row in rows]

    async def delays(self, site_id: str) -> dict[str, list[int]]:
        """Days by which deliveries missed the promised one, by supplier, the newest first."""
        delays: dict[str, list[int]] = {}
        for row in await self._database.rows(_sql["delays"], {"site_id": site_id, "limit": MAX_DELAYS}):
            delays.setdefault(row["supplier_id"], []).append(int(row["delay_days"]))
        return delays

    async def came(self, site_id: str, order_no: int, came_on: date | None) -> bool:
        """Note the day an approved order came; False where there is none."""
        values = {"site_id": site_id, "order_no": order_no, "came_on": came_on}
        return await self._database.row(_sql["came"], values) is not None

    async def spent(
        self, site_id: str, first: date, last: date, *, supplier_id: str, order_on: date
    ) -> float:
        """What the approved orders from `first` to `last` cost, but those to one supplier on one day."""
        values = {"first": first, "last": last, "supplier_id": supplier_id, "order_on": order_on}
        row = await self._database.row(_sql["spent"], values | {"site_id": site_id})
        assert row is not None, "a sum has a row"
        return float(row["money"])

    async def withdraw(self, connection: Connection, site_id: str, supplier_id: str, order_on: date) -> bool:
        """Take an approval back; False where there was none."""
        values = {"site_id": site_id, "supplier_id": supplier_id, "order_on": order_on}
        return await (await connection.execute(_sql["withdraw"], values)).fetchone() is not None

    async def approve(
        self,
        connection: Connection,
        site_id: str,
        supplier_id: str,
        *,
        plan_no: int,
        order_on: date,
        arrives_on: date,
        packs: Sequence[PackCount],
        now: datetime,
    ) -> int:
        """Note an order with its lines; answers its number."""
        values = {
            "site_id": site_id,
            "supplier_id": supplier_id,
            "plan_no": plan_no,
            "order_on": order_on,
            "arrives_on": arrives_on,
            "now": now,
        }
        row = await (await connection.execute(_sql["approve"], values)).fetchone()
        assert row is not None, "a plan names only suppliers of its site"
        lines = [asdict(pack) for pack in packs]
        await connection.execute(_sql["approve_lines"], {"order_no": row["order_no"], "lines": Jsonb(lines)})
        return int(row["order_no"])

    async def approved(self, site_id: str, limit: int) -> list[ApprovedOrder]:
        """The newest approved orders, newest first."""
        values = {"site_id": site_id, "limit": min(limit, MAX_LISTED)}
        return [_order(row) for row in await self._database.rows(_sql["approved"], values)]


@cache
def _adapter() -> TypeAdapter[Suggestion]:
    """Turns a suggestion into JSON and back; made when the first plan is read."""
    return TypeAdapter(Suggestion)


def _plan(row: dict[str, Any]) -> KeptPlan:
    return KeptPlan(**{**row, "suggestion": _adapter().validate_python(row["suggestion"])})


def _order(row: dict[str, Any]) -> ApprovedOrder:
    return ApprovedOrder(**{**row, "lines": tuple(OrderedLine(**line) for line in row["lines"])})
