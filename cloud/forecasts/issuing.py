"""Rules of making forecasts: of which demand, by which method, written down with all that a repeat needs.

Only jobs and commands come here: making loads numpy and scipy, and computes in a thread of its own.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cloud.clock import Clock
from cloud.db.pool import Database
from cloud.demand.schemas import DemandHistory
from cloud.demand.service import MAX_HISTORY_DAYS, DemandService
from cloud.forecasts.provenance import code_version, fingerprint, provenance_of
from cloud.forecasts.repo import ForecastsRepo
from cloud.forecasts.schemas import (
    HORIZON_DAYS,
    LEADS,
    LEVELS,
    ForecastRun,
    IssuedForecast,
    Repeated,
)
from cloud.jobs.schemas import Telling
from cloud.problems import NotFound
from cloud.sites.service import SitesService

MAX_SIBLINGS = 5
FIRST_METHOD = "default"
"""What forecasts are made by until a comparison on the site's own history has found better."""


@dataclass(frozen=True, slots=True)
class _Inputs:
    history: DemandHistory
    siblings: list[DemandHistory]
    sibling_ids: list[str]


class Issuing:
    """Makes the forecasts of a site and writes them down."""

    def __init__(
        self,
        database: Database,
        repo: ForecastsRepo,
        sites: SitesService,
        demand: DemandService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._repo = repo
        self._sites = sites
        self._demand = demand
        self._clock = clock

    async def issue(self, site_id: str, reason: str, tell: Telling) -> ForecastRun:
        """Make the forecasts of a site from all that is known now, and write them down. Raises NotFound."""
        from cloud.forecasts.making import make  # noqa: PLC0415

        now = self._clock.now()
        until_on = (await self._sites.day(site_id, now)).on - timedelta(days=1)
        inputs = await self._inputs(site_id, until_on, now, await self._siblings_of(site_id))
        champion = await self._repo.champion(site_id)
        method = champion.method if champion else FIRST_METHOD
        await tell(f"forecasting {len(inputs.history.series)} products by {method}", 1, 2)
        made = await asyncio.to_thread(make, inputs.history, method, inputs.siblings)
        run = ForecastRun(
            number=0,
            site_id=site_id,
            made_at=now,
            starts_on=until_on + timedelta(days=1),
            horizon_days=HORIZON_DAYS,
            method=method,
            reason=reason,
            levels=LEVELS,
            leads=LEADS,
            provenance=provenance_of(inputs.history, inputs.sibling_ids, []),
        )
        async with self._database.transaction() as connection:
            await self._repo.put(connection, run, [each.issued(run) for each in made])
        await tell(f"{len(made)} products forecast by {method}", 2, 2)
        return run

    async def repeat(self, number: int) -> Repeated:
        """Make an issue of forecasts again, of what was known then. Raises NotFound for one that is gone."""
        from cloud.forecasts.making import make  # noqa: PLC0415

        run = await self._repo.run(number)
        if run is None:
            raise NotFound(f"there is no issue {number} of forecasts; the newest 120 of a site are kept")
        until_on = run.starts_on - timedelta(days=1)
        inputs = await self._inputs(run.site_id, until_on, run.made_at, run.provenance["siblings"])
        made = await asyncio.to_thread(make, inputs.history, run.method, inputs.siblings)
        then = {each.product_id: each for each in await self._repo.forecasts(run, None, None)}
        now = {each.product_id: each.issued(run) for each in made}
        return Repeated(
            run=run,
            products=len(then),
            differing=tuple(name for name in sorted(then.keys() | now.keys()) if not _same(then, now, name)),
            is_same_demand=fingerprint(inputs.history) == run.provenance["demand"],
            is_same_code=code_version() == run.provenance["code"],
        )

    async def _siblings_of(self, site_id: str) -> list[str]:
        site = await self._sites.site(site_id)
        others = [each for each in await self._sites.sites() if each.organisation == site.organisation]
        return [each.site_id for each in others if each.site_id != site_id][:MAX_SIBLINGS]

    async def _inputs(
        self, site_id: str, until_on: date, known_at: datetime, sibling_ids: Sequence[str]
    ) -> _Inputs:
        since_on = until_on - timedelta(days=MAX_HISTORY_DAYS - 1)
        histories = [
            await self._demand.history_as_known(each, since_on, until_on, known_at)
            for each in (site_id, *sibling_ids)
        ]
        return _Inputs(histories[0], histories[1:], list(sibling_ids))


def _same(then: dict[str, IssuedForecast], now: dict[str, IssuedForecast], name: str) -> bool:
    """Whether a forecast came out as it was kept: kept figures have seven digits."""
    if name not in then or name not in now:
        return False
    pairs = (
        (then[name].mean_ml, now[name].mean_ml),
        (then[name].sum_mean_ml, now[name].sum_mean_ml),
        *zip(then[name].quantiles_ml, now[name].quantiles_ml, strict=True),
        *zip(then[name].sum_quantiles_ml, now[name].sum_quantiles_ml, strict=True),
    )
    return all(
        abs(a - b) <= 1e-5 * max(1.0, abs(b))
        for left, right in pairs
        for a, b in zip(left, right, strict=True)
    )
