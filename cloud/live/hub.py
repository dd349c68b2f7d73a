"""One hub per process: draws each change of a site once and hands it to every open page.

Nothing on a client's path touches the database. Per client only the newest of each element waits, so a
slow phone misses steps in between but never falls behind and never grows. The first change goes out at
once; after it a lane of a site is drawn at most once per pause. A site that nobody watches is not drawn.

A page names the version it was drawn at and gets what changed since. A version of another process (a
restart, another worker) gets the whole site.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from cloud.live.change import Change
from cloud.live.site import Client, Lane, Site

PAUSES_S = {Lane.QUICK: 0.1, Lane.SLOW: 0.5}
"""Between two drawings of one lane: ten a second are smooth to an eye, and sums are read, not watched."""

HEAD_START_S = 0.15
"""The slow lane waits this long after a change, so that the bottles are drawn first."""

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
    """Turns a change into fragments: element id -> HTML in one line."""

    async def paint(self, lane: Lane, site_id: str, change: Change) -> Mapping[str, str]:
        """Draw what belongs to this lane and may look different after the change."""
        ...

    def time_stamp(self) -> str:
        """Bar time as an ISO instant."""
        ...


class TooManyClientsError(Exception):
    """This process has as many open pages as it takes."""


class Hub:
    """Sites, their newest drawings and their open pages. Belongs to one event loop."""

    def __init__(
        self,
        *,
        pauses_s: Mapping[Lane, float] | None = None,
        head_start_s: float = HEAD_START_S,
        review_every_s: float = REVIEW_EVERY_S,
    ) -> None:
        self._process = secrets.token_hex(4)
        self._sites: dict[str, Site] = {}
        self._painter: Painter | None = None
        self._clients = 0
        self._pauses_s = pauses_s or PAUSES_S
        self._head_starts_s = {Lane.QUICK: 0.0, Lane.SLOW: head_start_s}
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
            tasks = [task for site in self._sites.values() for task in site.tasks]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def version(self, site_id: str) -> str:
        """The version a page drawn from now on may name."""
        site = self._sites.get(site_id)
        return site.version if site else f"{self._process}-0"

    def knows(self, site_id: str) -> bool:
        """Whether a site of this name has been watched or has changed before."""
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
        site.catch_up(client, version)
        site.clients.add(client)
        self._clients += 1
        if not site.tasks:
            site.tasks = [asyncio.create_task(self._keep_drawn(site_id, site, lane)) for lane in Lane]
        try:
            yield client
        finally:
            site.clients.discard(client)
            self._clients -= 1
            if not site.clients:
                _stop(site)

    def _site(self, site_id: str) -> Site:
        if site_id not in self._sites and len(self._sites) >= MAX_SITES:
            self._forget_one()
        return self._sites.setdefault(site_id, Site(self._process))

    def _forget_one(self) -> None:
        idle = next((name for name, site in self._sites.items() if not site.clients), None)
        if idle is not None:
            del self._sites[idle]

    async def _keep_drawn(self, site_id: str, site: Site, lane: Lane) -> None:
        backlog = site.backlogs[lane]
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._review_every_s):
                    await backlog.wake.wait()
            await asyncio.sleep(self._head_starts_s[lane])
            change = backlog.take() or Change.everything()
            try:
                await self._draw(site_id, site, lane, change)
                await asyncio.sleep(self._pauses_s[lane])
            except asyncio.CancelledError:
                backlog.add(change)
                raise
            except Exception:
                log.exception("site %s could not be drawn; trying again in %.0f s", site_id, FAILURE_PAUSE_S)
                backlog.add(change)
                await asyncio.sleep(FAILURE_PAUSE_S)

    async def _draw(self, site_id: str, site: Site, lane: Lane, change: Change) -> None:
        assert self._painter is not None, "Hub.running() has not been entered"
        drawn = await self._painter.paint(lane, site_id, change)
        site.publish(lane, drawn, is_all=change.is_all)


def _stop(site: Site) -> None:
    for task in site.tasks:
        task.cancel()
    site.tasks = []
    site.forget_drawings()
