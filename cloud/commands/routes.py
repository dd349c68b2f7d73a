"""The gateways' long poll: POST /gateway/v1/exchange (contract.commands), and what people may read of it."""

from fastapi import APIRouter, Request, Response

from cloud.commands.schemas import CommandLine, SettingsState
from cloud.identity.routes import NO_STORE, Bearer, parsed, small_body
from cloud.requests import ServicesOf
from contract.commands import EXCHANGE_PATH, MAX_EXCHANGE_BYTES, ExchangeRequest

router = APIRouter()


@router.post(EXCHANGE_PATH, tags=["gateway"])
async def exchange(request: Request, speaker: Bearer, services: ServicesOf) -> Response:
    """Take what a gateway reports; answer at once, or when there is something new, or after wait_s."""
    asked = parsed(ExchangeRequest, await small_body(request, MAX_EXCHANGE_BYTES))
    answer = await services.commands.exchange(speaker, asked)
    return Response(answer.model_dump_json(), media_type="application/json", headers=NO_STORE)


@router.get("/api/v1/sites/{site_id}/commands", tags=["gateways"])
async def commands(site_id: str, services: ServicesOf) -> dict[str, list[CommandLine]]:
    """The newest commands of each gateway of a site, and how far each has come."""
    await services.sites.site(site_id)
    return await services.commands.of_site(site_id, limit=20)


@router.get("/api/v1/sites/{site_id}/gateway-settings", tags=["gateways"])
async def settings(site_id: str, services: ServicesOf) -> dict[str, SettingsState]:
    """How each gateway of a site should be and is set."""
    await services.sites.site(site_id)
    return await services.commands.settings(site_id)
