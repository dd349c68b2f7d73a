"""Charts over HTTP."""

from datetime import date

from fastapi import APIRouter
from pydantic import AwareDatetime

from cloud.requests import ServicesOf
from cloud.telemetry.schemas import UsageOfDay, WeightChart

router = APIRouter(prefix="/api/v1", tags=["telemetry"])


@router.get("/sites/{site_id}/scales/{scale_id}/weights")
async def weights(
    site_id: str, scale_id: str, since: AwareDatetime, until: AwareDatetime, services: ServicesOf
) -> WeightChart:
    """What a scale showed per minute, hour or day, whichever fits the range."""
    return await services.telemetry.weights(site_id, scale_id, since, until)


@router.get("/sites/{site_id}/usage")
async def usage(site_id: str, first_on: date, last_on: date, services: ServicesOf) -> list[UsageOfDay]:
    """What was poured of each product on each business day, from one date to another."""
    await services.sites.site(site_id)
    return await services.telemetry.usage(site_id, first_on, last_on)
