"""Listens to what ingest commits, on one connection of its own, and tells the hub.

What was committed while the connection was away is not told again by PostgreSQL: after each reconnect
everything is drawn anew.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

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


class Door(Protocol):
    """Someone else who wants to hear a channel on the same connection."""

    channel: str

    def tell(self, payload: str) -> None:
        """Take one notification."""

    def missed(self) -> None:
        """The connection is there (again): anything may have been said unheard."""


class Feed:
    """LISTEN on one connection, again and again until it is stopped."""

    def __init__(self, database_url: str, hub: Hub, doors: Sequence[Door] = ()) -> None:
        self._database_url = database_url
        self._hub = hub
        self._doors = {door.channel: door for door in doors}
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
            for channel in (CHANNEL, *self._doors):
                await connection.execute(f"LISTEN {channel}")
            self._hub.refresh_everything()
            for door in self._doors.values():
                door.missed()
            self._wait_s = FIRST_WAIT_S
            log.info("the live feed listens")
            while True:
                async for notification in connection.notifies(timeout=ALIVE_EVERY_S):
                    listener = self._doors.get(notification.channel)
                    (self._tell if listener is None else listener.tell)(notification.payload)
                await connection.execute("SELECT 1")

    def _tell(self, payload: str) -> None:
        try:
            site_id, change = parse_notification(payload)
        except ValueError as error:
            log.warning("%s; every open page is refreshed instead", error)
            self._hub.refresh_everything()
            return
        self._hub.changed(site_id, change)
