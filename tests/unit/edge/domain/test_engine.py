from itertools import pairwise

import numpy as np
import pytest

from contract.device import DeviceFrame
from contract.layout import Gateway, Product, Scale, Shelf, SiteLayout, Slot
from contract.records import Movement, Reading
from edge.domain.engine import Engine
from edge.domain.refusals import Refusals

GIN = Product(
    id="gin", name="Gin", category="spirit", volume_ml=700, tare_weight_g=500, density_g_per_ml=0.94
)
SCALE = Scale(id="cell-1", node="node-top", channel="2", tare_counts=500, counts_per_g=420)
LAYOUT = SiteLayout(
    id="bar",
    name="Bar",
    timezone="UTC",
    products=(GIN,),
    gateways=(Gateway(id="gw", name="G"),),
    shelves=(
        Shelf(
            id="top",
            name="Top",
            gateway="gw",
            scales=(SCALE,),
            slots=(Slot(id="top-3", scale="cell-1", product="gin"),),
        ),
    ),
)
BOOT, OTHER_BOOT = "a" * 32, "b" * 32


class Shelfside:
    """A node that says one frame a second, heard at once."""

    def __init__(self) -> None:
        self.refusals = Refusals()
        self.engine = Engine(
            LAYOUT, namespace="gw", started_s=100.0, reading_interval_s=5.0, refusals=self.refusals
        )
        self.now_s, self.seq, self.uptime_s, self.boot = 100.0, 0, 0, BOOT
        self.said = []
        self._dice = np.random.default_rng(1)

    def stand(self, weight_g: float, seconds: int, channel: str = "2") -> "Shelfside":
        for _ in range(seconds):
            counts = np.rint((weight_g + self._dice.normal(0, 0.8, 10)) * 420 + 500).astype(int).tolist()
            self.hear({channel: counts})
        return self

    def hear(self, channels: dict[str, list[int | None]]) -> None:
        frame = DeviceFrame(
            boot=self.boot, seq=self.seq, uptime_ms=self.uptime_s * 1000, rate_hz=10, channels=channels
        )
        self.now_s += 1
        self.said += self.engine.take("node-top", frame, self.now_s)
        self.seq, self.uptime_s = self.seq + 1, self.uptime_s + 1

    def reboot(self, seconds: int) -> "Shelfside":
        self.boot, self.seq, self.uptime_s = OTHER_BOOT, 0, 0
        self.now_s += seconds
        return self

    def bodies(self, kind: type) -> list:
        return [seen.body for seen in self.said if isinstance(seen.body, kind)]


@pytest.fixture
def shelf() -> Shelfside:
    return Shelfside()


def test_a_scale_that_stands_reads_every_interval(shelf) -> None:
    shelf.stand(900, 33)
    readings = shelf.bodies(Reading)
    assert [reading.quality for reading in readings] == ["ok"] * len(readings)
    times = [seen.at_s for seen in shelf.said]
    assert [round(b - a, 3) for a, b in pairwise(times)] == [5.0] * (len(times) - 1)
    assert len(readings) == 7
    assert readings[-1].weight_g == pytest.approx(900, abs=0.6)
    assert readings[-1].slots == ("top-3",)


def test_a_lifted_bottle_is_said_at_once_and_settled_again_with_the_pour(shelf) -> None:
    shelf.stand(900, 20).stand(0, 6).stand(860, 10)
    assert [seen.body.quality for seen in shelf.said if isinstance(seen.body, Reading)] == [
        "ok",
        "ok",
        "ok",
        "ok",
        "in_hand",
        "ok",
        "ok",
    ]
    early, pour = shelf.bodies(Movement)
    assert (early.stage, early.revision) == ("provisional", 1)
    assert early.settled_after_s <= 1.0
    assert early.movement_id == pour.movement_id
    assert pour.movement == "pour"
    assert pour.stage == "final"
    assert pour.revision == 2
    assert pour.product_id == "gin"
    assert [(share.slot_id, share.probability) for share in pour.posterior] == [("top-3", 1.0)]
    assert pour.volume_ml == pytest.approx(40 / 0.94, abs=1.2)
    assert pour.doubts == ()
    assert 2.0 <= pour.settled_after_s <= 3.2
    assert 8.0 <= pour.duration_s <= 10.0


def test_the_movement_comes_before_the_reading_that_follows_it(shelf) -> None:
    shelf.stand(900, 20).stand(0, 6).stand(860, 10)
    at = max(i for i, seen in enumerate(shelf.said) if isinstance(seen.body, Movement))
    following = shelf.said[at + 1].body
    assert following.quality == "ok"
    assert following.weight_g == pytest.approx(860, abs=0.8)


def test_a_node_that_reboots_in_the_middle_of_a_pour_loses_nothing(shelf) -> None:
    shelf.stand(900, 20).stand(0, 2).reboot(8).stand(0, 2).stand(860, 15)
    pour = shelf.bodies(Movement)[-1]
    assert pour.movement == "pour"
    assert len({one.movement_id for one in shelf.bodies(Movement)}) == 1
    assert pour.delta_g == pytest.approx(-40, abs=1.5)


def test_a_scale_without_frames_is_silent_and_names_the_plug(shelf) -> None:
    shelf.stand(900, 20)
    assert shelf.engine.tick(shelf.now_s + 4.0) == []
    (silent,) = shelf.engine.tick(shelf.now_s + 6.0)
    assert silent.body.quality == "silent"
    assert silent.body.weight_g is None
    assert shelf.engine.tick(shelf.now_s + 7.0) == []
    (health,) = shelf.engine.health()
    assert health.state == "silent"
    assert health.hint == (
        "no frames from node-top: check its power and its network, "
        "then the plug of slot top-3 (node node-top, channel 2)"
    )


def test_a_silent_scale_that_comes_back_reads_again(shelf) -> None:
    shelf.stand(900, 20)
    shelf.engine.tick(shelf.now_s + 6.0)
    shelf.now_s += 10
    shelf.uptime_s += 10
    shelf.said.clear()
    shelf.stand(900, 10)
    assert shelf.said[-1].body.quality == "ok"
    assert shelf.bodies(Movement) == []


def test_a_dead_cell_says_which_plug(shelf) -> None:
    shelf.stand(900, 20)
    for _ in range(4):
        shelf.hear({"2": [None] * 10})
    assert shelf.said[-1].body.quality == "not_ready"
    view = shelf.engine.views(shelf.now_s)[0]
    assert view.hint == "no values: check the plug of slot top-3 (node node-top, channel 2)"
    assert view.weight_g == pytest.approx(900, abs=1)
    assert view.age_s == pytest.approx(8, abs=2)


def test_a_channel_without_a_scale_is_refused_by_name(shelf) -> None:
    shelf.stand(900, 3, channel="5")
    assert shelf.refusals.counts() == {"node node-top sends channel 5, which no scale of the layout uses": 3}


def test_a_frame_that_comes_twice_is_counted_and_not_weighed(shelf) -> None:
    shelf.stand(900, 3)
    shelf.seq -= 1
    shelf.stand(900, 1)
    assert shelf.refusals.counts() == {"frame twice or out of order from node node-top": 1}


def test_the_same_night_gives_the_same_movement_ids() -> None:
    ids = []
    for _ in range(2):
        shelf = Shelfside().stand(900, 20).stand(0, 6).stand(860, 10)
        ids.append(shelf.bodies(Movement)[0].movement_id)
    assert ids[0] == ids[1]
    assert len(ids[0]) == 32
