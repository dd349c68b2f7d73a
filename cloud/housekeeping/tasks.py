"""Housekeeping as a job: every hour, done by one worker of all."""

from cloud.housekeeping.service import HousekeepingService
from cloud.jobs.schemas import HouseTask, TaskName

HOUSEKEEPING = TaskName("housekeeping", "house")
EVERY_HOUR = "7 * * * *"
"""Not on the hour, when reports and people come."""


def housekeeping_task(housekeeping: HousekeepingService) -> HouseTask:
    """Return the job that takes away what is older than wanted."""

    async def run() -> str:
        dropped = await housekeeping.keep_house()
        return ", ".join(f"{name} {count:,}" for name, count in dropped.items()) or "nothing to do"

    return HouseTask(HOUSEKEEPING, run, EVERY_HOUR)
