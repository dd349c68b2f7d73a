"""The page of a till's sales: import with a look first, and what the till's names stand for."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from cloud.dashboard import sales_view
from cloud.dashboard.forms import Fields, form_fields, last
from cloud.dashboard.pages import site_values
from cloud.dashboard.routes import PageRoute, draw_page
from cloud.problems import CloudProblem
from cloud.sales.schemas import SalesPreview
from cloud.services import Services

router = APIRouter(include_in_schema=False, route_class=PageRoute)
MAX_FILE_BYTES = 4_000_000
MAX_FORM_BYTES = 3 * MAX_FILE_BYTES
"""A form's text is percent-encoded; a larger file goes through `admin import-sales`."""
MAX_UNKNOWN, MAX_KNOWN = 40, 100
COLUMNS = ("day", "item", "pieces")


@router.get("/{site_id}/sales")
async def sales(request: Request, site_id: str) -> Response:
    """What the till sold, and what its names stand for."""
    return await _page(request, site_id, None, {}, "")


@router.post("/{site_id}/sales")
async def import_sales(request: Request, site_id: str) -> Response:
    """Show what an import of the pasted file would do; with the button Import do it."""
    services: Services = request.app.state.services
    fields: Fields = {}
    try:
        fields = await form_fields(request, MAX_FORM_BYTES)
        columns = {what: last(fields, what).strip() or None for what in COLUMNS}
        act = services.sales.bring_in if _is_import(fields) else services.sales.preview
        preview = await act(site_id, last(fields, "list").encode(), columns)
    except CloudProblem as problem:
        return await _page(request, site_id, None, fields, problem.detail)
    return await _page(request, site_id, preview, fields, "")


@router.post("/{site_id}/sales/names")
async def name_item(request: Request, site_id: str) -> Response:
    """Say what a name of the till stands for; without a product it stands for nothing."""
    services: Services = request.app.state.services
    try:
        fields = await form_fields(request, MAX_FORM_BYTES)
        names = await _names(services, site_id)
        parts = sales_view.parts_of(fields, names)
        await services.sales.name_item(site_id, last(fields, "name"), parts)
    except CloudProblem as problem:
        return await _page(request, site_id, None, {}, problem.detail)
    return RedirectResponse(f"/{site_id}/sales#names", status_code=303)


async def _page(
    request: Request, site_id: str, preview: SalesPreview | None, fields: Fields, fault: str
) -> Response:
    services: Services = request.app.state.services
    site = await services.sites.site(site_id)
    names = await _names(services, site_id)
    items = await services.sales.items(site_id)
    is_done = preview is not None and _is_import(fields)
    values = site_values(request, site, "more") | {
        "names": names,
        "unknown": [item for item in items if not item.parts],
        "known": [item for item in items if item.parts],
        "most": {"unknown": MAX_UNKNOWN, "known": MAX_KNOWN, "parts": sales_view.MAX_PARTS_SHOWN},
        "preview": preview,
        "counted": sales_view.counted(preview, names) if preview else [],
        "is_done": is_done,
        "text": "" if is_done else last(fields, "list"),
        "chosen": {what: last(fields, what) for what in COLUMNS},
        "fault": fault,
        "view": sales_view,
    }
    return draw_page(request, "sales.html", values, request.app.state.clock.now())


async def _names(services: Services, site_id: str) -> dict[str, str]:
    return {each.product_id: each.name for each in await services.catalogue.products(site_id)}


def _is_import(fields: Fields) -> bool:
    return last(fields, "do") == "import"
