"""The technician's pages: More, Devices with what was asked of each gateway, and a claim that lets one in.

A page of these is drawn anew every two seconds by the browser itself. A form changes something only when it
comes from our own page: browsers name the origin of every POST.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import segno
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from markupsafe import Markup
from pydantic import ValidationError

from cloud.commands.schemas import CommandLine, SettingsState
from cloud.dashboard.device_words import command_words, detail_words, quality_words, waiting_words
from cloud.dashboard.forms import form_fields
from cloud.dashboard.pages import site_values
from cloud.dashboard.routes import draw_page
from cloud.gateways.schemas import GatewayState
from cloud.identity.schemas import Claim
from cloud.problems import Busy, CloudProblem, Malformed, NotFound
from cloud.services import Services
from cloud.sites.schemas import SiteSummary
from cloud.stock.status import Verdict, gateway_verdict
from contract.commands import CommandKind, RemoteSettings
from contract.identity import claim_link

router = APIRouter(include_in_schema=False)

MAX_FORM_BYTES = 2_048
SHOWN_COMMANDS = 4


@dataclass(frozen=True, slots=True)
class DeviceView:
    """One gateway with all that a technician asks first."""

    state: GatewayState
    verdict: Verdict
    qualities: tuple[str, ...]
    slots: tuple[tuple[str, str], ...]
    """(slot_id, words) of the places on its shelves."""
    commands: tuple[CommandLine, ...]
    settings: SettingsState


@router.get("/{site_id}/more")
async def more(request: Request, site_id: str) -> Response:
    """What is not needed every night."""
    site = await _services(request).sites.site(site_id)
    return _draw(request, "more.html", site, {})


@router.get("/{site_id}/devices")
async def devices(request: Request, site_id: str) -> Response:
    """Every gateway: how it is, what can be asked of it, and what became of that."""
    return await _devices(request, site_id)


async def _devices(request: Request, site_id: str, problem: CloudProblem | None = None) -> Response:
    site = await _services(request).sites.site(site_id)
    views = await look_at_devices(_services(request), site, request.app.state.clock.now())
    values = {"views": views, "new_id": lambda: uuid4().hex, "said": problem.detail if problem else ""}
    return _draw(request, "devices.html", site, values, problem.status if problem else 200)


@router.get("/{site_id}/devices/results/{command_id}")
async def result(request: Request, site_id: str, command_id: str) -> Response:
    """What a command brought, as text."""
    await _services(request).sites.site(site_id)
    text = await _services(request).commands.result(command_id)
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return PlainTextResponse(text, headers=headers)


@router.post("/{site_id}/devices/{gateway_id}/settings")
async def set_gateway(request: Request, site_id: str, gateway_id: str) -> Response:
    """Say how a gateway should be set."""
    form = await _form(request)
    await _must_be_here(request, site_id, gateway_id)
    try:
        wanted = RemoteSettings.model_validate({name: text for name, text in form.items() if text})
    except ValidationError as error:
        first = error.errors()[0]
        problem = Malformed(f"{str(first['loc'][0]).replace('_', ' ')}: {first['msg']}")
        return await _devices(request, site_id, problem)
    await _services(request).commands.want(gateway_id, wanted)
    return RedirectResponse(f"/{site_id}/devices", 303)


@router.post("/{site_id}/devices/{gateway_id}/{kind}")
async def ask(request: Request, site_id: str, gateway_id: str, kind: CommandKind) -> Response:
    """Ask a gateway for something; the form's id makes two clicks one command."""
    form = await _form(request)
    await _must_be_here(request, site_id, gateway_id)
    arguments: dict[str, str] = {name: form[name] for name in ("slot", "deed", "weight_g") if name in form}
    try:
        command_id = uuid4().hex if "id" not in form else _hex(form["id"])
    except ValueError:
        raise Malformed("the form is not ours; load the page again") from None
    try:
        await _services(request).commands.ask(gateway_id, kind, arguments, command_id=command_id)
    except (Malformed, Busy) as problem:
        return await _devices(request, site_id, problem)
    return RedirectResponse(f"/{site_id}/devices", 303)


@router.get("/{site_id}/claims")
async def choose(request: Request, site_id: str) -> Response:
    """Add a gateway: which one."""
    site = await _services(request).sites.site(site_id)
    gateways = await _services(request).gateways.gateways(site_id)
    return _draw(request, "claims.html", site, {"gateways": sorted(gateways, key=lambda one: one.keys > 0)})


@router.post("/{site_id}/claims")
async def make_claim(request: Request, site_id: str) -> Response:
    """Make a claim for the chosen gateway."""
    form = await _form(request)
    gateway_id = form.get("gateway", "")
    await _must_be_here(request, site_id, gateway_id)
    claim = await _services(request).identity.make_claim(site_id, gateway_id)
    return RedirectResponse(f"/{site_id}/claims/{claim.claim_no}", 303)


@router.get("/{site_id}/claims/{claim_no}")
async def claim_page(request: Request, site_id: str, claim_no: int) -> Response:
    """A claim: its code, its picture, and whether a gateway has come."""
    site = await _services(request).sites.site(site_id)
    claim = await _services(request).identity.claim(claim_no)
    if claim.site_id != site_id:
        raise NotFound(f"there is no claim {claim_no} of {site_id}")
    cloud_url = request.app.state.public_url or str(request.base_url).rstrip("/")
    return _draw(
        request,
        "claim.html",
        site,
        {"claim": claim, "cloud_url": cloud_url, "picture": _picture(claim, cloud_url)},
    )


async def look_at_devices(services: Services, site: SiteSummary, now: datetime) -> list[DeviceView]:
    """Read how the gateways of a site are, one service after the other."""
    zone = ZoneInfo(site.timezone)
    shelves = await services.stock.shelves(site.site_id)
    commands = await services.commands.of_site(site.site_id, SHOWN_COMMANDS)
    settings = await services.commands.settings(site.site_id)
    slots: dict[str, list[tuple[str, str]]] = {}
    for shelf in shelves:
        for slot in sorted(shelf.slots, key=lambda each: each.position):
            words = f"{shelf.name} {slot.position}: {slot.product_name or 'free'}"
            slots.setdefault(shelf.gateway_id, []).append((slot.slot_id, words))
    return [
        DeviceView(
            state=state,
            verdict=gateway_verdict(state.name, state.seen_at, state.outbox_waiting, now, zone),
            qualities=quality_words(state),
            slots=tuple(slots.get(state.gateway_id, ())),
            commands=tuple(commands.get(state.gateway_id, ())),
            settings=settings[state.gateway_id],
        )
        for state in await services.gateways.gateways(site.site_id)
    ]


def _picture(claim: Claim, cloud_url: str) -> Markup:
    """The claim as a QR code, an SVG of 33 or more modules; nothing once it is over."""
    if claim.code is None:
        return Markup("")
    code = segno.make(claim_link(cloud_url, claim.code), error="m", micro=False)
    drawn = code.svg_inline(scale=6, border=3, light="#fff", dark="#000", svgclass="qr", omitsize=True)
    return Markup(drawn)  # noqa: S704 - made of our own letters


def _draw(
    request: Request, name: str, site: SiteSummary, values: Mapping[str, object], status: int = 200
) -> Response:
    words = {"command_words": command_words, "detail_words": detail_words, "waiting_words": waiting_words}
    common = site_values(request, site, "more") | words
    return draw_page(request, name, {**common, **values}, request.app.state.clock.now(), status)


async def _must_be_here(request: Request, site_id: str, gateway_id: str) -> None:
    gateways = await _services(request).gateways.gateways(site_id)
    if gateway_id not in {gateway.gateway_id for gateway in gateways}:
        raise NotFound(f"{site_id} has no gateway {gateway_id[:63]!r}; its layout names them")


async def _form(request: Request) -> dict[str, str]:
    fields = await form_fields(request, MAX_FORM_BYTES)
    return {name: values[0] for name, values in fields.items()}


def _hex(text: str) -> str:
    if len(text) != 32:
        raise ValueError(text)
    return f"{int(text, 16):032x}"


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services
