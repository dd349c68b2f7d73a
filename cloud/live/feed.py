"""Listens to what ingest commits, on one connection of its own, and tells the hub.

What was committed while the connection was away is not told again by PostgreSQL: after each reconnect
everything is drawn anew.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

from cloud.live.change import CHANNEL, parse_notification
from cloud.live.hub import Hub

FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 10.0
ALIVE_EVERY_S = 20.0
"""A silent connection is asked this often whether it is still there."""

_KEEPALIVES = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}

log = logging.getLogger(__name__)


class Feed:
    """LISTEN on one connection, again and again until it is stopped."""

    def __init__(self, database_url: str, hub: Hub) -> None:
        self._database_url = database_url
        self._hub = hub
        self._wait_s = FIRST_WAIT_S

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen while inside."""
        task = asyncio.create_task(self.run(), name="live feed")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def run(self) -> None:
        """Listen; when the connection breaks, connect again after a capped, jittered wait."""
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as error:
                log.warning("the live feed lost its database (%s); again in %.1f s", error, self._wait_s)
            await asyncio.sleep(self._wait_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads reconnects
            self._wait_s = min(LONGEST_WAIT_S, 2 * self._wait_s)

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(
            self._database_url,
            autocommit=True,
            **_KEEPALIVES,  # type: ignore[arg-type]
        ) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self._hub.refresh_everything()
            self._wait_s = FIRST_WAIT_S
            log.info("the live feed listens")
            while True:
                async for notification in connection.notifies(timeout=ALIVE_EVERY_S):
                    self._tell(notification.payload)
                await connection.execute("SELECT 1")

    def _tell(self, payload: str) -> None:
        try:
            site_id, change = parse_notification(payload)
        except ValueError as error:
            log.warning("%s; every open page is refreshed instead", error)
            self._hub.refresh_everything()
            return
        self._hub.changed(site_id, change)
