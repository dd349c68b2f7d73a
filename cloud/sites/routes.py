"""Sites over HTTP."""

from fastapi import APIRouter

from cloud.requests import ServicesOf
from cloud.sites.schemas import SiteSummary

router = APIRouter(prefix="/api/v1/sites", tags=["sites"])


@router.get("")
async def sites(services: ServicesOf) -> list[SiteSummary]:
    """Every site, by name."""
    return await services.sites.sites()


@router.get("/{site_id}")
async def site(site_id: str, services: ServicesOf) -> SiteSummary:
    """One site."""
    return await services.sites.site(site_id)
