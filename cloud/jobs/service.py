"""Rules of jobs: at most one of a task and site waits, at most one runs; what is due is handed out once."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from cloud.clock import Clock
from cloud.db.pool import Connection, Database
from cloud.jobs.repo import JobsRepo
from cloud.jobs.schemas import Due, JobState, SiteTask, TaskName
from cloud.problems import NotFound
from cloud.sites.business_day import business_day, business_day_on
from cloud.sites.schemas import SiteSummary
from cloud.sites.service import SitesService

MAX_LISTED = 100
WORKER_SILENT_S = 30.0
"""A worker says every five seconds that it lives; after this its jobs are handed out again."""


class JobsService:
    """Puts jobs into the queue and says how they are; workers (cloud.jobs.worker) do them."""

    def __init__(self, database: Database, repo: JobsRepo, sites: SitesService, clock: Clock) -> None:
        self._database = database
        self._repo = repo
        self._sites = sites
        self._clock = clock
        self._looked_at: dict[tuple[str, str], datetime] = {}
        """What this process knows to be handed out: asking the database again tells nothing new."""

    async def enqueue(
        self,
        task: TaskName,
        site_id: str,
        arguments: Mapping[str, Any] | None = None,
        connection: Connection | None = None,
    ) -> int:
        """Queue a task of a site and return the job's number; that of the one that waits already.

        With a connection it is part of the caller's transaction: both happen, or none. arguments: JSON.
        """
        if connection is not None:
            return await self._repo.put(connection, task, site_id, arguments or {})
        async with self._database.transaction() as own:
            return await self._repo.put(own, task, site_id, arguments or {})

    async def hand_out_due(self, tasks: Iterable[SiteTask]) -> list[tuple[str, str]]:
        """Queue what has come round since the last look; return (task, site) of each. Workers may race."""
        handed: list[tuple[str, str]] = []
        timed = [(task, task.due) for task in tasks if task.due is not None]
        for site in await self._sites.sites():
            for task, due in timed:
                at = await due(site, self._clock.now())
                key = (task.name.name, site.site_id)
                if at is None or self._looked_at.get(key) == at:
                    continue
                if await self._hand_out(task.name, site.site_id, at):
                    handed.append(key)
                self._looked_at[key] = at
        return handed

    async def jobs(self, site_id: str, limit: int = 20) -> list[JobState]:
        """The newest jobs of a site, newest first, at most MAX_LISTED. Raises NotFound."""
        await self._sites.site(site_id)
        return await self._repo.jobs(site_id, min(limit, MAX_LISTED))

    async def job(self, number: int) -> JobState:
        """One job. Raises NotFound."""
        state = await self._repo.job(number)
        if state is None:
            raise NotFound(f"there is no job {number}; finished ones are forgotten after a week")
        return state

    async def workers(self) -> int:
        """How many workers there are, on any machine: heard within WORKER_SILENT_S, which is real time."""
        return await self._repo.workers(WORKER_SILENT_S)

    async def begin(self, number: int) -> None:
        """Note that a job runs: from now on the next one of its task and site may wait."""
        await self._repo.begin(number)

    async def tell(self, number: int, words: str, done: int, total: int) -> None:
        """Keep how far a job is."""
        await self._repo.tell(number, words, done, total, self._clock.now())

    async def note_fault(self, number: int, fault: str) -> None:
        """Keep why a job failed."""
        await self._repo.note_fault(number, fault, self._clock.now())

    async def _hand_out(self, task: TaskName, site_id: str, at: datetime) -> bool:
        async with self._database.transaction() as connection:
            if not await self._repo.hand_out(connection, site_id, task, at):
                return False
            await self._repo.put(connection, task, site_id, {"due_at": at.isoformat()})
            return True


def after_the_day(delay: timedelta = timedelta(0)) -> Due:
    """Come round once a business day, `delay` after it has ended."""

    async def due(site: SiteSummary, now: datetime) -> datetime | None:
        return business_day(now - delay, site.timezone, site.day_ends_at).starts_at + delay

    return due


def after_the_week(delay: timedelta = timedelta(0)) -> Due:
    """Come round once a week, `delay` after the business day that begins on a Sunday has ended."""

    async def due(site: SiteSummary, now: datetime) -> datetime | None:
        on = business_day(now - delay, site.timezone, site.day_ends_at).on
        monday = on - timedelta(days=on.weekday())
        return business_day_on(monday, site.timezone, site.day_ends_at).starts_at + delay

    return due


def every_day_at(local: time) -> Due:
    """Come round once a day at that time on the site's walls."""

    async def due(site: SiteSummary, now: datetime) -> datetime | None:
        return business_day(now, site.timezone, local).starts_at

    return due
