"""When a plan is made by itself: an hour before each supplier's cut-off."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cloud.forecasts.service import FORECAST
from cloud.jobs.schemas import SiteJob, SiteTask
from cloud.orders.service import ORDER
from cloud.sites.schemas import SiteSummary
from cloud.suppliers.schemas import Supplier

if TYPE_CHECKING:
    from cloud.services import Services

BEFORE_CUT_OFF = timedelta(hours=1)
"""So long a manager has to look at the plan and to order."""
LOOK_BACK_DAYS = 8


def order_tasks(services: "Services") -> list[SiteTask]:
    """The task of order plans."""

    async def order(job: SiteJob) -> None:
        await job.tell("planning what to order", 0, 1)
        kept = await services.orders.make(job.site_id, str(job.arguments.get("reason", "before a cut-off")))
        lines = sum(len(each.lines) for each in kept.suggestion.orders)
        await job.tell(f"plan {kept.plan_no}: {lines} lines", 1, 1)

    async def due(site: SiteSummary, now: datetime) -> datetime | None:
        return newest_due(await services.suppliers.suppliers(site.site_id), site.timezone, now)

    return [SiteTask(ORDER, order, due)]


def then_order(tasks: Sequence[SiteTask], services: "Services") -> list[SiteTask]:
    """The forecast tasks, each followed by a plan: what to order follows what to expect."""

    def followed(task: SiteTask) -> SiteTask:
        async def run(job: SiteJob) -> None:
            await task.run(job)
            await services.jobs.enqueue(ORDER, job.site_id, {"reason": "after a new forecast"})

        return replace(task, run=run)

    return [followed(task) if task.name == FORECAST else task for task in tasks]


def newest_due(suppliers: Sequence[Supplier], timezone: str, now: datetime) -> datetime | None:
    """The newest instant up to now that lies BEFORE_CUT_OFF a supplier's cut-off; None without any."""
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date() + timedelta(days=1)
    instants = []
    for supplier in suppliers:
        if supplier.is_closed:
            continue
        for back in range(LOOK_BACK_DAYS + 1):
            day = today - timedelta(days=back)
            if day.weekday() not in supplier.order_weekdays or day in supplier.closed_on:
                continue
            instant = datetime.combine(day, supplier.cut_off, zone) - BEFORE_CUT_OFF
            if instant <= now:
                instants.append(instant)
                break
    return max(instants, default=None)
