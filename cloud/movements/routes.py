"""Movements over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from cloud.movements.schemas import DaySummary, MovementLine
from cloud.movements.service import MAX_LISTED
from cloud.requests import ClockOf, ServicesOf
from contract.base import Hex32

router = APIRouter(prefix="/api/v1/sites", tags=["movements"])


@router.get("/{site_id}/movements")
async def movements(
    site_id: str,
    services: ServicesOf,
    limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = 50,
    before: AwareDatetime | None = None,
    before_id: Hex32 | None = None,
) -> list[MovementLine]:
    """The newest movements; the next page begins at `before` and `before_id` of the last line."""
    await services.sites.site(site_id)
    return await services.movements.recent(site_id, limit, before, before_id)


@router.get("/{site_id}/today")
async def today(site_id: str, services: ServicesOf, clock: ClockOf) -> DaySummary:
    """The running business day."""
    return await services.movements.today(site_id, clock.now())
