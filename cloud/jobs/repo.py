"""The only caller of jobs/queries.sql, and the one place where jobs are put into the queue.

procrastinate is imported when the first job is put there: a process that queues none does not pay for it.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloud.db.pool import Connection, Database
from cloud.db.queries import load_queries
from cloud.jobs.schemas import JobState, TaskName

if TYPE_CHECKING:
    from procrastinate import App

MAX_FAULT = 500

_sql = load_queries(Path(__file__).parent)
_STATUS = {
    "todo": "waiting",
    "doing": "running",
    "succeeded": "done",
    "failed": "failed",
    "cancelled": "stopped",
    "aborting": "stopped",
    "aborted": "stopped",
}


class JobsRepo:
    """Jobs in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self, connection: Connection, task: TaskName, site_id: str, arguments: Mapping[str, Any]
    ) -> int:
        """Queue a job in the caller's transaction; the number of the one that waits already, if one does."""
        from procrastinate.exceptions import AlreadyEnqueued  # noqa: PLC0415

        lock = task.lock_of(site_id)
        deferrer = self._queue.configure_task(
            task.name, queue=task.queue, lock=lock, queueing_lock=lock, connection=connection
        )
        while True:
            try:
                async with connection.transaction():
                    return int(await deferrer.defer_async(site_id=site_id, arguments=dict(arguments)))
            except AlreadyEnqueued:
                row = await (await connection.execute(_sql["waiting_job"], {"lock": lock})).fetchone()
                if row is not None:
                    return int(row["number"])

    async def hand_out(self, connection: Connection, site_id: str, task: TaskName, due_at: datetime) -> bool:
        """Note that a task is handed out for an instant; False where that was done before."""
        values = {"site_id": site_id, "task": task.name, "due_at": due_at}
        return await (await connection.execute(_sql["hand_out"], values)).fetchone() is not None

    async def jobs(self, site_id: str, limit: int) -> list[JobState]:
        """The newest jobs of a site, newest first."""
        values = {"site_id": site_id, "limit": limit}
        return [_state(row) for row in await self._database.rows(_sql["jobs_of_site"], values)]

    async def job(self, number: int) -> JobState | None:
        """One job, or None."""
        row = await self._database.row(_sql["one_job"], {"number": number})
        return _state(row) if row else None

    async def workers(self, silent_s: float) -> int:
        """How many workers were heard in the last silent_s seconds."""
        row = await self._database.row(_sql["workers"], {"silent_s": silent_s})
        return int(row["alive"]) if row else 0

    async def begin(self, number: int) -> None:
        """Let another job of the same lock wait while this one runs or is tried again."""
        async with self._database.connection() as connection:
            await connection.execute(_sql["begin"], {"number": number})

    async def tell(self, number: int, words: str, done: int, total: int, now: datetime) -> None:
        """Keep how far a job is."""
        values = {"number": number, "words": words, "done": done, "total": total, "now": now}
        async with self._database.connection() as connection:
            await connection.execute(_sql["tell"], values)

    async def note_fault(self, number: int, fault: str, now: datetime) -> None:
        """Keep why a job failed."""
        values = {"number": number, "fault": fault[:MAX_FAULT].replace("\0", ""), "now": now}
        async with self._database.connection() as connection:
            await connection.execute(_sql["fault"], values)

    @cached_property
    def _queue(self) -> "App":
        """A procrastinate app that only puts jobs on connections of ours; it is never opened."""
        from procrastinate import App, PsycopgConnector  # noqa: PLC0415

        return App(connector=PsycopgConnector())


def _state(row: dict[str, Any]) -> JobState:
    return JobState(**{**row, "status": _STATUS[row["status"]]})
