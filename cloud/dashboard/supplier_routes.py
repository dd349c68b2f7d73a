"""The pages of suppliers: who delivers when, prices side by side, the import with its preview."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from cloud.dashboard.forms import form_fields, must_be_ours
from cloud.dashboard.pages import site_values
from cloud.dashboard.routes import PageRoute, draw_message, draw_page
from cloud.problems import CloudProblem, Malformed, NotFound
from cloud.services import Services
from cloud.suppliers.changes import terms
from cloud.suppliers.price_list import MAX_BYTES, PRICE_COLUMNS, TERM_COLUMNS
from cloud.suppliers.schemas import ImportPreview

router = APIRouter(include_in_schema=False, route_class=PageRoute)
MAX_DELAY_BYTES = 4096
MAX_FORM_BYTES = 3 * MAX_BYTES
"""A form's text is percent-encoded."""


@router.get("/{site_id}/suppliers")
async def suppliers(request: Request, site_id: str) -> Response:
    """Suppliers and prices."""
    return await _page(request, site_id, None, "", "")


@router.post("/{site_id}/suppliers")
async def import_list(request: Request, site_id: str) -> Response:
    """Show what a pasted list changes; with the button Apply change it."""
    fields = await form_fields(request, MAX_FORM_BYTES)
    text = fields.get("list", [""])[-1]
    apply = fields.get("do", [""])[-1] == "apply"
    try:
        services: Services = request.app.state.services
        preview = await services.suppliers.import_list(site_id, text, apply=apply)
    except CloudProblem as problem:
        return await _page(request, site_id, None, text, problem.detail)
    return await _page(request, site_id, preview, "" if preview.is_done else text, "")


@router.post("/{site_id}/suppliers/{supplier_id}/delay")
async def delay(request: Request, site_id: str, supplier_id: str) -> Response:
    """Note how late a supplier usually comes, and by how much that varies."""
    services: Services = request.app.state.services
    try:
        fields = await form_fields(request, MAX_DELAY_BYTES)
        usual, spread = (_days(fields.get(name, [""])[-1]) for name in ("usual", "spread"))
        await services.suppliers.set_delay(site_id, supplier_id, usual, spread)
    except CloudProblem as problem:
        return await _page(request, site_id, None, "", problem.detail)
    return RedirectResponse(f"/{site_id}/suppliers", status_code=303)


def _days(text: str) -> float:
    try:
        return float(text.strip().replace(",", ".") or 0)
    except ValueError:
        raise Malformed(f"{text[:20]!r} is no number of days; write it like 1 or 0.5") from None


@router.post("/{site_id}/suppliers/{supplier_id}/{what}")
async def close(request: Request, site_id: str, supplier_id: str, what: str) -> Response:
    """Mark a supplier as closed for now (close) or open again (open)."""
    must_be_ours(request)
    services: Services = request.app.state.services
    try:
        await services.suppliers.close(site_id, supplier_id, is_closed=what == "close")
    except NotFound as problem:
        return draw_message(request, "No such supplier", f"{problem.detail}.", status_code=404)
    return RedirectResponse(f"/{site_id}/suppliers", status_code=303)


async def _page(
    request: Request, site_id: str, preview: ImportPreview | None, text: str, fault: str
) -> Response:
    services: Services = request.app.state.services
    site = await services.sites.site(site_id)
    values = site_values(request, site, "more") | {
        "suppliers": await services.suppliers.suppliers(site_id),
        "lateness": await services.orders.lateness(site_id),
        "pricing": await services.suppliers.pricing(site_id),
        "preview": preview,
        "text": text,
        "fault": fault,
        "terms": terms,
        "price_columns": ",".join(PRICE_COLUMNS),
        "term_columns": ",".join(TERM_COLUMNS),
    }
    return draw_page(request, "suppliers.html", values, request.app.state.clock.now())
