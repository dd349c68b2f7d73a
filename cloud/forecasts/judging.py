"""Rules of judging forecasts: outcomes every night, a comparison of methods every week and after a drift."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING

from cloud.clock import Clock
from cloud.demand.schemas import DemandHistory
from cloud.demand.service import DemandService
from cloud.forecasts.issuing import FIRST_METHOD
from cloud.forecasts.repo import ForecastsRepo
from cloud.forecasts.schemas import Champion
from cloud.forecasts.watching import LENGTHS, Drift, drift_of, outcomes_of
from cloud.jobs.schemas import Telling
from cloud.occasions.service import OccasionsService
from cloud.sites.service import SitesService

if TYPE_CHECKING:
    from cloud.forecasting.backtest import Score

CATCH_UP_DAYS = 30
KEPT_DAYS = 400
LOOK_BACK_DAYS = 84
LEAST_HISTORY_DAYS = 90
HORIZON_DAYS, LEAD_DAYS, ORIGINS = 14, 7, 4
BETTER_BY = 0.02
"""A challenger takes over when its loss is that much lower: less is chance."""
LEAST_JUDGED = 40
"""Forecasts (products x origins) under which any difference is chance."""


class Judging:
    """Compares forecasts with what came, and methods with each other."""

    def __init__(
        self,
        repo: ForecastsRepo,
        *,
        sites: SitesService,
        demand: DemandService,
        occasions: OccasionsService,
        clock: Clock,
    ) -> None:
        self._repo = repo
        self._sites = sites
        self._demand = demand
        self._occasions = occasions
        self._clock = clock

    async def settle(self, site_id: str) -> Drift | None:
        """Write down what came of forecasts whose days have ended; return why they drifted, if they did."""
        today = (await self._sites.day(site_id, self._clock.now())).on
        history = await self._demand.history(site_id, CATCH_UP_DAYS + max(LENGTHS))
        for length in LENGTHS:
            since_on, until_on = today - timedelta(days=CATCH_UP_DAYS), today - timedelta(days=length)
            judged = await self._repo.judged_days(site_id, length, since_on)
            for run in await self._repo.runs_starting(site_id, since_on, until_on):
                if run.starts_on not in judged:
                    forecasts = await self._repo.forecasts(run, None, None)
                    found = outcomes_of(forecasts, history, length)
                    await self._repo.put_outcomes(site_id, found, today - timedelta(days=KEPT_DAYS))
        outcomes = await self._repo.outcomes(site_id, today - timedelta(days=LOOK_BACK_DAYS))
        return drift_of(outcomes, today)

    async def compare(self, site_id: str, reason: str, tell: Telling) -> Champion | None:
        """Try every method on the site's own past and choose; None where the past is too short to say.

        The champion stays unless a challenger is BETTER_BY better.
        """
        from cloud.forecasting.backtest import compare  # noqa: PLC0415
        from cloud.forecasting.methods import METHODS  # noqa: PLC0415
        from cloud.forecasting.panel import PanelError  # noqa: PLC0415
        from cloud.forecasts.doubts import without_doubtful  # noqa: PLC0415
        from cloud.forecasts.making import panel_of  # noqa: PLC0415

        history, _ = await asyncio.to_thread(without_doubtful, await self._demand.history(site_id))
        known = await self._occasions.known(site_id, *_span(history), self._clock.now())
        panel, _ = await asyncio.to_thread(panel_of, history, known)
        if panel is None or panel.periods < LEAST_HISTORY_DAYS:
            await tell(f"needs {LEAST_HISTORY_DAYS} days of history to compare methods")
            return None
        names = [name for name in METHODS if name != "ensemble" or find_spec("lightgbm") is not None]
        scores: list[Score] = []
        for done, name in enumerate(names):
            await tell(f"trying {name} on the past", done, len(names))
            try:
                scores += await asyncio.to_thread(
                    compare,
                    panel,
                    {name: METHODS[name]},
                    HORIZON_DAYS,
                    LEAD_DAYS,
                    ORIGINS,
                    stopwatch=time.perf_counter,
                )
            except PanelError as short:
                await tell(str(short))
                return None
        scores.sort(key=total_loss)
        before = await self._repo.champion(site_id)
        method = chosen(before.method if before else FIRST_METHOD, scores)
        champion = Champion(method, self._clock.now(), reason, tuple(asdict(score) for score in scores))
        await self._repo.put_champion(site_id, champion)
        await tell(f"forecasts are made by {method}", len(names), len(names))
        return champion


def _span(history: DemandHistory) -> tuple[date, date]:
    first = min((series.days[0] for series in history.series if series.days), default=history.until_on)
    return first, history.until_on


def total_loss(score: "Score") -> float:
    """What methods are compared by: the geometric mean of the losses of days and of lead-time sums."""
    return float((score.loss * score.lead_loss) ** 0.5)


def chosen(champion: str, scores: "Sequence[Score]") -> str:
    """The champion, or the best challenger where it is better by BETTER_BY on enough forecasts."""
    losses = {score.method: total_loss(score) for score in scores}
    best = min(losses, key=lambda name: losses[name])
    judged = max(score.series * score.origins for score in scores)
    if champion not in losses:
        return best
    is_better = losses[best] < (1 - BETTER_BY) * losses[champion]
    return best if is_better and judged >= LEAST_JUDGED else champion
