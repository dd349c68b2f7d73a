"""The real pages, stream and hub on a free port, fed by a bar in memory."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any

import uvicorn
from fastapi import FastAPI

from cloud.dashboard.mount import drawn_live, mount_pages
from cloud.live.change import Change
from tests.unit.cloud.dashboard.fakes import FakeBar


class BarServer:
    """A server in a thread; `pour` is a pour as ingest would announce it."""

    def __init__(self, bar: FakeBar, port: int = 0) -> None:
        self.bar = bar
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.app = FastAPI(lifespan=self._lifespan)
        self.app.state.clock = bar.clock
        self.app.state.services = bar.services()
        mount_pages(self.app)
        config = uvicorn.Config(
            self.app,
            host="127.0.0.1",
            port=port,
            log_level="critical",
            timeout_graceful_shutdown=1,
            lifespan="on",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="pages", daemon=True)
        self.port = port

    @asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> Any:
        self._loop = asyncio.get_running_loop()
        async with drawn_live(app):
            yield

    def start(self) -> None:
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the server of the test pages did not start")
            self._started.wait(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def on_loop(self, act: Callable[[], None]) -> None:
        assert self._loop is not None
        done = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (act(), done.set()))
        done.wait(5)

    def pour(self, slot_id: str, volume_ml: float, movement_id: str) -> None:
        def act() -> None:
            self.bar.pour(slot_id, volume_ml, movement_id)
            change = Change(slots=frozenset({slot_id}), movements=frozenset({movement_id}))
            self.app.state.hub.changed("corner-bar", change)

        self.on_loop(act)

    def revise(self, movement_id: str, **changes: object) -> None:
        def act() -> None:
            lines = self.bar.lines
            self.bar.lines = [replace(x, **changes) if x.movement_id == movement_id else x for x in lines]
            self.app.state.hub.changed("corner-bar", Change(movements=frozenset({movement_id})))

        self.on_loop(act)


@contextmanager
def serving(bar: FakeBar) -> Iterator[BarServer]:
    server = BarServer(bar)
    server.start()
    try:
        yield server
    finally:
        server.stop()
