"""The page of pars and order points: /<site>/pars."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from cloud.dashboard import pars_view
from cloud.dashboard.forms import form_fields
from cloud.dashboard.pages import site_values
from cloud.dashboard.routes import PageRoute, draw_page
from cloud.problems import CloudProblem
from cloud.services import Services

router = APIRouter(include_in_schema=False, route_class=PageRoute)
MAX_FORM_BYTES = 512 * 1024


@router.get("/{site_id}/pars")
async def show(request: Request, site_id: str) -> Response:
    """Every product's class, order point and par, to check and to set by hand."""
    return await _page(request, site_id)


@router.post("/{site_id}/pars")
async def change(request: Request, site_id: str) -> Response:
    """Save what was set by hand; a fault is said and nothing is saved."""
    fields = await form_fields(request, MAX_FORM_BYTES)
    services: Services = request.app.state.services
    await services.sites.site(site_id)
    try:
        levels = pars_view.read_levels(fields, await services.catalogue.products(site_id))
        await services.catalogue.set_levels(site_id, levels)
    except (ValueError, CloudProblem) as fault:
        typed = {name: values[-1][:20] for name, values in fields.items()}
        return await _page(request, site_id, typed, str(fault))
    return RedirectResponse(f"/{site_id}/pars?saved=1", status_code=303)


async def _page(
    request: Request, site_id: str, typed: Mapping[str, str] | None = None, fault: str = ""
) -> Response:
    services: Services = request.app.state.services
    site = await services.sites.site(site_id)
    entries = await services.catalogue.products(site_id)
    kept = {name: text for entry in entries for name, text in pars_view.shown(entry).items()}
    values = site_values(request, site, "orders") | {
        "groups": pars_view.groups(await services.orders.figures(site_id)),
        "pars": pars_view,
        "typed": kept | dict(typed or {}),
        "fault": fault,
        "saved": "saved" in request.query_params,
    }
    return draw_page(
        request, "pars.html", values, request.app.state.clock.now(), status_code=422 if fault else 200
    )
