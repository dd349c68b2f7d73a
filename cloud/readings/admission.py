"""Lets in as many batches as this process can hold; some wait at the door, others are told when to come back.

Whoever waits has been answered nothing and read nothing of: its body stays in the network's buffers. Who is
sent away is given a time by which those before it will have been served, spread out, so that a thousand
gateways that come at once do not come again at once.
"""

import asyncio
import math
import random
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from cloud.problems import Busy

MIN_RETRY_S = 2
MAX_RETRY_S = 45
"""With the half that a gateway adds it still finds its connection open (cloud.serving.KEEP_ALIVE_S)."""
WINDOW_S = 5.0
"""Over which it is counted how many were served and how many were sent away."""


class Admission:
    """`places` for batches in flight, `waiting` for those before them, none of whom waits over wait_s."""

    def __init__(
        self,
        places: int,
        waiting: int,
        wait_s: float,
        *,
        now_s: Callable[[], float],
        dice: random.Random | None = None,
    ) -> None:
        self._free = places
        self._max_waiting = waiting
        self._wait_s = wait_s
        self._now_s = now_s
        self._dice = dice or random.Random()  # noqa: S311 - spreads gateways, guards nothing
        self._queue: deque[asyncio.Future[None]] = deque()
        self._served: deque[float] = deque(maxlen=10_000)
        self._sent_away: deque[float] = deque(maxlen=100_000)

    @asynccontextmanager
    async def admitted(self) -> AsyncIterator[None]:
        """Hold a place. Raises Busy, with a time to come back, when none gets free in time."""
        await self._take_place()
        try:
            yield
        finally:
            self._served.append(self._now_s())
            self._pass_on()

    async def _take_place(self) -> None:
        if self._free:
            self._free -= 1
            return
        if len(self._queue) >= self._max_waiting or self._wait_s <= 0:
            raise self._busy()
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout(self._wait_s):
                await turn
        except (TimeoutError, asyncio.CancelledError) as gave_up:
            if turn.done() and not turn.cancelled():
                self._pass_on()
            if isinstance(gave_up, TimeoutError):
                raise self._busy() from None
            raise

    def _pass_on(self) -> None:
        """Give a place that got free to the first who still waits."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def _busy(self) -> Busy:
        self._sent_away.append(self._now_s())
        soon_s = self._time_for_all_s()
        retry_after_s = min(MAX_RETRY_S, math.ceil(self._dice.uniform(MIN_RETRY_S, max(MIN_RETRY_S, soon_s))))
        return Busy(
            "as many batches are in flight as this process takes; keep yours and send it again",
            retry_after_s=retry_after_s,
        )

    def _time_for_all_s(self) -> float:
        """How long those who wait and those who were sent away lately will take, at the pace of late."""
        since_s = self._now_s() - WINDOW_S
        for times in (self._served, self._sent_away):
            while times and times[0] < since_s:
                times.popleft()
        pace = max(len(self._served), 1) / WINDOW_S
        return (len(self._queue) + len(self._sent_away)) / pace
