"""Frames -> engine -> records. Owns only the order of these three, and who is told on the way."""

import asyncio
from collections.abc import Callable, Sequence

from edge.domain.engine import Engine, Seen
from edge.loops.recording import Recorder
from edge.ports import Frames


class Sampling:
    """Weighs every frame, whoever brought it."""

    def __init__(
        self,
        frames: Frames,
        engine: Engine,
        recorder: Recorder,
        told: Callable[[Sequence[Seen]], None] = lambda _: None,
    ) -> None:
        """`told` hears everything that is recorded, after it was."""
        self._frames, self._engine, self._recorder, self._told = frames, engine, recorder, told

    async def run(self) -> None:
        """Take frames for ever; between two of them the other loops get their turn."""
        while True:
            arrival = await self._frames.get()
            said = self._engine.take(arrival.node_id, arrival.frame, arrival.arrived_s)
            self._recorder.record(said)
            self._told(said)
            await asyncio.sleep(0)
