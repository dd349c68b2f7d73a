"""The only caller of commands/queries.sql."""

from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from cloud.commands.schemas import CommandLine, SettingsState
from cloud.db.pool import Connection, Database
from cloud.db.queries import load_queries
from contract.commands import (
    Command,
    CommandReport,
    CommandState,
    DesiredSettings,
    RemoteSettings,
    ReportedSettings,
)

_sql = load_queries(Path(__file__).parent)


class CommandsRepo:
    """Commands and settings in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self,
        gateway_id: str,
        command_id: UUID,
        kind: str,
        arguments: dict[str, Any],
        *,
        lives_s: float,
        keep: int,
    ) -> bool:
        """Keep a command and tell every process; False when the gateway is unknown, or the id was there."""
        values = {"gateway_id": gateway_id, "command_id": command_id, "kind": kind, "lives_s": lives_s}
        async with self._database.transaction() as connection:
            cursor = await connection.execute(_sql["put"], {**values, "arguments": Jsonb(arguments)})
            await connection.execute(_sql["forget"], {"gateway_id": gateway_id, "keep": keep})
            await connection.execute(_sql["notify"], {"gateway_id": gateway_id})
            return cursor.rowcount == 1

    async def waiting(self, gateway_id: str) -> int:
        """How many commands a gateway has not received yet."""
        row = await self._database.row(_sql["waiting"], {"gateway_id": gateway_id})
        return 0 if row is None else int(row["waiting"])

    async def news(
        self, gateway_no: int, version: int, limit: int
    ) -> tuple[list[Command], DesiredSettings | None]:
        """What a gateway has not heard yet: commands (now they count as sent), settings above its version."""
        async with self._database.connection() as connection, connection.pipeline():
            values = {"gateway_no": gateway_no, "limit": limit, "version": version}
            commands = await connection.execute(_sql["hand_out"], values)
            wanted = await connection.execute(_sql["wanted"], values)
            rows, row = await commands.fetchall(), await wanted.fetchone()
        rows.sort(key=lambda each: each["made_at"])
        desired = None if row is None else DesiredSettings(**row)
        return [_command(each) for each in rows], desired

    async def take(
        self, gateway_no: int, reports: tuple[CommandReport, ...], reported: ReportedSettings | None
    ) -> None:
        """Note what a gateway reports."""
        async with self._database.transaction() as connection:
            for report in reports:
                await _note(connection, gateway_no, report)
            if reported is not None:
                settings = Jsonb(reported.settings.model_dump(mode="json", exclude_none=True))
                values = {
                    "version": reported.version,
                    "settings": settings,
                    "problem": _plain(reported.problem),
                }
                await connection.execute(_sql["report"], {"gateway_no": gateway_no, **values})

    async def of_site(self, site_id: str, limit: int) -> list[CommandLine]:
        """The newest commands of each gateway of a site."""
        rows = await self._database.rows(_sql["of_site"], {"site_id": site_id, "limit": limit})
        return [_line(row) for row in rows]

    async def result(self, command_id: UUID) -> str | None:
        """What a command brought; None when it brought nothing or is not there."""
        row = await self._database.row(_sql["result"], {"command_id": command_id})
        return None if row is None else row["result"]

    async def want(self, gateway_id: str, settings: RemoteSettings) -> int | None:
        """Keep how a gateway should be set, and tell every process; None when there is no such gateway."""
        wanted = Jsonb(settings.model_dump(mode="json", exclude_none=True))
        values = {"gateway_id": gateway_id, "settings": wanted}
        async with self._database.transaction() as connection:
            row = await (await connection.execute(_sql["want"], values)).fetchone()
            await connection.execute(_sql["notify"], {"gateway_id": gateway_id})
        return None if row is None else int(row["version"])

    async def settings(self, site_id: str) -> dict[str, SettingsState]:
        """How the gateways of a site should be and are set."""
        rows = await self._database.rows(_sql["settings"], {"site_id": site_id})
        return {
            row["gateway_id"]: SettingsState(
                version=row["version"],
                desired=RemoteSettings.model_validate(row["desired"]),
                reported_version=row["reported_version"],
                reported=None if row["reported"] is None else RemoteSettings.model_validate(row["reported"]),
                problem=row["problem"],
                reported_age_s=row["reported_age_s"],
            )
            for row in rows
        }


async def _note(connection: Connection, gateway_no: int, report: CommandReport) -> None:
    values = {"command_id": UUID(hex=report.command_id), "gateway_no": gateway_no}
    if report.state == "received":
        await connection.execute(_sql["received"], values)
        return
    ended = {
        "is_done": report.state == "done",
        "detail": _plain(report.detail),
        "result": _plain(report.result),
    }
    await connection.execute(_sql["ended"], values | ended)


def _plain(text: str | None) -> str | None:
    """PostgreSQL's text has no NUL."""
    return None if text is None else text.replace("\0", "")


def _command(row: dict[str, Any]) -> Command:
    return Command(
        command_id=row["command_id"].hex,
        kind=row["kind"],
        arguments=row["arguments"],
        expires_in_s=max(0.0, row["expires_in_s"]),
    )


def _line(row: dict[str, Any]) -> CommandLine:
    state = CommandState.SENT if row["is_sent"] else CommandState.WAITING
    if row["is_done"] is not None:
        state = CommandState.DONE if row["is_done"] else CommandState.FAILED
    elif row["is_received"]:
        state = CommandState.RECEIVED
    elif row["is_expired"]:
        state = CommandState.EXPIRED
    return CommandLine(
        command_id=row["command_id"].hex,
        gateway_id=row["gateway_id"],
        kind=row["kind"],
        arguments=row["arguments"],
        state=state,
        age_s=row["age_s"],
        took_s=row["took_s"],
        detail=row["detail"],
        has_result=row["has_result"],
    )
