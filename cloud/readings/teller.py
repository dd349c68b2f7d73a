"""Tells who listens what was committed: after the commit, many batches in one word.

A NOTIFY inside the transaction would make all commits of the database wait for each other (PostgreSQL keeps
notifications in the order of commits), and pages cannot be drawn that often anyway. What a process that is
killed has not told yet, the next batch of the same gateway tells.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from cloud.problems import Unavailable

CHANNEL = "barback"
PAUSE_S = 0.05
"""Between two words of one process; the first goes out at once."""
MAX_PAYLOAD_BYTES = 7_500
"""PostgreSQL refuses a NOTIFY payload of 8,000 bytes and more."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class News:
    """Names of what changed at one site."""

    slots: set[str] = field(default_factory=set)
    movements: set[str] = field(default_factory=set)
    gateways: set[str] = field(default_factory=set)

    def payload(self, site_id: str) -> str:
        """Return the notification: names of what changed, or just that much did."""
        names = {
            "site": site_id,
            "slots": sorted(self.slots),
            "movements": sorted(self.movements),
            "gateways": sorted(self.gateways),
        }
        text = json.dumps(names)
        return text if len(text) <= MAX_PAYLOAD_BYTES else json.dumps({"site": site_id, "all": True})


class Teller:
    """Merges what its process committed and notifies; belongs to one event loop."""

    def __init__(self, notify: Callable[[list[str]], Awaitable[None]], pause_s: float = PAUSE_S) -> None:
        """`notify` sends payloads on CHANNEL; it may raise Unavailable, and then they are dropped."""
        self._notify = notify
        self._pause_s = pause_s
        self._untold: dict[str, News] = {}
        self._task: asyncio.Task[None] | None = None

    def tell(
        self, site_id: str, gateway_id: str, slots: Iterable[str] = (), movements: Iterable[str] = ()
    ) -> None:
        """Say what a batch changed, now or with the next word."""
        news = self._untold.setdefault(site_id, News())
        news.slots.update(slots)
        news.movements.update(movements)
        news.gateways.add(gateway_id)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._tell_all(), name="teller")

    async def _tell_all(self) -> None:
        while self._untold:
            told, self._untold = self._untold, {}
            try:
                await self._notify([news.payload(site_id) for site_id, news in told.items()])
            except Unavailable:
                log.warning("What changed at %d sites could not be told to open pages", len(told))
            await asyncio.sleep(self._pause_s)
