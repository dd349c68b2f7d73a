"""Frames -> engine -> records. Owns only the order of these three."""

import asyncio

from edge.domain.engine import Engine
from edge.loops.recording import Recorder
from edge.ports import Frames


class Sampling:
    """Weighs every frame, whoever brought it."""

    def __init__(self, frames: Frames, engine: Engine, recorder: Recorder) -> None:
        self._frames, self._engine, self._recorder = frames, engine, recorder

    async def run(self) -> None:
        """Take frames for ever; between two of them the other loops get their turn."""
        while True:
            arrival = await self._frames.get()
            self._recorder.record(self._engine.take(arrival.node_id, arrival.frame, arrival.arrived_s))
            await asyncio.sleep(0)
