"""One hub per process: draws each change of a site once and hands it to every open page.

Nothing on a client's path touches the database. Per client only the newest of each element waits, so a
slow phone misses steps in between but never falls behind and never grows. The first change goes out at
once; after it a site is drawn at most every PAUSE_S. A site that nobody watches is not drawn.

A version is "<process>-<count>": a page names the one it was drawn at, and gets what changed since. A
version of another process (a restart, another worker) gets the whole site.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from cloud.live.change import Change
from cloud.live.lines import END_OF_MESSAGE, Line, element_line, element_text

PAUSE_S = 0.1
"""Between two drawings of one site: ten a second are smooth to an eye."""

REVIEW_EVERY_S = 15.0
"""A watched site is judged anew this often: 'offline' and 'stale' come with time and not with an event."""

FAILURE_PAUSE_S = 2.0
"""After a drawing failed (the database is away) before the next try."""

MAX_CLIENTS = 1_000
"""Per process, about 30 kB each; one more is refused with a time to come back."""

MAX_SITES = 200
"""Sites kept in memory; beyond it those that nobody watches are forgotten."""

log = logging.getLogger(__name__)


class Painter(Protocol):
    """Turns a change into fragments."""

    def paint(self, site_id: str, change: Change) -> AsyncIterator[Mapping[str, str]]:
        """Yield element id -> HTML in one line each, the urgent part first."""
        ...

    def time_stamp(self) -> str:
        """Bar time as an ISO instant."""
        ...


class TooManyClientsError(Exception):
    """This process has as many open pages as it takes."""


class Client:
    """One open page: the newest of each element that it has not been sent."""

    def __init__(self) -> None:
        self._waiting: dict[str, Line] = {}
        self._version = ""
        self._wake = asyncio.Event()

    def offer(self, elements: Mapping[str, Line], version: str) -> None:
        """Let elements wait; a newer one takes the place of an older one."""
        self._waiting.update(elements)
        self._version = version
        self._wake.set()

    @property
    def waiting(self) -> int:
        """Elements not sent yet; at most as many as the site has."""
        return len(self._waiting)

    async def message(self) -> list[Line]:
        """Wait for something new and take all of it, as the lines of one message of the event stream."""
        while not self._waiting:
            self._wake.clear()
            await self._wake.wait()
        lines, self._waiting = self._waiting.values(), {}
        return [Line.of(f"id: {self._version}\n"), *lines, END_OF_MESSAGE]


class _Site:
    """What is known of one site: the newest drawing of each element and who watches."""

    def __init__(self) -> None:
        self.count = 0
        self.elements: dict[str, tuple[int, Line]] = {}
        self.is_complete = False
        self.clients: set[Client] = set()
        self.dirty: Change | None = None
        self.wake = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def mark(self, change: Change) -> None:
        self.dirty = change if self.dirty is None else self.dirty | change
        self.wake.set()

    def since(self, count: int) -> dict[str, Line]:
        return {key: line for key, (at, line) in self.elements.items() if at > count}


class Hub:
    """Sites, their newest drawings and their open pages. Belongs to one event loop."""

    def __init__(self, *, pause_s: float = PAUSE_S, review_every_s: float = REVIEW_EVERY_S) -> None:
        self._process = secrets.token_hex(4)
        self._sites: dict[str, _Site] = {}
        self._painter: Painter | None = None
        self._clients = 0
        self._pause_s = pause_s
        self._review_every_s = review_every_s

    @property
    def clients(self) -> int:
        """Open pages of this process."""
        return self._clients

    @asynccontextmanager
    async def running(self, painter: Painter) -> AsyncIterator[None]:
        """Draw with this painter while inside; at the end every drawing is stopped."""
        self._painter = painter
        try:
            yield
        finally:
            self._painter = None
            tasks = [site.task for site in self._sites.values() if site.task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def version(self, site_id: str) -> str:
        """The version a page drawn from now on may name."""
        site = self._sites.get(site_id)
        return f"{self._process}-{site.count if site else 0}"

    def knows(self, site_id: str) -> bool:
        """Whether a site of this name has been drawn or has changed before."""
        return site_id in self._sites

    def time_stamp(self) -> str:
        """Bar time for a pulse ("" before the start)."""
        return self._painter.time_stamp() if self._painter else ""

    def changed(self, site_id: str, change: Change) -> None:
        """Take a change; watched sites are drawn soon, others when someone watches."""
        self._site(site_id).mark(change)

    def refresh_everything(self) -> None:
        """Anything may have changed unheard (the feed was away): draw every known site anew."""
        for site in self._sites.values():
            site.mark(Change.everything())

    @asynccontextmanager
    async def watching(self, site_id: str, version: str) -> AsyncIterator[Client]:
        """An open page that was drawn at this version. Raises TooManyClientsError."""
        if self._clients >= MAX_CLIENTS:
            raise TooManyClientsError(f"{MAX_CLIENTS} pages are open already")
        site, client = self._site(site_id), Client()
        self._catch_up(site, client, version)
        site.clients.add(client)
        self._clients += 1
        if site.task is None:
            site.task = asyncio.create_task(self._keep_drawn(site_id, site), name=f"live {site_id}")
        try:
            yield client
        finally:
            site.clients.discard(client)
            self._clients -= 1
            if not site.clients and site.task is not None:
                site.task.cancel()
                site.task = None

    def _catch_up(self, site: _Site, client: Client, version: str) -> None:
        process, _, count = version.rpartition("-")
        known = process == self._process and count.isdecimal() and int(count) <= site.count
        if not known and not site.is_complete:
            site.mark(Change.everything())
        missed = site.since(int(count) if known else -1)
        if missed:
            client.offer(missed, f"{self._process}-{site.count}")

    def _site(self, site_id: str) -> _Site:
        if site_id not in self._sites and len(self._sites) >= MAX_SITES:
            self._forget_one()
        return self._sites.setdefault(site_id, _Site())

    def _forget_one(self) -> None:
        idle = next((name for name, site in self._sites.items() if not site.clients), None)
        if idle is not None:
            del self._sites[idle]

    async def _keep_drawn(self, site_id: str, site: _Site) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._review_every_s):
                    await site.wake.wait()
            site.wake.clear()
            change, site.dirty = site.dirty or Change.everything(), None
            try:
                await self._draw(site_id, site, change)
                await asyncio.sleep(self._pause_s)
            except asyncio.CancelledError:
                site.mark(change)
                raise
            except Exception:
                log.exception("site %s could not be drawn; trying again in %.0f s", site_id, FAILURE_PAUSE_S)
                site.mark(change)
                await asyncio.sleep(FAILURE_PAUSE_S)

    async def _draw(self, site_id: str, site: _Site, change: Change) -> None:
        assert self._painter is not None, "Hub.running() has not been entered"
        seen: set[str] = set()
        async for drawn in self._painter.paint(site_id, change):
            seen |= drawn.keys()
            self._publish(site, drawn)
        if change.is_all:
            site.is_complete = True
            site.elements = {key: value for key, value in site.elements.items() if key in seen}

    def _publish(self, site: _Site, drawn: Mapping[str, str]) -> None:
        new = {
            key: element_line(key, html)
            for key, html in drawn.items()
            if key not in site.elements or site.elements[key][1].text != element_text(key, html)
        }
        if not new:
            return
        site.count += 1
        site.elements |= {key: (site.count, line) for key, line in new.items()}
        for client in site.clients:
            client.offer(new, f"{self._process}-{site.count}")
