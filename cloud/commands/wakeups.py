"""Which gateways wait in this process, and what wakes them: a notification from any process with news."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

GATEWAY_CHANNEL = "barback_gateway"
"""PostgreSQL's NOTIFY; the payload is a gateway_id."""
MAX_WAITING = 12_000


class TooManyWaitingError(RuntimeError):
    """As many gateways wait in this process as it takes."""


class Wakeups:
    """Events by gateway; a gateway may wait more than once (an old connection that nobody has closed yet)."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._count = 0

    @contextmanager
    def waiting(self, gateway_id: str) -> Iterator[asyncio.Event]:
        """Lend an event that is set when there is news for the gateway. Raises TooManyWaitingError."""
        if self._count >= MAX_WAITING:
            raise TooManyWaitingError(f"{MAX_WAITING} gateways wait here already")
        event = asyncio.Event()
        self._waiting.setdefault(gateway_id, set()).add(event)
        self._count += 1
        try:
            yield event
        finally:
            self._count -= 1
            events = self._waiting[gateway_id]
            events.discard(event)
            if not events:
                del self._waiting[gateway_id]

    def wake(self, gateway_id: str) -> None:
        """There is news for a gateway."""
        for event in self._waiting.get(gateway_id, ()):
            event.set()

    def wake_all(self) -> None:
        """There may be news for anyone."""
        for gateway_id in self._waiting:
            self.wake(gateway_id)
