"""Frames -> engine -> records. Owns only the order of these three."""

import asyncio

from edge.domain.engine import Engine
from edge.loops.recording import Recorder
from edge.ports import ShelfBus


class Sampling:
    """Weighs every frame that the bus brings."""

    def __init__(self, bus: ShelfBus, engine: Engine, recorder: Recorder) -> None:
        self._bus, self._engine, self._recorder = bus, engine, recorder

    async def run(self) -> None:
        """Take frames for ever; between two of them the other loops get their turn."""
        while True:
            arrival = await self._bus.frame()
            self._recorder.record(self._engine.take(arrival.node_id, arrival.frame, arrival.arrived_s))
            await asyncio.sleep(0)
