"""What workers do for forecasts, and when it comes round."""

from datetime import timedelta
from typing import TYPE_CHECKING

from cloud.forecasts.service import FORECAST
from cloud.jobs.schemas import SiteJob, SiteTask
from cloud.jobs.service import after_the_day

if TYPE_CHECKING:
    from cloud.services import Services

AFTER_CLOSING = timedelta(minutes=10)
"""By then gateways have sent their last pours; what comes later is counted again the next night."""


def forecast_tasks(services: "Services") -> list[SiteTask]:
    """The tasks of demand and forecasts."""

    async def forecast(job: SiteJob) -> None:
        await services.demand.refresh(job.site_id, job.tell)
        await services.issuing.issue(job.site_id, str(job.arguments.get("reason", "nightly")), job.tell)

    return [SiteTask(FORECAST, forecast, after_the_day(AFTER_CLOSING))]
