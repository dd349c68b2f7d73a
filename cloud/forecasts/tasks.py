"""What workers do for forecasts, and when it comes round."""

from datetime import timedelta
from typing import TYPE_CHECKING

from cloud.forecasts.service import COMPARE, FORECAST
from cloud.jobs.schemas import SiteJob, SiteTask
from cloud.jobs.service import after_the_day, after_the_week

if TYPE_CHECKING:
    from cloud.services import Services

AFTER_CLOSING = timedelta(minutes=10)
"""By then gateways have sent their last pours; what comes later is counted again the next night."""

AFTER_FORECASTS = timedelta(hours=1)


def forecast_tasks(services: "Services") -> list[SiteTask]:
    """The tasks of demand and forecasts."""

    async def forecast(job: SiteJob) -> None:
        await services.demand.refresh(job.site_id, job.tell)
        drift = await services.judging.settle(job.site_id)
        if drift is not None:
            await services.jobs.enqueue(COMPARE, job.site_id, {"reason": drift.sentence})
        await services.issuing.issue(job.site_id, str(job.arguments.get("reason", "nightly")), job.tell)

    async def compare(job: SiteJob) -> None:
        await services.judging.compare(job.site_id, str(job.arguments.get("reason", "weekly")), job.tell)

    return [
        SiteTask(FORECAST, forecast, after_the_day(AFTER_CLOSING)),
        SiteTask(COMPARE, compare, after_the_week(AFTER_FORECASTS)),
    ]
