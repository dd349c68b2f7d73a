"""The event stream over HTTP, as raw ASGI so that a stream can be broken off."""

import asyncio
import zlib
from typing import Any

import pytest
from fastapi import FastAPI

from cloud.dashboard.mount import drawn_live, mount_pages
from cloud.live import hub as hub_module
from cloud.live import routes
from cloud.live.change import Change
from cloud.problems import NotFound
from tests.unit.cloud.dashboard.bars import corner_bar
from tests.unit.cloud.dashboard.fakes import FakeBar

pytestmark = pytest.mark.anyio


def open_app(bar: FakeBar) -> FastAPI:
    app = FastAPI()
    app.state.clock, app.state.services = bar.clock, bar.services()
    mount_pages(app)
    return app


class Browser:
    """One GET whose body is read piece by piece and that can be walked away from."""

    def __init__(
        self, app: FastAPI, path: str, query: str = "", headers: dict[str, str] | None = None
    ) -> None:
        self.pieces: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.gone = asyncio.Event()
        pairs = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": pairs,
            "scheme": "http",
            "server": ("test", 80),
            "client": ("test", 1),
            "root_path": "",
        }
        self.asked = False
        self.task = asyncio.create_task(app(self.scope, self.receive, self.pieces.put))

    async def receive(self) -> dict[str, Any]:
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            return await self.pieces.get()

    async def leave(self) -> None:
        self.gone.set()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_a_page_hears_a_pulse_and_then_what_changed():
    bar = corner_bar()
    app = open_app(bar)
    async with drawn_live(app):
        browser = Browser(app, "/corner-bar/events", f"since={app.state.hub.version('corner-bar')}")
        start, pulse = await browser.next(), await browser.next()
        bar.pour("middle-1", 40.0, "ab" * 16)
        app.state.hub.changed("corner-bar", Change(frozenset({"middle-1"}), frozenset({"ab" * 16})))
        body = (await browser.next())["body"].decode()
        await browser.leave()
    assert start["status"] == 200
    assert (b"content-type", b"text/event-stream; charset=utf-8") in start["headers"]
    assert pulse["body"] == b": ping\nevent: pulse\ndata: 2026-11-20T21:41:07.000+00:00\n\n"
    assert f'data-movement-id="{"ab" * 16}"' in body
    assert 'hx-target="#slot-middle-1"' in body
    assert body.startswith("id: ")
    assert body.endswith("\n\n")


async def test_a_page_that_unpacks_gets_the_same_packed():
    bar = corner_bar()
    app = open_app(bar)
    async with drawn_live(app):
        browser = Browser(app, "/corner-bar/events", headers={"Accept-Encoding": "gzip, br"})
        start = await browser.next()
        reader, text = zlib.decompressobj(wbits=31), b""
        while b"slot-middle-1" not in text:
            text += reader.decompress((await browser.next())["body"])
        await browser.leave()
    assert (b"content-encoding", b"gzip") in start["headers"]
    assert text.startswith(b": ping\nevent: pulse\n")


async def test_a_page_that_leaves_is_forgotten():
    app = open_app(corner_bar())
    async with drawn_live(app):
        browser = Browser(app, "/corner-bar/events")
        await browser.next()
        assert app.state.hub.clients == 1
        await browser.leave()
        assert app.state.hub.clients == 0


async def test_a_quiet_stream_pings(monkeypatch):
    monkeypatch.setattr(routes, "PING_EVERY_S", 0.01)
    app = open_app(corner_bar())
    async with drawn_live(app):
        browser = Browser(app, "/corner-bar/events", f"since={app.state.hub.version('corner-bar')}")
        pieces = [await browser.next() for _ in range(3)]
        await browser.leave()
    assert pieces[2]["body"].startswith(b": ping\n")


async def test_a_reconnecting_page_names_the_last_event_it_heard():
    app = open_app(corner_bar())
    async with drawn_live(app):
        version = app.state.hub.version("corner-bar")
        browser = Browser(app, "/corner-bar/events", "since=old-1", {"Last-Event-ID": version})
        await browser.next()
        await browser.next()
        assert browser.pieces.empty()
        await browser.leave()


async def test_one_page_too_many_is_told_when_to_come_back(monkeypatch):
    monkeypatch.setattr(hub_module, "MAX_CLIENTS", 0)
    app = open_app(corner_bar())
    async with drawn_live(app):
        browser = Browser(app, "/corner-bar/events")
        start, body = await browser.next(), await browser.next()
        await browser.leave()
    assert start["status"] == 503
    assert (b"retry-after", b"10") in start["headers"]
    assert body["body"] == b"0 pages are open already. Try again in 10 s."


async def test_the_stream_of_an_unknown_bar_is_refused():
    app = open_app(corner_bar())
    async with drawn_live(app):
        browser = Browser(app, "/ghost-bar/events")
        with pytest.raises(NotFound):
            await browser.task
        assert not app.state.hub.knows("ghost-bar")
