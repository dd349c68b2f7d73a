"""Routes of a camera: the page, its picture, and what was drawn. Owns HTTP; who may is asked first."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from edge.drawing import MAX_BODY, Drawing
from edge.local_page import camera_views
from edge.ports import Clock

Guarded = Callable[[Request], Response | None]
MAX_FORM_BYTES = 256


class CameraRoutes:
    """The cameras' part of the page."""

    def __init__(self, drawing: Drawing, clock: Clock, look: Guarded, change: Guarded) -> None:
        """`look` and `change` return an answer for those who may not; None for those who may."""
        self._drawing, self._clock = drawing, clock
        self._may_look, self._may_change = look, change

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/cameras/{camera}", self._for(self._page, self._may_look)),
            Route("/cameras/{camera}/picture.jpg", self._for(self._picture, self._may_look)),
            Route("/cameras/{camera}/bottles", self._for(self._bottles, self._may_look)),
            Route("/cameras/{camera}/places", self._for(self._save, self._may_change), methods=["POST"]),
            Route("/cameras/{camera}/enrol", self._for(self._enrol, self._may_change), methods=["POST"]),
        ]

    def overview(self) -> str:
        """Return the cameras' part of the first page."""
        cameras = [(name, *self._drawing.state(name)) for name in self._drawing.cameras]
        return camera_views.camera_list(cameras)

    def _for(
        self, answer: Callable[[Request, str], Awaitable[Response]], may: Guarded
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answered(request: Request) -> Response:
            refused = may(request)
            if refused is not None:
                return refused
            camera_id = str(request.path_params["camera"])
            if camera_id not in self._drawing.cameras:
                return PlainTextResponse(f"This gateway has no camera {camera_id[:63]}.", 404)
            return await answer(request, camera_id)

        return answered

    async def _page(self, _: Request, camera_id: str) -> Response:
        return self._shown(camera_id)

    def _shown(self, camera_id: str, told: str = "") -> Response:
        drawing = self._drawing
        try:
            places = drawing.places(camera_id)
        except ValueError as error:
            places, told = (), str(error)
        return HTMLResponse(
            camera_views.camera_page(
                camera_id, drawing.site_name, drawing.state(camera_id), drawing.shelves(), places, told=told
            )
        )

    async def _picture(self, _: Request, camera_id: str) -> Response:
        try:
            return Response(await self._drawing.picture(camera_id), media_type="image/jpeg")
        except (ValueError, OSError) as error:
            return PlainTextResponse(str(error), 503)

    async def _bottles(self, _: Request, camera_id: str) -> Response:
        try:
            return JSONResponse(await self._drawing.bottles(camera_id))
        except (ValueError, OSError) as error:
            return PlainTextResponse(str(error), 503)

    async def _save(self, request: Request, camera_id: str) -> Response:
        body = await _body(request, MAX_BODY)
        try:
            self._drawing.save(camera_id, body, self._clock.now())
        except (ValueError, OSError) as error:
            return PlainTextResponse(str(error), 422)
        return PlainTextResponse("Saved. The next look uses these places.")

    async def _enrol(self, request: Request, camera_id: str) -> Response:
        slot = (
            (await _body(request, MAX_FORM_BYTES)).decode("latin-1").partition("slot=")[2].partition("&")[0]
        )
        try:
            return self._shown(camera_id, await self._drawing.enrol(camera_id, slot))
        except (ValueError, OSError) as error:
            return self._shown(camera_id, str(error))


async def _body(request: Request, most: int) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return b""
    return body
