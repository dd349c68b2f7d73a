"""The catalogue over HTTP."""

from fastapi import APIRouter

from cloud.catalogue.schemas import Levels, ProductEntry
from cloud.requests import ServicesOf

router = APIRouter(prefix="/api/v1/sites", tags=["catalogue"])


@router.get("/{site_id}/products")
async def products(site_id: str, services: ServicesOf) -> list[ProductEntry]:
    """The products of a site and the profiles of their bottles, by name."""
    await services.sites.site(site_id)
    return await services.catalogue.products(site_id)


@router.put("/{site_id}/products/{product_id}/levels", status_code=204)
async def set_levels(site_id: str, product_id: str, levels: Levels, services: ServicesOf) -> None:
    """Set a product's par and reserve by hand, in bottles; null leaves the layout's par, and no reserve."""
    await services.sites.site(site_id)
    await services.catalogue.set_levels(site_id, {product_id: levels})
