"""A calibration by commands: told step by step, accepted by the same gate as on the technician's page."""

import asyncio
from datetime import UTC, datetime

import numpy as np
import pytest

from contract.device import DeviceFrame
from edge.bench import Bench
from edge.calibration_book import CalibrationBook
from edge.live import Live
from edge.ports import NodeFrame
from edge.remote_calibrating import RemoteCalibrating
from tests.one_pad import LAYOUT

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Afar:
    """Somebody who asks, and somebody at the shelf."""

    def __init__(self, tmp_path) -> None:
        self.live, self.book = Live(LAYOUT), CalibrationBook(tmp_path)
        bench = Bench(LAYOUT, self.live, self.book, lambda _: (0.0, 420.0), lambda: NOON)
        self._asked, self.load_g, self._dice = RemoteCalibrating(bench), 0.0, np.random.default_rng(1)

    async def weigh(self) -> None:
        for seq in range(10**6):
            counts = np.rint(426 * (self.load_g + self._dice.normal(0, 0.7, 10)) + 900).astype(int).tolist()
            frame = DeviceFrame(boot="a" * 32, seq=seq, uptime_ms=0, rate_hz=10, channels={"0": counts})
            self.live.offer(NodeFrame("node-top", frame, 0.0))
            await asyncio.sleep(0.001)

    async def do(self, deed, load_g=None, **arguments):
        self.load_g = self.load_g if load_g is None else load_g
        return await self._asked.do("cell-0", {"deed": deed, **arguments})


def afar(tmp_path, story) -> None:
    async def run() -> None:
        scene = Afar(tmp_path)
        weighing = asyncio.create_task(scene.weigh())
        try:
            await asyncio.wait_for(story(scene), 60)
        finally:
            weighing.cancel()

    asyncio.run(run())


def test_three_steps_put_a_good_calibration_in_force(tmp_path) -> None:
    async def story(scene: Afar) -> None:
        begun = await scene.do("begin", weight_g=1_000)
        assert begun.detail == "step 1 of 3 on cell-0: Take everything off the pad. Then take this step"
        assert "step 2 of 3 on cell-0: Put 1000 g in the middle" in (await scene.do("step", 0.0)).detail
        assert "step 3 of 3 on cell-0: Lift everything off" in (await scene.do("step", 1_000.0)).detail
        judged = await scene.do("step", 1_000.0)
        assert judged.is_done
        assert judged.detail.startswith("accepted and in force on cell-0: span 42")
        assert "zero known to" in judged.result
        assert scene.book.current()["cell-0"].counts_per_g == pytest.approx(426, rel=2e-3)
        assert (await scene.do("undo")).is_done
        assert scene.book.current() == {}

    afar(tmp_path, story)


def test_what_the_statistics_do_not_allow_leaves_the_old_one_in_force(tmp_path) -> None:
    async def story(scene: Afar) -> None:
        await scene.do("begin", weight_g=1_000)
        await scene.do("step", 0.0)
        await scene.do("step", 1_000.0)
        judged = await scene.do("step", 930.0)
        assert not judged.is_done
        assert "not accepted, the old one stays in force: " in judged.detail
        assert scene.book.current() == {}
        assert "begin with a known weight" in (await scene.do("step")).detail

    afar(tmp_path, story)


def test_a_step_without_its_weight_is_refused_and_can_be_taken_again(tmp_path) -> None:
    async def story(scene: Afar) -> None:
        await scene.do("begin", weight_g=1_000)
        await scene.do("step", 0.0)
        refused = await scene.do("step", 0.0)
        assert not refused.is_done
        assert "is the weight on it, and is this the right scale?" in refused.detail
        assert "step 3 of 3" in (await scene.do("step", 1_000.0)).detail
        assert (await scene.do("drop")).is_done
        assert not (await scene.do("step")).is_done

    afar(tmp_path, story)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"deed": "begin"}, "weight_g must be"),
        ({"deed": "guess"}, "deed must be begin, step, undo or drop"),
        ({"deed": "undo"}, "nothing to undo"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path, arguments, words) -> None:
    async def story(scene: Afar) -> None:
        outcome = await scene.do(**arguments)
        assert not outcome.is_done
        assert words in outcome.detail

    afar(tmp_path, story)


def test_a_weight_that_calibrates_nothing_is_refused(tmp_path) -> None:
    async def story(scene: Afar) -> None:
        with pytest.raises(ValueError, match="give grams"):
            await scene.do("begin", weight_g=10**7)

    afar(tmp_path, story)
