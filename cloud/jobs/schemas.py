"""What a job is: a task of one site, queued, done by one worker at a time, seen while it runs."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from cloud.sites.schemas import SiteSummary


@dataclass(frozen=True, slots=True)
class TaskName:
    """A kind of work and the queue it waits in; workers can be told which queues to serve."""

    name: str
    queue: str

    def lock_of(self, site_id: str) -> str:
        """At most one such job of a site waits, and at most one runs."""
        return f"{self.name}:{site_id}"


class Telling(Protocol):
    """Says how far a job is: words for a person, and done of total steps."""

    async def __call__(self, words: str, done: int = 0, total: int = 0) -> None:
        """Write it down; a page that asks sees it at once."""
        ...


@dataclass(frozen=True, slots=True)
class SiteJob:
    """One job while it runs: for which site, with which arguments (JSON values), and how to say how far."""

    number: int
    site_id: str
    arguments: Mapping[str, Any]
    tell: Telling


Due = Callable[[SiteSummary, datetime], Awaitable[datetime | None]]
"""(site, now) -> the newest instant up to now at which a task should have begun; None: never at this site."""


@dataclass(frozen=True, slots=True)
class SiteTask:
    """What a worker does for a task name, and when it comes round by itself (None: only on demand)."""

    name: TaskName
    run: Callable[[SiteJob], Awaitable[None]]
    due: Due | None = None


@dataclass(frozen=True, slots=True)
class JobState:
    """One job as people see it."""

    number: int
    task: str
    queue: str
    site_id: str
    status: str
    """waiting, running, done, failed, stopped."""
    attempts: int
    words: str
    """How far it is, in words; "" before it has said anything."""
    done: int
    total: int
    """Steps; 0 of 0 where they cannot be counted."""
    changed_at: datetime | None
    fault: str | None
    """Why it failed, or why it is tried again."""


@dataclass(frozen=True, slots=True)
class HouseTask:
    """What is done for all sites together when the clock says so (cron, UTC); it says what it did."""

    name: TaskName
    run: Callable[[], Awaitable[str]]
    cron: str
