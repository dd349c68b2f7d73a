"""Cells on the gateway's own pins -> the same frames that a shelf node publishes.

A thread per chip, because a driver blocks and its pulses must not wait for a neighbour; one coroutine per
node that makes a frame of a second. Knows no chip: it is handed something to open.
"""

import asyncio
import logging
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from contract.device import NodeStatus
from edge.domain.assembling import Assembler
from edge.ports import Clock, LoadCell, NodeFrame

log = logging.getLogger(__name__)

REOPEN_S = 5.0
"""Real seconds between two attempts at a device that is not there."""
TICK_S = 0.25
"""Bar seconds between two looks whether a frame is complete."""
REST_S = 0.004
"""Between two reads, real seconds, so that no device can make its thread spin; a conversion takes 12.5 ms."""
STOP_S = 1.5
"""A read ends by itself within its own timeout, which is shorter."""

Note = Callable[[str, float, int], None]


@dataclass(frozen=True, slots=True)
class Cell:
    """What reads one channel; `open` may raise OSError, and is called again later."""

    channel: str
    open: Callable[[], LoadCell]


class _Reader:
    """One chip in one thread: open, read for ever, and open again after an error of the device."""

    def __init__(self, name: str, cell: Cell, note: Note, boottime_s: Callable[[], float]) -> None:
        self._name, self._cell, self._note, self._boottime_s = name, cell, note, boottime_s
        self._stop = threading.Event()
        self._complaint: str | None = None
        self._thread = threading.Thread(target=self._run, name=f"cell {name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def join(self) -> None:
        self._thread.join(STOP_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                device = self._cell.open()
            except (OSError, ValueError) as error:
                self._complain(error)
                self._stop.wait(REOPEN_S)
                continue
            try:
                self._read(device)
            except OSError as error:
                self._complain(error)
                self._stop.wait(REOPEN_S)
            finally:
                device.close()

    def _read(self, device: LoadCell) -> None:
        while not self._stop.is_set():
            try:
                counts = device.read()
            except TimeoutError as error:
                self._complain(error)
                continue
            if counts is not None:
                self._complaint = None
                self._note(self._cell.channel, self._boottime_s(), counts)
            self._stop.wait(REST_S)

    def _complain(self, error: Exception) -> None:
        """Say the same thing once, not once per read."""
        if str(error) != self._complaint:
            log.warning("%s: %s", self._name, error)
        self._complaint = str(error)


class LocalNode:
    """All cells of one node name that hang on this gateway's own pins."""

    def __init__(
        self,
        node_id: str,
        cells: list[Cell],
        *,
        rate_hz: int,
        clock: Clock,
        put: Callable[[NodeFrame], None],
    ) -> None:
        self.node_id = node_id
        self.status = NodeStatus(state="online", firmware="this gateway's own pins")
        self._clock, self._put = clock, put
        boot = secrets.token_hex(16)
        self._assembler = Assembler([cell.channel for cell in cells], rate_hz=rate_hz, boot=boot)
        self._lock = threading.Lock()
        self._readers = [
            _Reader(f"{node_id}/{cell.channel}", cell, self._note, self._boottime_s) for cell in cells
        ]

    async def run(self) -> None:
        """Read and put frames for ever; the pins are given back when it is cancelled."""
        for reader in self._readers:
            reader.start()
        try:
            while True:
                await self._clock.sleep(TICK_S)
                self._flush()
        finally:
            for reader in self._readers:
                reader.stop()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*(asyncio.to_thread(reader.join) for reader in self._readers))

    def _flush(self) -> None:
        now_s = self._boottime_s()
        with self._lock:
            frame = self._assembler.frame(now_s, even_if_silent=True)
        if frame is not None:
            self._put(NodeFrame(self.node_id, frame, now_s))

    def _note(self, channel: str, at_s: float, counts: int) -> None:
        with self._lock:
            self._assembler.note(channel, at_s, counts)

    def _boottime_s(self) -> float:
        return self._clock.boottime_ns() / 1e9
