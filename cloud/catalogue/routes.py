"""The catalogue over HTTP."""

from fastapi import APIRouter

from cloud.catalogue.schemas import ProductEntry
from cloud.requests import ServicesOf

router = APIRouter(prefix="/api/v1/sites", tags=["catalogue"])


@router.get("/{site_id}/products")
async def products(site_id: str, services: ServicesOf) -> list[ProductEntry]:
    """The products of a site and the profiles of their bottles, by name."""
    await services.sites.site(site_id)
    return await services.catalogue.products(site_id)
