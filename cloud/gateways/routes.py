"""Gateways over HTTP: how they are, what they got wrong."""

from typing import Annotated

from fastapi import APIRouter, Query

from cloud.gateways.schemas import GatewayState, QuarantinedRecord, Stranger
from cloud.gateways.service import MAX_LISTED
from cloud.requests import ServicesOf

router = APIRouter(prefix="/api/v1", tags=["gateways"])


@router.get("/sites/{site_id}/gateways")
async def gateways(site_id: str, services: ServicesOf) -> list[GatewayState]:
    """Every gateway of a site, by name."""
    await services.sites.site(site_id)
    return await services.gateways.gateways(site_id)


@router.get("/gateways/{gateway_id}/quarantine")
async def quarantine(
    gateway_id: str, services: ServicesOf, limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = 100
) -> list[QuarantinedRecord]:
    """The newest records that could not be stored, and why."""
    return await services.gateways.quarantined(gateway_id, limit)


@router.get("/strangers")
async def strangers(services: ServicesOf) -> list[Stranger]:
    """Names that sent batches and are not registered, the newest first."""
    return await services.gateways.strangers()
