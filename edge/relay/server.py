"""The endpoint that neighbours post their batches to. Owns the limits; believes nobody and changes nothing.

Whose batch it is, the cloud finds out by its signature; what the cloud answers, the neighbour finds out by
the cloud's. So anyone in this network may post here, and gets no further than with a line of their own.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from contract.batch import BATCHES_PATH, MAX_BATCH_BYTES, Problem

log = logging.getLogger(__name__)

MAX_AT_ONCE = 4
"""Each may hold 4 MiB."""
BODY_WITHIN_S = 30.0
RETRY_AFTER_S = 15


class Carried(Protocol):
    """The cloud's answer."""

    @property
    def status(self) -> int:
        """HTTP status."""

    @property
    def headers(self) -> dict[str, str]:
        """Headers that are carried back."""

    @property
    def body(self) -> bytes:
        """The body, as it came."""


Forward = Callable[[Mapping[str, str], bytes], Awaitable[Carried | None]]


class Relay:
    """The relay's one route."""

    def __init__(self, forward: Forward) -> None:
        self._forward = forward
        self._free_places = MAX_AT_ONCE

    def app(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(
            routes=[Route(BATCHES_PATH, self._batch, methods=["POST"]), Route("/healthz", _healthz)]
        )

    async def _batch(self, request: Request) -> Response:
        if self._free_places == 0:
            return _problem(429, "Busy", "this neighbour carries as much as it can; try again later")
        self._free_places -= 1
        try:
            return await self._carry(request)
        finally:
            self._free_places += 1

    async def _carry(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                body = await _read(request)
        except (TimeoutError, ClientDisconnect):
            return _problem(408, "Too slow", f"the body did not arrive within {BODY_WITHIN_S:.0f} s")
        if body is None:
            return _problem(413, "Too large", f"a batch may have {MAX_BATCH_BYTES:,} bytes")
        carried = await self._forward(request.headers, body)
        if carried is None:
            return _problem(503, "Unavailable", "the cloud cannot be reached from this neighbour either")
        return Response(carried.body, carried.status, headers=carried.headers)


async def _read(request: Request) -> bytes | None:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BATCH_BYTES:
            return None
    return body


async def _healthz(_request: Request) -> Response:
    return PlainTextResponse("a relay of Barback\n")


def _problem(status: int, title: str, detail: str) -> Response:
    problem = Problem(title=title, status=status, detail=detail)
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, status, headers=headers, media_type="application/problem+json")
