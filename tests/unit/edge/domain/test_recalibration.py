import numpy as np

from contract.device import DeviceFrame
from contract.records import Movement, Reading
from edge.domain.engine import Engine
from edge.domain.refusals import Refusals
from tests.one_pad import LAYOUT


def played(engine: Engine, first: int, seconds: int, counts: float) -> list:
    dice, seen = np.random.default_rng(first), []
    for second in range(first, first + seconds):
        frame = DeviceFrame(
            boot="a" * 32,
            seq=second,
            uptime_ms=second * 1000,
            rate_hz=10,
            channels={"0": np.rint(dice.normal(counts, 300, 10)).astype(int).tolist()},
        )
        seen += [one.body for one in engine.take("node-top", frame, second + 1.0)]
    return seen


def test_a_new_calibration_changes_the_weight_and_is_no_movement() -> None:
    engine = Engine(LAYOUT, namespace="n", started_s=0.0, reading_interval_s=1, refusals=Refusals())
    before = played(engine, 0, 20, 420_000)
    assert engine.recalibrate("cell-0", 42_000, 400.0)
    after = played(engine, 20, 20, 420_000)
    assert not [body for body in before + after if isinstance(body, Movement)]
    weights = [body.weight_g for body in after if isinstance(body, Reading) and body.weight_g is not None]
    assert round(weights[-1]) == (420_000 - 42_000) / 400


def test_weights_on_a_scale_in_work_are_no_movements_and_afterwards_pours_are() -> None:
    engine = Engine(LAYOUT, namespace="n", started_s=0.0, reading_interval_s=1, refusals=Refusals())
    played(engine, 0, 20, 420 * 1000)
    engine.in_work = lambda: {"cell-0"}
    during = [
        body
        for load_g, at in ((0, 20), (1000, 40), (900, 60))
        for body in played(engine, at, 20, 420 * load_g)
    ]
    engine.in_work = tuple
    after = played(engine, 80, 20, 420 * 900) + played(engine, 100, 20, 420 * 800)
    assert not [body for body in during if isinstance(body, Movement)]
    assert [round(body.delta_g, -1) for body in after if isinstance(body, Movement)] == [-100]


def test_a_scale_that_is_not_there_is_told() -> None:
    engine = Engine(LAYOUT, namespace="n", started_s=0.0, reading_interval_s=1, refusals=Refusals())
    assert not engine.recalibrate("cell-9", 0, 1)
