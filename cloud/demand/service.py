"""Rules of demand: which business days are counted when, and what counts as seen.

A business day is counted when it has ended, and again when a movement of it is corrected later.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from cloud.clock import Clock
from cloud.db.pool import Connection, Database
from cloud.demand.in_stock import exposures
from cloud.demand.repo import DemandRepo
from cloud.demand.schemas import (
    CountedDay,
    DemandDay,
    DemandHistory,
    DemandSource,
    OpenDay,
    Refreshed,
    Shelved,
)
from cloud.jobs.schemas import Telling
from cloud.sites.business_day import business_day, business_day_on
from cloud.sites.schemas import BusinessDay, SiteSummary
from cloud.sites.service import SitesService

DAYS_AT_ONCE = 31
MAX_HISTORY_DAYS = 1_100
"""Three years and a little: what forecasts look at."""
MAX_LISTED = 5_000


async def _silent(words: str, done: int = 0, total: int = 0) -> None:
    """Nobody wants to know how far it is."""


class DemandService:
    """Keeps the demand table and hands it out."""

    def __init__(self, database: Database, repo: DemandRepo, sites: SitesService, clock: Clock) -> None:
        self._database = database
        self._repo = repo
        self._sites = sites
        self._clock = clock

    async def refresh(self, site_id: str, tell: Telling = _silent) -> Refreshed:
        """Count every ended business day whose movements changed since. Raises NotFound.

        Each stretch of DAYS_AT_ONCE days is a transaction of its own: what is broken off goes on there.
        """
        site = await self._sites.site(site_id)
        running = business_day(self._clock.now(), site.timezone, site.day_ends_at)
        hours = await self._repo.touched_hours(site_id, running.starts_at)
        days = [day for day in _days_of(hours, site) if day.on < running.on]
        rows = 0
        for start in range(0, len(days), DAYS_AT_ONCE):
            await tell("counting what was drunk", start, len(days))
            stretch = days[start : start + DAYS_AT_ONCE]
            async with self._database.transaction() as connection:
                touched = [hour for hour in hours if stretch[0].starts_at <= hour < stretch[-1].ends_at]
                await self._repo.forget_touched(connection, site_id, touched)
                rows += await self._count(connection, site_id, stretch)
        return Refreshed(len(days), rows)

    async def history(self, site_id: str, days: int = MAX_HISTORY_DAYS) -> DemandHistory:
        """The demand of a site's products over the last `days` ended business days. Raises NotFound."""
        now = self._clock.now()
        until_on = (await self._sites.day(site_id, now)).on - timedelta(days=1)
        since_on = until_on - timedelta(days=min(days, MAX_HISTORY_DAYS) - 1)
        return await self._repo.history(site_id, since_on, until_on, now)

    async def history_as_known(
        self, site_id: str, since_on: date, until_on: date, known_at: datetime
    ) -> DemandHistory:
        """The demand of a range of days as it was known at a time, corrections since left out."""
        return await self._repo.history(site_id, since_on, until_on, known_at)

    async def days(
        self, site_id: str, product_id: str | None = None, since_on: date | None = None, limit: int = 500
    ) -> list[DemandDay]:
        """Demand day by day, newest first, at most MAX_LISTED rows. Raises NotFound."""
        today = (await self._sites.day(site_id, self._clock.now())).on
        since = since_on or today - timedelta(days=MAX_HISTORY_DAYS)
        return await self._repo.days(site_id, product_id, since, today, min(limit, MAX_LISTED))

    async def replace(
        self,
        connection: Connection,
        site_id: str,
        source: DemandSource,
        *,
        days: Sequence[date],
        opened: Sequence[OpenDay],
        demand: Sequence[CountedDay],
    ) -> None:
        """Write all that one source knows of some days, in the caller's transaction.

        What it said of them before and does not say any more is taken away, and kept as what was known.
        """
        now = self._clock.now()
        await self._repo.drop_others(
            connection, site_id, source, days=days, opened=opened, demand=demand, now=now
        )
        await self._repo.put(connection, site_id, source, opened=opened, demand=demand, now=now)

    async def product_numbers(self, site_id: str) -> dict[str, int]:
        """Numbers of a site's products by their names: what demand is written with."""
        return await self._repo.product_numbers(site_id)

    async def _count(self, connection: Connection, site_id: str, days: Sequence[BusinessDay]) -> int:
        counted, opened = await self._repo.pours(connection, site_id, days)
        spans = {day.on: (day.opened_at, day.closed_at) for day in opened if day.opened_at and day.closed_at}
        shelved = await self._repo.shelved(connection, site_id)
        alone = [place for place in shelved if place.is_alone]
        scale_days = await self._repo.scale_days(connection, site_id, days, alone)
        share = exposures(scale_days, spans)
        for key in await self._on_trays(connection, shelved, days, opened):
            share.setdefault(key, 1.0)
        demand = completed(counted, share)
        on_days = [day.on for day in days]
        await self.replace(
            connection, site_id, DemandSource.SENSED, days=on_days, opened=opened, demand=demand
        )
        return len(demand)

    async def _on_trays(
        self,
        connection: Connection,
        shelved: Sequence[Shelved],
        days: Sequence[BusinessDay],
        opened: Sequence[OpenDay],
    ) -> list[tuple[int, date]]:
        """Products that share a scale, on open days since their first pour: nobody knows their level."""
        sharing = {number for place in shelved if not place.is_alone for number in place.product_nos}
        first = await self._repo.first_pours(connection, sorted(sharing))
        open_on = {day.on for day in opened}
        return [
            (number, day.on)
            for number, first_at in first.items()
            for day in days
            if day.on in open_on and first_at < day.ends_at
        ]


def completed(counted: Sequence[CountedDay], share: dict[tuple[int, date], float]) -> list[CountedDay]:
    """Give what was poured its exposure, and write a zero where there was something to pour and nobody asked.

    What was poured although no scale says that it was there counts as in stock all evening.
    """
    known = {(day.product_no, day.day_on) for day in counted}
    poured = [replace(day, exposure=share.get((day.product_no, day.day_on), 1.0)) for day in counted]
    idle = [
        CountedDay(number, on, 0.0, 0.0, 0, exposure)
        for (number, on), exposure in sorted(share.items())
        if (number, on) not in known
    ]
    return poured + idle


def _days_of(hours: Sequence[datetime], site: SiteSummary) -> list[BusinessDay]:
    """The business days that some hours lie in, ascending; an hour may hang over into the next day."""
    dates = {
        business_day(at, site.timezone, site.day_ends_at).on
        for hour in hours
        for at in (hour, hour + timedelta(minutes=59, seconds=59))
    }
    return [business_day_on(on, site.timezone, site.day_ends_at) for on in sorted(dates)]
