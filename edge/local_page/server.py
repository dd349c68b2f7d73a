"""Routes and the socket. Owns HTTP: the cookie, the headers, and what happens to a form.

Every answer forbids scripts from elsewhere; every change is a POST with our own cookie (SameSite=Strict) from
our own origin. A port that cannot be had is said once; the gateway weighs on without the page.
"""

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.bench import Bench
from edge.drawing import Drawing
from edge.live import TooManyLookersError
from edge.local_page import views
from edge.local_page.camera_routes import CameraRoutes
from edge.local_page.guard import SESSION_S, Guard
from edge.ports import Clock

log = logging.getLogger(__name__)

STATIC = Path(__file__).with_name("static")
COOKIE = "barback_local"
MAX_FORM_BYTES = 1_024
HEADERS = {
    b"content-security-policy": (
        b"default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
    ),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cache-control": b"no-store",
}


class SecurityHeaders:
    """Adds our headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *HEADERS.items()]
            await send(message)

        await self._app(scope, receive, sending)


class LocalPage:
    """The page's routes."""

    def __init__(self, bench: Bench, guard: Guard, clock: Clock, drawing: Drawing | None = None) -> None:
        """`drawing` is there where the gateway has cameras."""
        self._bench, self._guard, self._clock = bench, guard, clock
        self._cameras = drawing and CameraRoutes(drawing, clock, self._refused_look, self._refused_change)

    def app(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(
            routes=[
                Route("/", self._overview),
                Route("/enter", self._enter, methods=["POST"]),
                Route("/scales/{scale}", self._scale),
                Route("/scales/{scale}/live", self._live),
                Route("/scales/{scale}/{deed}", self._do, methods=["POST"]),
                *(self._cameras.routes() if self._cameras else ()),
                Mount("/static", StaticFiles(directory=STATIC)),
            ],
            middleware=[Middleware(SecurityHeaders)],
        )

    async def _overview(self, request: Request) -> Response:
        if not self._may(request):
            return self._ask(request)
        return HTMLResponse(self._overview_text())

    def _overview_text(self) -> str:
        bench = self._bench
        now_s = self._clock.real_s()
        cameras = self._cameras.overview() if self._cameras else ""
        return views.overview(
            bench.status, bench.site_name, bench.carries, now_s, is_sought=bench.is_sought, cameras=cameras
        )

    async def _enter(self, request: Request) -> Response:
        form = await read_form(request)
        session = self._guard.enter(form.get("pin", ""), _address(request))
        if session is None or not is_ours(request):
            return self._ask(request, was_wrong=True)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(COOKIE, session, max_age=int(SESSION_S), httponly=True, samesite="strict")
        return answer

    async def _scale(self, request: Request) -> Response:
        scale_id = request.path_params["scale"]
        if not self._may(request):
            return self._ask(request)
        if scale_id not in self._bench.scales:
            return PlainTextResponse(f"This gateway has no scale {scale_id[:63]}.", 404)
        return self._page(scale_id)

    async def _live(self, request: Request) -> Response:
        scale_id = request.path_params["scale"]
        if not self._may(request) or scale_id not in self._bench.scales:
            return PlainTextResponse("Enter the PIN first.", 403)
        return StreamingResponse(self._events(scale_id), media_type="text/event-stream")

    async def _events(self, scale_id: str) -> AsyncIterator[bytes]:
        try:
            async for picture in self._bench.watch(scale_id):
                yield b"data: " + json.dumps(picture).encode() + b"\n\n"
        except TooManyLookersError as error:
            yield b"data: " + json.dumps({"problem": str(error)}).encode() + b"\n\n"

    async def _do(self, request: Request) -> Response:
        scale_id, deed = request.path_params["scale"], request.path_params["deed"]
        if not self._may(request) or not is_ours(request) or scale_id not in self._bench.scales:
            return PlainTextResponse("Enter the PIN first.", 403)
        try:
            told = await self._deed(scale_id, deed, await read_form(request))
        except KeyError:
            told = "that calibration is no longer in progress: begin anew"
        except (ValueError, OSError) as error:
            told = str(error)
        return self._page(scale_id, told) if told else RedirectResponse(f"/scales/{scale_id}", 303)

    async def _deed(self, scale_id: str, deed: str, form: dict[str, str]) -> str | None:
        bench = self._bench
        if deed == "begin":
            bench.begin(scale_id, [_grams(form.get("weight", ""))])
        elif deed == "step":
            return await bench.step(scale_id)
        elif deed == "accept":
            await bench.accept(scale_id)
        elif deed == "undo":
            return None if await bench.undo(scale_id) else "nothing to undo"
        else:
            bench.drop(scale_id)
        return None

    def _page(self, scale_id: str, told: str = "") -> Response:
        bench = self._bench
        session = bench.session(scale_id)
        done = session is not None and session.step is None
        shown = [one for one in (bench.status.scales if bench.status else ()) if one.scale_id == scale_id]
        return HTMLResponse(
            views.scale_page(
                shown[0] if shown else None,
                scale_id,
                bench.site_name,
                carried=bench.carries.get(scale_id, scale_id),
                made_at=bench.made_at(scale_id),
                redo=bench.redo(scale_id),
                session=session,
                verdict=bench.verdict(scale_id) if done else None,
                told=told,
            )
        )

    def _may(self, request: Request) -> bool:
        return self._guard.knows(request.cookies.get(COOKIE, ""))

    def _refused_look(self, request: Request) -> Response | None:
        return None if self._may(request) else self._ask(request)

    def _refused_change(self, request: Request) -> Response | None:
        allowed = self._may(request) and is_ours(request)
        return None if allowed else PlainTextResponse("Enter the PIN first.", 403)

    def _ask(self, request: Request, *, was_wrong: bool = False) -> Response:
        wait_s = self._guard.wait_s(_address(request))
        return HTMLResponse(views.enter(wait_s, was_wrong=was_wrong), 429 if wait_s else 401)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def is_ours(request: Request) -> bool:
    """Whether a form came from our own page: browsers name the origin of every POST."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form; nothing of one that is larger than any of ours."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            return {}
    fields = parse_qs(body.decode("latin-1"), max_num_fields=8)
    return {name: values[0] for name, values in fields.items()}


def _grams(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise ValueError(f"{text[:20]!r} is no weight: give grams, such as 1000") from None
