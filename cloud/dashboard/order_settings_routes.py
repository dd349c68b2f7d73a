"""The page of a bar's order settings: money, service, room by zone, days ahead; wrong fields are said beside
them.
"""

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from cloud.dashboard.forms import Fields, form_fields
from cloud.dashboard.order_settings_form import categories_in, read_form, rows_used, shown
from cloud.dashboard.pages import site_values
from cloud.dashboard.routes import PageRoute, draw_page
from cloud.orders.settings_check import MAX_PLAN_DAYS, MAX_ZONES, settings_faults
from cloud.services import Services

router = APIRouter(include_in_schema=False, route_class=PageRoute)
MAX_FORM_BYTES = 32 * 1024


@router.get("/{site_id}/orders/settings")
async def show(request: Request, site_id: str) -> Response:
    """How this bar orders."""
    services: Services = request.app.state.services
    settings = await services.orders.settings(site_id)
    return await _page(request, site_id, shown(settings), {})


@router.post("/{site_id}/orders/settings")
async def change(request: Request, site_id: str) -> Response:
    """Change it, and plan again; or say beside each field what is wrong with it."""
    fields = await form_fields(request, MAX_FORM_BYTES)
    services: Services = request.app.state.services
    before = await services.orders.settings(site_id)
    said, faults = read_form(fields)
    wanted = replace(before, **said)
    faults = settings_faults(wanted) | faults
    if faults:
        return await _page(request, site_id, _as_typed(fields), faults)
    await services.orders.set_settings(site_id, wanted)
    return RedirectResponse(f"/{site_id}/orders/settings?saved=1", status_code=303)


async def _page(request: Request, site_id: str, typed: dict[str, str], faults: dict[str, str]) -> Response:
    services: Services = request.app.state.services
    site = await services.sites.site(site_id)
    stock = await services.stock.products(site_id)
    values = site_values(request, site, "orders") | {
        "typed": typed,
        "faults": faults,
        "saved": "saved" in request.query_params,
        "zone_rows": range(min(MAX_ZONES, rows_used(typed) + 1)),
        "categories": sorted({product.category for product in stock} | categories_in(typed)),
        "max_days": MAX_PLAN_DAYS,
    }
    status = 422 if faults else 200
    return draw_page(
        request, "order_settings.html", values, request.app.state.clock.now(), status_code=status
    )


def _as_typed(fields: Fields) -> dict[str, str]:
    return {name: values[-1][:60] for name, values in fields.items()}
