"""Cells on our own pins as the engine sees them: a thread per chip, frames in the queue."""

import asyncio
import threading

import pytest

from edge.devices.errors import NoPinsError, NotReadyError
from edge.devices.sampler import Cell, LocalNode
from edge.ports import NodeFrame


class FakeClock:
    """Boot time that jumps by a tick per sleep, and lets threads run meanwhile."""

    def __init__(self) -> None:
        self.ns = 100_000_000_000

    def boottime_ns(self) -> int:
        return self.ns

    async def sleep(self, bar_s: float) -> None:
        self.ns += int(bar_s * 1e9)
        await asyncio.sleep(0.002)


class FakeCell:
    """Gives the same counts for ever, or an error."""

    def __init__(self, answer) -> None:
        self.answer, self.closed, self.reads = answer, 0, 0

    def read(self):
        self.reads += 1
        threading.Event().wait(0.001)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> None:
        self.closed += 1


def frames_of(cells: list[Cell], wanted) -> list[NodeFrame]:
    """Run a node until one of its frames is wanted."""
    seen: list[NodeFrame] = []

    async def story() -> None:
        done = asyncio.Event()

        def put(frame: NodeFrame) -> None:
            seen.append(frame)
            if wanted(frame.frame):
                done.set()

        node = LocalNode("pi", cells, rate_hz=10, clock=FakeClock(), put=put)
        task = asyncio.create_task(node.run())
        await asyncio.wait_for(done.wait(), 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())
    return seen


def test_a_cell_becomes_frames_of_one_node_and_is_closed_at_the_end() -> None:
    cell = FakeCell(4711)
    frames = frames_of([Cell("0", lambda: cell)], lambda frame: frame.channels["0"][-1] == 4711)
    assert frames[-1].node_id == "pi"
    assert frames[-1].frame.rate_hz == 10
    assert len(frames[-1].frame.channels["0"]) == 10
    assert cell.closed == 1


def test_a_chip_that_is_not_ready_gives_nulls_and_its_neighbour_goes_on(caplog) -> None:
    mute, well = FakeCell(NotReadyError("nothing: check its plug")), FakeCell(7)
    frames = frames_of(
        [Cell("0", lambda: mute), Cell("1", lambda: well)], lambda frame: frame.channels["1"][-1] == 7
    )
    assert set(frames[-1].frame.channels["0"]) == {None}
    assert mute.reads > 1
    assert caplog.text.count("nothing: check its plug") == 1


def test_a_device_that_is_not_there_is_said_and_tried_again(caplog, monkeypatch) -> None:
    monkeypatch.setattr("edge.devices.sampler.REOPEN_S", 0.01)
    cell, attempts = FakeCell(7), []

    def opened() -> FakeCell:
        attempts.append(1)
        if len(attempts) < 3:
            raise NoPinsError("pin GPIO5 cannot be used")
        return cell

    frames_of([Cell("0", opened)], lambda frame: frame.channels["0"][-1] == 7)
    assert len(attempts) == 3
    assert caplog.text.count("pin GPIO5 cannot be used") == 1


def test_a_discarded_conversion_is_no_sample() -> None:
    frames = frames_of([Cell("0", lambda: FakeCell(None))], lambda frame: frame.seq == 2)
    assert all(set(frame.frame.channels["0"]) == {None} for frame in frames)
