"""Imported sales over HTTP; the file is the body of the request."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from cloud.problems import TooLarge
from cloud.requests import ServicesOf
from cloud.sales.reading import MAX_FILE_BYTES
from cloud.sales.schemas import Part, SalesItem, SalesPreview

router = APIRouter(prefix="/api/v1/sites", tags=["sales"])
Heading = Annotated[str | None, Query(max_length=120)]


class PartWords(BaseModel):
    """Millilitres of a product in one sale."""

    product_id: str
    ml: float = Field(gt=0)


class ItemWords(BaseModel):
    """What a name on the till stands for."""

    name: str = Field(min_length=1, max_length=120)
    parts: list[PartWords] = Field(max_length=12)


async def _columns(
    day: Heading = None, item: Heading = None, pieces: Heading = None
) -> dict[str, str | None]:
    return {"day": day, "item": item, "pieces": pieces}


ColumnsOf = Annotated[dict[str, str | None], Depends(_columns)]


@router.post("/{site_id}/sales/preview")
async def preview(site_id: str, request: Request, services: ServicesOf, columns: ColumnsOf) -> SalesPreview:
    """Say what an import of this CSV would do: columns, days, names that stand for nothing yet, faults."""
    return await services.sales.preview(site_id, await _body(request), columns)


@router.post("/{site_id}/sales")
async def bring_in(site_id: str, request: Request, services: ServicesOf, columns: ColumnsOf) -> SalesPreview:
    """Import this CSV; days and names that it has replace what was there."""
    return await services.sales.bring_in(site_id, await _body(request), columns)


@router.get("/{site_id}/sales/items")
async def items(site_id: str, services: ServicesOf) -> list[SalesItem]:
    """Every name that was sold and what it stands for, most sold first."""
    return await services.sales.items(site_id)


@router.put("/{site_id}/sales/items")
async def name_item(site_id: str, item: ItemWords, services: ServicesOf) -> list[SalesItem]:
    """Say what a name stands for; its sales so far become demand at once."""
    parts = [Part(part.product_id, part.ml) for part in item.parts]
    await services.sales.name_item(site_id, item.name, parts)
    return await services.sales.items(site_id)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FILE_BYTES:
            raise TooLarge(f"a sales file has at most {MAX_FILE_BYTES // 1_000_000} MB; split it by months")
    return bytes(body)
