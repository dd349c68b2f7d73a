"""Jobs over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from cloud.jobs.schemas import JobState
from cloud.jobs.service import MAX_LISTED
from cloud.requests import ServicesOf

router = APIRouter(prefix="/api/v1/sites", tags=["jobs"])


@router.get("/{site_id}/jobs")
async def jobs(
    site_id: str, services: ServicesOf, limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = 20
) -> list[JobState]:
    """The newest jobs of a site and how far they are."""
    return await services.jobs.jobs(site_id, limit)
