"""Raw samples as they arrive, for people who look: calibration, the local page, the tare button.

Whoever looks gets a short queue; who does not keep up misses samples and never holds anything back.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from contract.layout import SiteLayout
from edge.domain.profiles import profiles
from edge.domain.steadiness import Hold, Steadiness
from edge.ports import NodeFrame

QUEUE_RUNS = 8
MAX_LISTENERS = 320


@dataclass(frozen=True, slots=True)
class RawRun:
    """The samples of one scale in one frame."""

    rate_hz: float
    counts: tuple[int | None, ...]


class TooManyLookersError(RuntimeError):
    """More than 320 look at the same time."""


class Live:
    """Hands the runs of a scale to whoever listens to it."""

    def __init__(self, layout: SiteLayout) -> None:
        self._scale_of = {(one.node, one.channel): one.scale_id for one in profiles(layout)}
        self._queues: list[tuple[str, asyncio.Queue[RawRun]]] = []
        self._in_work: Counter[str] = Counter()

    def offer(self, arrival: NodeFrame) -> None:
        """Hand a frame's runs to those who listen."""
        if not self._queues:
            return
        for channel, counts in arrival.frame.channels.items():
            scale_id = self._scale_of.get((arrival.node_id, channel))
            for name, queue in self._queues:
                if name == scale_id:
                    if queue.full():
                        queue.get_nowait()
                    queue.put_nowait(RawRun(arrival.frame.rate_hz, tuple(counts)))

    @contextmanager
    def listening(self, scale_id: str) -> Iterator[asyncio.Queue[RawRun]]:
        """Yield a queue of the scale's runs. Raises KeyError or TooManyLookersError."""
        if scale_id not in self._scale_of.values():
            raise KeyError(scale_id)
        if len(self._queues) >= MAX_LISTENERS:
            raise TooManyLookersError("320 look at scales already: close a page")
        entry = (scale_id, asyncio.Queue[RawRun](QUEUE_RUNS))
        self._queues.append(entry)
        try:
            yield entry[1]
        finally:
            self._queues.remove(entry)

    @property
    def in_work(self) -> frozenset[str]:
        """Scales that a command is working on."""
        return frozenset(self._in_work.keys())

    @contextmanager
    def working(self, scale_id: str) -> Iterator[None]:
        """Note that somebody puts weights on a scale, as long as the block runs."""
        self._in_work[scale_id] += 1
        try:
            yield
        finally:
            self._in_work[scale_id] -= 1
            self._in_work += Counter()

    async def hold(self, scale_id: str, within_s: float) -> Hold | str:
        """Wait until the scale stands still; why it did not, in words, after `within_s` real seconds."""
        steadiness = Steadiness()
        try:
            async with asyncio.timeout(within_s):
                with self.listening(scale_id) as runs:
                    while True:
                        run = await runs.get()
                        steadiness.take(run.rate_hz, run.counts)
                        if steadiness.problem is not None:
                            return steadiness.problem
                        if (hold := steadiness.hold) is not None:
                            return hold
        except TimeoutError:
            return NOT_STILL if steadiness.trace else NOTHING_CAME
        except TooManyLookersError as error:
            return str(error)


NOT_STILL = (
    "it did not stand still: take your hands off the shelf and look for a draught or a fridge that shakes"
)
NOTHING_CAME = "nothing came from it: check the power and the network of its shelf node"
