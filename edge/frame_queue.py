"""The one line in which all frames wait to be weighed, whoever brought them. Bounded: the oldest goes."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from edge.domain.refusals import Refusals
from edge.ports import NodeFrame

log = logging.getLogger(__name__)

QUEUE_FRAMES = 2_000
"""Over ten minutes of three nodes; past it the oldest frame goes and is counted."""
DROPPED = "frame dropped: the gateway did not keep up"


class FrameQueue:
    """Frames in the order of their arrival. Belongs to the event loop; threads must not touch it."""

    def __init__(self, refusals: Refusals, watch: Callable[[NodeFrame], None] | None = None) -> None:
        self._refusals, self._watch = refusals, watch
        self._frames: deque[NodeFrame] = deque()
        self._arrived = asyncio.Event()

    def put(self, frame: NodeFrame) -> None:
        """Take a frame; at the maximum the oldest is dropped and counted."""
        if len(self._frames) >= QUEUE_FRAMES:
            self._frames.popleft()
            if self._refusals.note(DROPPED):
                log.warning("%s (counted from now on, see `python -m edge status`)", DROPPED)
        self._frames.append(frame)
        self._arrived.set()
        if self._watch is not None:
            self._watch(frame)

    async def get(self) -> NodeFrame:
        """Wait for the next frame."""
        while not self._frames:
            self._arrived.clear()
            await self._arrived.wait()
        return self._frames.popleft()
