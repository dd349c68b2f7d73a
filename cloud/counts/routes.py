"""Counts of store rooms over HTTP."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from cloud.counts.schemas import Counted, StoreStock
from cloud.requests import ServicesOf

router = APIRouter(prefix="/api/v1/sites", tags=["stock"])
MAX_PRODUCTS = 5_000


@dataclass(frozen=True, slots=True)
class RoomCount:
    """What stands in one room: bottles by product; what is not named stays as it was counted before."""

    room: str
    counted_by: str
    bottles: Annotated[dict[str, float], Field(max_length=MAX_PRODUCTS)]


@router.get("/{site_id}/counts")
async def history(site_id: str, services: ServicesOf) -> list[Counted]:
    """Who counted what in which room, newest first."""
    return await services.counts.history(site_id)


@router.post("/{site_id}/counts", status_code=201)
async def count(site_id: str, said: RoomCount, services: ServicesOf) -> dict[str, int]:
    """Note a count of a store room; the answer is how many products were counted."""
    return {"counted": await services.counts.count(site_id, said.room, said.counted_by, said.bottles)}


@router.get("/{site_id}/stores")
async def stores(site_id: str, services: ServicesOf) -> list[StoreStock]:
    """Every product that was counted: how many, when, and how many were carried to the shelves since."""
    return list((await services.counts.stores(site_id)).values())
