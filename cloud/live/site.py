"""State of one watched site: the newest drawing of each element, what is to be drawn, who watches. Pure.

There are two lanes, because someone is watching the pour: QUICK holds the bottles and the log, drawn at
once; SLOW the sums, lists and concerns, which take longer to ask for and may come half a second later.
"""

import asyncio
from collections.abc import Mapping
from enum import Enum

from cloud.live.change import Change
from cloud.live.lines import END_OF_MESSAGE, Line, element_line, element_text


class Lane(Enum):
    """How soon a drawing is wanted."""

    QUICK = "quick"
    SLOW = "slow"


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


class Backlog:
    """What one lane has still to draw."""

    def __init__(self) -> None:
        self._change: Change | None = None
        self.wake = asyncio.Event()

    def add(self, change: Change) -> None:
        """Let a change wait; it is merged with what waits already."""
        self._change = change if self._change is None else self._change | change
        self.wake.set()

    def take(self) -> Change | None:
        """Take all that waits."""
        self.wake.clear()
        change, self._change = self._change, None
        return change


class Site:
    """One site of one process. A version is '<process>-<count>'; count goes up with each publication."""

    def __init__(self, process: str) -> None:
        self._process = process
        self._count = 0
        self._oldest_known = 0
        self._elements: dict[Lane, dict[str, tuple[int, Line]]] = {lane: {} for lane in Lane}
        self._complete: set[Lane] = set()
        self.backlogs = {lane: Backlog() for lane in Lane}
        self.clients: set[Client] = set()
        self.tasks: list[asyncio.Task[None]] = []

    @property
    def version(self) -> str:
        """The version of what has been published so far."""
        return f"{self._process}-{self._count}"

    def mark(self, change: Change) -> None:
        """Let both lanes draw a change."""
        for backlog in self.backlogs.values():
            backlog.add(change)

    def catch_up(self, client: Client, version: str) -> None:
        """Offer what a page of this version has missed; the whole site if the version is not ours."""
        process, _, count = version.rpartition("-")
        is_ours = process == self._process and count.isdecimal()
        is_known = is_ours and self._oldest_known <= int(count) <= self._count
        if not is_known and len(self._complete) < len(Lane):
            self.mark(Change.everything())
        since = int(count) if is_known else -1
        drawn = (item for elements in self._elements.values() for item in elements.items())
        missed = {key: line for key, (at, line) in drawn if at > since}
        if missed:
            client.offer(missed, self.version)

    def publish(self, lane: Lane, drawn: Mapping[str, str], *, is_all: bool) -> None:
        """Hand every page what looks different now; is_all says that the lane has no other elements."""
        elements = self._elements[lane]
        new = {
            key: element_line(key, html)
            for key, html in drawn.items()
            if key not in elements or elements[key][1].text != element_text(key, html)
        }
        if new:
            self._count += 1
            elements |= {key: (self._count, line) for key, line in new.items()}
            for client in self.clients:
                client.offer(new, self.version)
        if is_all:
            self._complete.add(lane)
            self._elements[lane] = {key: value for key, value in elements.items() if key in drawn}

    def forget_drawings(self) -> None:
        """Nobody watches any more: what is drawn grows old unseen, so the next page starts afresh."""
        self._elements = {lane: {} for lane in Lane}
        self._complete.clear()
        self._oldest_known = self._count
