"""A tray as the gateway runs it: frames in, records out, and what is kept over a restart."""

import numpy as np
import pytest

from contract.device import DeviceFrame
from contract.layout import SiteLayout
from contract.records import Movement, MovementKind, Stage
from edge.domain.engine import Engine
from edge.domain.refusals import Refusals
from edge.domain.tray import BottleWeight

TARES = (500.0, 560.0, 620.0)


def tray_layout(first: str = "p-0") -> SiteLayout:
    products = [
        {"id": name, "name": name, "category": "spirit", "volume_ml": 700, "tare_weight_g": tare,
         "density_g_per_ml": 0.95}
        for name, tare in zip((first, "p-1", "p-2"), TARES, strict=True)
    ]  # fmt: skip
    scale = {"id": "tray", "node": "node", "channel": "0", "tare_counts": 0, "counts_per_g": 70}
    slots = [{"id": f"s-{n}", "scale": "tray", "product": one["id"]} for n, one in enumerate(products)]
    shelf = {"id": "shelf", "name": "Shelf", "gateway": "gw", "scales": [scale], "slots": slots}
    return SiteLayout.model_validate(
        {"id": "bar", "name": "Bar", "timezone": "UTC", "gateways": [{"id": "gw", "name": "G"}],
         "products": products, "shelves": [shelf]}
    )  # fmt: skip


class Tray:
    """One tray behind one engine."""

    def __init__(self, *weights_g: float, bottles: dict[str, BottleWeight] | None = None) -> None:
        known = {f"s-{n}": BottleWeight(weight_g, 0.7) for n, weight_g in enumerate(weights_g)}
        self.engine = Engine(
            tray_layout(), namespace="n", started_s=0.0, reading_interval_s=5, refusals=Refusals(),
            bottles=bottles or known,
        )  # fmt: skip
        self.now_s, self.movements, self._dice = 0, [], np.random.default_rng(3)
        self.seq = 0

    def stand(self, weight_g: float, seconds: int, boot: str = "a") -> "Tray":
        for _ in range(seconds):
            samples = np.rint((weight_g + self._dice.normal(0, 0.5, 10)) * 70).astype(int).tolist()
            frame = DeviceFrame(
                boot=boot * 32, seq=self.seq, uptime_ms=self.seq * 1000, rate_hz=10, channels={"0": samples}
            )
            self.seq, self.now_s = self.seq + 1, self.now_s + 1
            self.hear(frame)
        return self

    def hear(self, frame: DeviceFrame) -> None:
        said = self.engine.take("node", frame, float(self.now_s))
        self.movements += [one.body for one in said if isinstance(one.body, Movement)]

    @property
    def newest(self) -> dict[str, Movement]:
        return {movement.movement_id: movement for movement in self.movements}


def slots(tray: Tray) -> list[str]:
    return [
        max(one.posterior, key=lambda share: share.probability).slot_id
        for one in tray.newest.values()
        if one.movement is MovementKind.POUR
    ]


def test_twins_are_told_apart_when_one_of_them_is_empty_and_the_pour_before_is_corrected() -> None:
    tray = Tray(600.0, 600.4, 900.0).stand(2100.4, 10)
    tray.stand(1500.2, 4).stand(2061.2, 8)
    first = tray.movements[-1]
    assert first.stage is Stage.FINAL
    assert max(share.probability for share in first.posterior) < 0.9
    assert first.doubts == ("another bottle of this tray weighs nearly the same",)
    tray.stand(1500.2, 8).stand(1500.2 + 1225, 8)
    assert slots(tray) == ["s-1"]
    corrected = tray.newest[first.movement_id]
    assert corrected.revision > first.revision
    assert corrected.stage is Stage.CORRECTED


def test_who_saw_it_corrects_the_record_with_the_next_frame() -> None:
    tray = Tray(700.0, 700.2, 900.0).stand(2300.2, 10)
    tray.stand(1600.1, 4).stand(2260.2, 8)
    said = slots(tray)[0]
    other = "s-1" if said == "s-0" else "s-0"
    assert tray.engine.confirm(other)
    tray.stand(2260.2, 1)
    assert slots(tray) == [other]
    assert not tray.engine.confirm("s-2")


def test_a_restart_goes_on_with_what_was_known() -> None:
    before = Tray(800.0, 900.0, 1000.0).stand(2700, 10).stand(1900, 4).stand(2655, 8)
    kept = before.engine.bottles()
    assert kept["s-0"].weight_g == pytest.approx(755, abs=1)
    assert kept["s-0"].lifts == pytest.approx(1, abs=0.01)
    assert sum(kept["s-0"].pours) == pytest.approx(1, abs=0.01)
    after = Tray(bottles=kept).stand(2655, 10).stand(1900, 4).stand(2607, 8)
    assert slots(after) == ["s-0"]


def test_what_left_the_tray_while_the_gateway_was_off_makes_it_less_sure_and_no_pour() -> None:
    kept = {f"s-{n}": BottleWeight(weight_g, 0.5) for n, weight_g in enumerate((800.0, 900.0, 1000.0))}
    after = Tray(bottles=kept).stand(2600, 10)
    after.stand(2600, 10)
    after.stand(2600 - 800, 5)
    assert after.movements == []
    assert after.engine.bottles()["s-1"].sigma_g > 10


def test_a_node_that_reboots_while_a_bottle_is_out_hides_no_pour_and_makes_none() -> None:
    tray = Tray(800.0, 900.0, 1000.0).stand(2700, 10).stand(1900, 3)
    tray.seq, tray.now_s = 0, tray.now_s + 3
    tray.stand(1900, 4, boot="b").stand(2660, 8, boot="b")
    assert slots(tray) == ["s-0"]
    assert "restarted" in tray.engine.health()[0].hint


def test_a_frame_that_comes_twice_is_no_pour_and_is_said() -> None:
    tray = Tray(800.0, 900.0, 1000.0).stand(2700, 10)
    for seq in (4, 5, 6):
        tray.hear(
            DeviceFrame(boot="a" * 32, seq=seq, uptime_ms=seq * 1000, rate_hz=10, channels={"0": [0] * 10})
        )
    tray.stand(2700, 5)
    assert tray.movements == []
    assert "twice" in tray.engine.health()[0].hint


def test_a_tray_that_is_unplugged_has_a_state_and_a_hint_and_no_pour() -> None:
    tray = Tray(800.0, 900.0, 1000.0).stand(2700, 10)
    for _ in range(10):
        frame = DeviceFrame(
            boot="a" * 32, seq=tray.seq, uptime_ms=tray.seq * 1000, rate_hz=10, channels={"0": [None] * 10}
        )
        tray.seq, tray.now_s = tray.seq + 1, tray.now_s + 1
        tray.hear(frame)
    health = tray.engine.health()[0]
    assert (health.state, tray.movements) == ("not_ready", [])
    assert health.hint.startswith("no values: check the plug of slot s-0")
    assert tray.stand(2700, 8).movements == []


def test_a_bottle_that_was_emptied_is_said_to_be() -> None:
    tray = Tray(530.0, 900.0, 1000.0).stand(2430, 10).stand(1900, 4).stand(2402, 8)
    pour, empty = tray.movements[-2:]
    assert (pour.movement, empty.movement) == (MovementKind.POUR, MovementKind.EMPTY)
    assert (empty.volume_ml, empty.posterior) == (0.0, pour.posterior)
    assert empty.movement_id != pour.movement_id


def test_whose_it_is_that_is_empty_follows_the_pour() -> None:
    tray = Tray(530.0, 530.4, 1000.0)
    tray.stand(2060.4, 10).stand(1530.2, 4).stand(2031.2, 8)
    emptied = [one for one in tray.newest.values() if one.movement is MovementKind.EMPTY]
    assert len(emptied) == 1
    assert tray.engine.confirm("s-1")
    tray.stand(2031.2, 1)
    assert slots(tray) == ["s-1"]
    assert {one.movement for one in tray.newest.values()} == {MovementKind.POUR, MovementKind.EMPTY}


def test_a_small_doubt_that_is_taken_away_is_told() -> None:
    tray = Tray(700.0, 702.4, 900.0).stand(2302.4, 10)
    tray.stand(1602.4, 4).stand(2262.4, 8)
    (doubted,) = [share for share in tray.movements[-1].posterior if share.slot_id == "s-0"]
    assert 0.86 < doubted.probability < 0.97
    assert tray.engine.confirm("s-0")
    tray.stand(2262.4, 1)
    assert tray.movements[-1].stage is Stage.CORRECTED
    assert [(one.slot_id, one.probability) for one in tray.movements[-1].posterior] == [("s-0", 1.0)]
