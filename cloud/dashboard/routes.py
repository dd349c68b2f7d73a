"""The pages over HTTP: /, /<site>/today, /<site>/stock, and the bundled files."""

import gzip
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute

from cloud.dashboard.bundle import Bundle, BundleMissingError, accepts_gzip
from cloud.dashboard.fragments import Fragments
from cloud.dashboard.item_look import look_at_item
from cloud.dashboard.rows import ListQuery, select_rows
from cloud.dashboard.snapshot import SiteSnapshot, look
from cloud.live.hub import Hub
from cloud.problems import NoSuchSite, NotFound


class PageRoute(APIRoute):
    """A page of a site: where there is no such site, that is what is shown."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's own answer, or that page."""
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except NoSuchSite:
                return no_such_bar(request, request.path_params["site_id"])

        return answer


router = APIRouter(include_in_schema=False, route_class=PageRoute)

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding, HX-Request",
}
_GZIP_LEVEL = 5
_GZIP_FROM_BYTES = 1_000


@router.get("/")
async def first_site(request: Request) -> Response:
    """Lead to the first site's Today, or say how to make one."""
    sites = await request.app.state.services.sites.sites()
    if sites:
        return RedirectResponse(f"/{sites[0].site_id}/today", status_code=302)
    return draw_message(
        request,
        "No bar here yet",
        "Here you will see what stands where, how full it is, and what was poured. "
        "The one next step: describe a bar in a file and load it.",
        code="python -m cloud admin import-site bar.toml",
    )


@router.get("/static/{name}")
async def static_file(request: Request) -> Response:
    """A file of the build."""
    bundle = request.app.state.bundle
    if bundle is None:
        return Response("Not built.", status_code=404, media_type="text/plain")
    answer: Response = bundle.file(request)
    return answer


@router.get("/{site_id}/today")
async def today(request: Request, site_id: str) -> Response:
    """The night at a glance."""
    return await _site_page(request, site_id, "today")


@router.get("/{site_id}/stock")
async def stock(
    request: Request,
    site_id: str,
    find: Annotated[str, Query(max_length=200)] = "",
    status: Annotated[str, Query(max_length=20)] = "",
    sort: Annotated[str, Query(max_length=20)] = "name",
) -> Response:
    """Every shelf as it stands, and every product as a list."""
    return await _site_page(request, site_id, "stock", ListQuery(find, status, sort))


@router.get("/{site_id}/items/{product_id}")
async def item(request: Request, site_id: str, product_id: str) -> Response:
    """One product: what stands there, what was drunk, what to expect and why."""
    state = request.app.state
    version = state.hub.version(site_id)
    try:
        snapshot = await look(state.services, site_id, state.clock.now())
        view = await look_at_item(state.services, snapshot, product_id)
    except NotFound as problem:
        return draw_message(
            request,
            "Nothing is known of that",
            problem.detail,
            href="/",
            link="To the first bar",
            status_code=404,
        )
    values: dict[str, object] = {"view": view, "page": "item", "version": version, **_site_values(snapshot)}
    return draw_page(request, "item.html", values, snapshot.now)


async def _site_page(request: Request, site_id: str, page: str, query: ListQuery | None = None) -> Response:
    state = request.app.state
    hub: Hub = state.hub
    # The version comes first: what changes while the page is drawn is then sent again, never missed.
    version = hub.version(site_id)
    snapshot = await look(state.services, site_id, state.clock.now())
    values: dict[str, object] = {
        "snapshot": snapshot,
        "page": page,
        "version": version,
        **_site_values(snapshot),
    }
    return draw_page(request, f"{page}.html", values | _drawn(state.fragments, snapshot, query), snapshot.now)


def _site_values(snapshot: SiteSnapshot) -> dict[str, object]:
    return {"site": snapshot.site, "zone": snapshot.zone, "timezone": snapshot.site.timezone}


def _drawn(fragments: Fragments, snapshot: SiteSnapshot, query: ListQuery | None) -> dict[str, object]:
    if query is None:
        return {"drawn": fragments.today(snapshot)}
    rows = select_rows(snapshot.products, query)
    return {"drawn": fragments.stock(snapshot, rows), "query": query, "rows": rows}


def draw_message(
    request: Request, title: str, sentence: str, *, status_code: int = 200, **link: str
) -> Response:
    """A page that says one thing, and where to go from there."""
    values: dict[str, object] = {
        "title": title,
        "sentence": sentence,
        "code": "",
        "href": "",
        "link": "",
        **link,
    }
    now = request.app.state.clock.now()
    no_site: dict[str, object] = {"site": None, "page": "", "zone": UTC, "version": "", "timezone": "UTC"}
    return draw_page(request, "message.html", values | no_site, now, status_code)


def no_such_bar(request: Request, site_id: str) -> Response:
    """Say that nothing is known of a site."""
    sentence = f"Nothing is known of {site_id[:63]!r}."
    link = {"href": "/", "link": "To the first bar"}
    return draw_message(request, "There is no such bar", sentence, status_code=404, **link)


def draw_page(
    request: Request, name: str, values: dict[str, object], now: datetime, status_code: int = 200
) -> Response:
    """Draw a template with what every page needs."""
    state = request.app.state
    bundle: Bundle | None = state.bundle
    if bundle is None:
        return not_built()
    fragments: Fragments = state.fragments
    text = fragments.page(name, {"now": now, "bundle": bundle, "speed": state.clock.speed} | values)
    return packed(request, text.encode(), status_code)


def packed(request: Request, body: bytes, status_code: int = 200) -> Response:
    """Answer HTML, gzipped where the browser takes it."""
    headers = dict(_HEADERS)
    if len(body) >= _GZIP_FROM_BYTES and accepts_gzip(request):
        body, headers["Content-Encoding"] = gzip.compress(body, _GZIP_LEVEL, mtime=0), "gzip"
    return HTMLResponse(body, status_code=status_code, headers=headers)


def not_built() -> Response:
    """Say in words which command is missing."""
    try:
        Bundle.load()
        sentence = "The dashboard's assets were built after the start. Restart the cloud."
    except BundleMissingError as missing:
        sentence = str(missing)
    return Response(sentence + "\n", status_code=503, media_type="text/plain; charset=utf-8")
