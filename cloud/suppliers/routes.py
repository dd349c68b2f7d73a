"""Suppliers and prices over HTTP."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from cloud.ordering.lateness import MAX_DELAY_DAYS
from cloud.problems import Malformed, TooLarge
from cloud.requests import ServicesOf
from cloud.suppliers.price_list import MAX_BYTES
from cloud.suppliers.schemas import Article, ImportPreview, ProductPricing, Supplier

router = APIRouter(prefix="/api/v1/suppliers", tags=["suppliers"])
SiteName = Annotated[str, Query(max_length=63, description="the site's name")]


@dataclass(frozen=True, slots=True)
class Delay:
    """Days beyond the promised one, and their spread."""

    usual_days: Annotated[float, Field(ge=0, le=MAX_DELAY_DAYS)]
    spread_days: Annotated[float, Field(ge=0, le=MAX_DELAY_DAYS)] = 0.0


@router.get("")
async def suppliers(site: SiteName, services: ServicesOf) -> list[Supplier]:
    """The suppliers of a site and their terms, by name."""
    return await services.suppliers.suppliers(site)


@router.get("/articles")
async def articles(site: SiteName, services: ServicesOf) -> list[Article]:
    """Everything they sell, with packs and prices."""
    return await services.suppliers.articles(site)


@router.get("/pricing")
async def pricing(
    site: SiteName, services: ServicesOf, product: Annotated[str | None, Query(max_length=63)] = None
) -> list[ProductPricing]:
    """Every product with its offers side by side, by the litre, the cheapest first."""
    return await services.suppliers.pricing(site, product)


@router.put("/{supplier}/delay", status_code=204)
async def set_delay(site: SiteName, supplier: str, said: Delay, services: ServicesOf) -> None:
    """Note how many days late a supplier usually comes, and by how many that varies."""
    await services.suppliers.set_delay(site, supplier, said.usual_days, said.spread_days)


@router.post("/import")
async def import_list(
    site: SiteName, request: Request, services: ServicesOf, *, apply: bool = False
) -> ImportPreview:
    """Say what a CSV of terms or prices (the body, UTF-8) changes; with apply=true change it."""
    return await services.suppliers.import_list(site, await _text(request), apply=apply)


async def _text(request: Request) -> str:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BYTES:
            raise TooLarge(f"a price list is at most {MAX_BYTES // 1024 // 1024} MiB; split it by supplier")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Malformed("the file is not UTF-8; save it as CSV UTF-8") from None
