"""Stock over HTTP."""

from fastapi import APIRouter

from cloud.requests import ServicesOf
from cloud.stock.schemas import ProductStock, ShelfStock

router = APIRouter(prefix="/api/v1/sites", tags=["stock"])


@router.get("/{site_id}/shelves")
async def shelves(site_id: str, services: ServicesOf) -> list[ShelfStock]:
    """Every shelf with its slots and what is in them, in the order of the layout."""
    await services.sites.site(site_id)
    return await services.stock.shelves(site_id)


@router.get("/{site_id}/stock")
async def stock(site_id: str, services: ServicesOf) -> list[ProductStock]:
    """Every product on hand, by name."""
    return await services.stock.products(site_id)
