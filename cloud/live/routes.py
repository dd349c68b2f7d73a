"""The event stream of a site: /<site>/events?since=<version>."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from cloud.live.hub import Hub, TooManyClientsError
from cloud.live.lines import PACKED_HEAD, Line
from cloud.live.site import Client

router = APIRouter(include_in_schema=False)

PING_EVERY_S = 15.0
"""Keeps proxies from closing the stream, and tells a page that it still listens to someone."""

RETRY_AFTER_S = 10
_HEADERS = {
    "Cache-Control": "no-store",
    "Vary": "Accept-Encoding",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}


class _Watched(StreamingResponse):
    """Stops watching when the page is gone, even if not a byte was sent to it."""

    def __init__(self, body: AsyncIterator[bytes], headers: dict[str, str], watching: AsyncExitStack) -> None:
        super().__init__(body, media_type="text/event-stream", headers=_HEADERS | headers)
        self._watching = watching

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._watching:
            await super().__call__(scope, receive, send)


@router.get("/{site_id}/events")
async def events(
    request: Request,
    site_id: str,
    since: Annotated[str, Query(max_length=40)] = "",
    last_event_id: Annotated[str, Header(max_length=40)] = "",
    accept_encoding: Annotated[str, Header()] = "",
) -> Response:
    """Stream what changes from a version on; a reconnecting page names the last one it heard."""
    hub: Hub = request.app.state.hub
    if not hub.knows(site_id):
        await request.app.state.services.sites.site(site_id)
    watching = AsyncExitStack()
    try:
        client = await watching.enter_async_context(hub.watching(site_id, last_event_id or since))
    except TooManyClientsError as full:
        text = f"{full}. Try again in {RETRY_AFTER_S} s."
        return PlainTextResponse(text, status_code=503, headers={"Retry-After": str(RETRY_AFTER_S)})
    if "gzip" in accept_encoding:
        return _Watched(_packed(_messages(hub, client)), {"Content-Encoding": "gzip"}, watching)
    return _Watched(_plain(_messages(hub, client)), {}, watching)


async def _messages(hub: Hub, client: Client) -> AsyncIterator[list[Line]]:
    yield [_pulse(hub)]
    while True:
        try:
            async with asyncio.timeout(PING_EVERY_S):
                message = await client.message()
        except TimeoutError:
            message = [_pulse(hub)]
        yield message


async def _plain(messages: AsyncIterator[list[Line]]) -> AsyncIterator[bytes]:
    async for lines in messages:
        yield b"".join(line.text for line in lines)


async def _packed(messages: AsyncIterator[list[Line]]) -> AsyncIterator[bytes]:
    yield PACKED_HEAD
    async for lines in messages:
        yield b"".join(line.packed for line in lines)


def _pulse(hub: Hub) -> Line:
    return Line.of(f": ping\nevent: pulse\ndata: {hub.time_stamp()}\n\n")
