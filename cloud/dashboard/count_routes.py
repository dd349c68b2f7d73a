"""The page on which a store room is counted by hand: /<site>/count."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from cloud.counts.service import FIRST_ROOM, MAX_WORD
from cloud.dashboard.forms import Fields, form_fields, last
from cloud.dashboard.pages import site_values
from cloud.dashboard.pars_view import counts_due
from cloud.dashboard.routes import PageRoute, draw_page
from cloud.problems import CloudProblem, Malformed
from cloud.services import Services

router = APIRouter(include_in_schema=False, route_class=PageRoute)
MAX_FORM_BYTES = 512 * 1024
SHOWN_HISTORY = 12


@router.get("/{site_id}/count")
async def show(
    request: Request, site_id: str, room: Annotated[str, Query(max_length=MAX_WORD)] = ""
) -> Response:
    """What stands in a store room, to be counted."""
    return await _page(request, site_id, room, {}, "")


@router.post("/{site_id}/count")
async def count(request: Request, site_id: str) -> Response:
    """Note what was counted; what was left empty stays as it was."""
    fields = await form_fields(request, MAX_FORM_BYTES)
    room, who = last(fields, "room").strip(), last(fields, "counted_by")
    services: Services = request.app.state.services
    try:
        await services.counts.count(site_id, room, who, _bottles(fields))
    except CloudProblem as problem:
        typed = {name: values[-1][:20] for name, values in fields.items()}
        return await _page(request, site_id, room, typed | {"counted_by": who}, problem.detail)
    return RedirectResponse(f"/{site_id}/count?{urlencode({'room': room, 'saved': 1})}", status_code=303)


def _bottles(fields: Fields) -> dict[str, float]:
    """The numbers of bottles that were filled in. Raises Malformed."""
    bottles = {}
    for name, values in fields.items():
        text = values[-1].strip().replace(",", ".")
        if not name.startswith("bottles-") or not text:
            continue
        try:
            bottles[name.removeprefix("bottles-")] = float(text)
        except ValueError:
            raise Malformed(f"{text[:20]!r} is no number of bottles; write it like 3 or 2.5") from None
    return bottles


async def _page(request: Request, site_id: str, room: str, typed: dict[str, str], fault: str) -> Response:
    services: Services = request.app.state.services
    site = await services.sites.site(site_id)
    rooms = await services.counts.rooms(site_id)
    room = room or (rooms[0] if rooms else FIRST_ROOM)
    values = site_values(request, site, "more") | {
        "room": room,
        "rooms": rooms,
        "sheet": await services.counts.sheet(site_id, room),
        "due": counts_due(
            await services.orders.figures(site_id),
            await services.counts.stores(site_id),
            request.app.state.clock.now(),
        ),
        "history": (await services.counts.history(site_id))[:SHOWN_HISTORY],
        "typed": typed,
        "fault": fault,
        "saved": "saved" in request.query_params,
    }
    status = 422 if fault else 200
    return draw_page(request, "count.html", values, request.app.state.clock.now(), status_code=status)
