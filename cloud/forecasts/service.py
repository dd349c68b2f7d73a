"""Rules of issued forecasts: which one counts, when it is stale, what a window of days will drink."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from cloud.clock import Clock
from cloud.forecasts.repo import ForecastsRepo
from cloud.forecasts.schemas import Accuracy, ForecastRun, IssuedForecast, NewestRun
from cloud.forecasts.watching import LENGTHS, calibration_of, drift_of, missed_of
from cloud.jobs.schemas import TaskName
from cloud.jobs.service import JobsService
from cloud.problems import NotFound
from cloud.sites.schemas import BusinessDay
from cloud.sites.service import SitesService

JUDGED_DAYS = 56
"""Accuracy is that of the newest eight weeks."""
FORECAST = TaskName("forecast", "forecasts")
"""Count demand, then issue a forecast for a site."""
COMPARE = TaskName("compare methods", "forecasts")
"""Try every method on the site's own past, and choose."""
STALE_AFTER = timedelta(hours=36)
"""One missed night is forgiven; after two something is wrong with the workers."""


class ForecastsService:
    """Hands out the newest issue of each site, and asks for new ones."""

    def __init__(self, repo: ForecastsRepo, sites: SitesService, jobs: JobsService, clock: Clock) -> None:
        self._repo = repo
        self._sites = sites
        self._jobs = jobs
        self._clock = clock

    async def latest(self, site_id: str, product_ids: Sequence[str] | None = None) -> list[IssuedForecast]:
        """The newest issued forecast of each product of a site, by product_id; [] before the first issue.

        product_ids: only of these. Each says when it was made, by which method, on what it rests and whether
        it is stale; windows.window(forecast, first_on, days) gives the distribution of any sum of days.
        Raises NotFound for an unknown site.
        """
        day = await self._sites.day(site_id, self._clock.now())
        run = await self._repo.newest_run(site_id)
        if run is None:
            return []
        return await self._repo.forecasts(run, product_ids, staleness(run, day, self._clock.now()))

    async def newest(self, site_id: str) -> NewestRun | None:
        """The newest issue of a site and whether it is stale, without its figures. Raises NotFound."""
        day = await self._sites.day(site_id, self._clock.now())
        run = await self._repo.newest_run(site_id)
        return NewestRun(run, staleness(run, day, self._clock.now())) if run is not None else None

    async def latest_of(self, site_id: str, product_id: str) -> IssuedForecast:
        """The newest issued forecast of one product. Raises NotFound where there is none yet."""
        found = await self.latest(site_id, [product_id])
        if not found:
            raise NotFound(
                f"there is no forecast of {product_id!r} at {site_id!r} yet; the next one is made tonight, "
                f"or at once by POST /api/v1/forecasts/{site_id}/retrain"
            )
        return found[0]

    async def accuracy(self, site_id: str) -> Accuracy:
        """How far the forecasts of a site can be believed: what came of them, and the last comparison."""
        today = (await self._sites.day(site_id, self._clock.now())).on
        outcomes = await self._repo.outcomes(site_id, today - timedelta(days=JUDGED_DAYS))
        by_length = {
            length: told
            for length in LENGTHS
            if (told := calibration_of([each for each in outcomes if each.length_days == length])) is not None
        }
        drift = drift_of(outcomes, today)
        champion = await self._repo.champion(site_id)
        said = drift.sentence if drift else None
        return Accuracy(site_id, champion, by_length, said, missed_of(outcomes))

    async def retrain(self, site_id: str) -> int:
        """Ask for a new issue now; return the number of the job that makes it. Raises NotFound."""
        await self._sites.site(site_id)
        return await self._jobs.enqueue(FORECAST, site_id, {"reason": "asked for"})

    async def compare(self, site_id: str) -> int:
        """Ask for a comparison of methods now; return the number of the job. Raises NotFound."""
        await self._sites.site(site_id)
        return await self._jobs.enqueue(COMPARE, site_id, {"reason": "asked for"})


def staleness(run: ForecastRun, today: BusinessDay, now: datetime) -> str | None:
    """Say why a forecast is not fresh any more, or None."""
    if now - run.made_at > STALE_AFTER:
        hours = (now - run.made_at).total_seconds() / 3600
        return f"made {hours:.0f} hours ago; no worker has made a newer one, look at the site's jobs"
    if today.on < run.starts_on - timedelta(days=1):
        return "made for days that have not begun; the clock of this server went back"
    return None
