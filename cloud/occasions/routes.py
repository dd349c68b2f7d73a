"""Events over HTTP."""

from datetime import date

from fastapi import APIRouter, status
from pydantic import BaseModel, Field

from cloud.occasions.schemas import Event
from cloud.requests import ServicesOf

router = APIRouter(prefix="/api/v1/sites", tags=["events"])


class EventWords(BaseModel):
    """An event as a person gives it."""

    name: str = Field(min_length=1, max_length=120)
    starts_on: date
    ends_on: date


@router.get("/{site_id}/events")
async def events(site_id: str, services: ServicesOf) -> list[Event]:
    """What forecasts know of: festivals, matches, parties; from half a year ago on."""
    return await services.occasions.events(site_id)


@router.post("/{site_id}/events", status_code=status.HTTP_201_CREATED)
async def add_event(site_id: str, event: EventWords, services: ServicesOf) -> list[Event]:
    """Write an event down."""
    await services.occasions.add_event(site_id, event.name, event.starts_on, event.ends_on)
    return await services.occasions.events(site_id)


@router.delete("/{site_id}/events/{number}")
async def remove_event(site_id: str, number: int, services: ServicesOf) -> list[Event]:
    """Take an event away."""
    await services.occasions.remove_event(site_id, number)
    return await services.occasions.events(site_id)
