"""The page of a gateway that nobody has let in yet: it asks for a claim's code. Knows HTTP, not the cloud.

It needs no PIN: the code is the secret, and which cloud is asked stands in the configuration.
"""

import asyncio
from collections.abc import Awaitable, Callable
from html import escape

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from edge.local_page.server import STATIC, SecurityHeaders, is_ours, read_form
from edge.local_page.views import document

Exchange = Callable[[str], Awaitable[str | None]]
"""Code or link -> None when the gateway is let in, else why it is not."""


class EnrolmentPage:
    """One form; one try at a time."""

    def __init__(self, gateway_id: str, cloud_url: str, exchange: Exchange) -> None:
        self._gateway_id, self._cloud_url, self._exchange = gateway_id, cloud_url, exchange
        self._trying = asyncio.Lock()

    def app(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(
            routes=[
                Route("/", self._ask),
                Route("/enrol", self._enrol, methods=["POST"]),
                Mount("/static", StaticFiles(directory=STATIC)),
            ],
            middleware=[Middleware(SecurityHeaders)],
        )

    async def _ask(self, _request: Request) -> Response:
        return HTMLResponse(self._form())

    async def _enrol(self, request: Request) -> Response:
        form = await read_form(request)
        if not is_ours(request):
            return HTMLResponse(self._form("This form comes from another page; use this one."), 403)
        async with self._trying:
            problem = await self._exchange(form.get("code", ""))
        if problem is not None:
            return HTMLResponse(self._form(problem), 422)
        return HTMLResponse(
            document(
                "Enrolled",
                f"<h1>{escape(self._gateway_id)} is enrolled</h1>"
                "<p>It starts to weigh now; its scales are here in half a minute.</p>"
                '<p><a class="back" href="/">Show them</a></p>',
            )
        )

    def _form(self, problem: str = "") -> str:
        note = (
            f'<p class="problem" role="alert">{escape(problem[0].upper() + problem[1:])}</p>'
            if problem
            else ""
        )
        return document(
            "Enrol this gateway",
            f'<form class="narrow" method="post" action="/enrol"><h1>Let {escape(self._gateway_id)} in</h1>'
            f'<p class="soft">Make a code at {escape(self._cloud_url)}, under More, Add a gateway. It holds '
            f'for 15 minutes.</p>{note}<label for="code">Code</label><input id="code" name="code" autofocus '
            'autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="400" required '
            'placeholder="7KQ4-M2XD-9TPA-60FR"><button>Enrol</button></form>',
        )
