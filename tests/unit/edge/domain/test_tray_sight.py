"""Two bottles of one weight on a tray: the scale guesses which was poured from, the camera settles it."""

import numpy as np
import pytest

from contract.device import DeviceFrame
from contract.records import Movement
from edge.domain.engine import Engine
from edge.domain.handlings import Handlings
from edge.domain.refusals import Refusals
from edge.domain.sight import SlotLook
from edge.domain.tray import BottleWeight
from edge.domain.watch import Watch
from tests.unit.edge.domain.test_watch import LAYOUT, absent, look, seen

EACH_G = 830.0


class Shelf:
    """The engine under a tray, and the watch before it."""

    def __init__(self) -> None:
        known = {slot: BottleWeight(EACH_G, 0.7) for slot in ("top-3", "top-4")}
        self.engine = Engine(
            LAYOUT, namespace="t", started_s=0.0, reading_interval_s=5.0, refusals=Refusals(), bottles=known
        )
        self.told = Handlings(LAYOUT, self.engine.bottles)
        self.watch, self.movements = Watch(LAYOUT), []
        self._dice, self._seq = np.random.default_rng(3), 0

    def stand(self, weight_g: float, seconds: int) -> None:
        for _ in range(seconds):
            counts = np.rint((weight_g + self._dice.normal(0, 0.8, 10)) * 420).astype(int).tolist()
            uptime_ms = 1000 * self._seq
            frame = DeviceFrame(
                boot="a" * 32, seq=self._seq, uptime_ms=uptime_ms, rate_hz=10, channels={"1": counts}
            )
            self._seq += 1
            said = self.engine.take("n", frame, float(self._seq))
            self.told.take(said)
            self.movements += [one.body for one in said if isinstance(one.body, Movement)]

    def see(self, *slots: SlotLook) -> None:
        outcome = self.watch.take(look(*slots), self.told.weights())
        for slot in outcome.confirmed:
            assert self.engine.confirm(slot)


@pytest.mark.parametrize(("lifted", "other"), [("top-3", "top-4"), ("top-4", "top-3")])
def test_the_newest_revision_names_the_bottle_that_the_camera_saw(lifted, other) -> None:
    shelf = Shelf()
    shelf.stand(2 * EACH_G, 20)
    shelf.stand(EACH_G, 5)
    shelf.see(absent(lifted), seen(other, 300))
    shelf.stand(2 * EACH_G - 40, 8)
    doubtful = max(share.probability for share in shelf.movements[-1].posterior)
    assert doubtful < 0.9
    shelf.see(seen(lifted, 260), seen(other, 300))
    shelf.stand(2 * EACH_G - 40, 3)
    newest = shelf.movements[-1]
    likeliest = max(newest.posterior, key=lambda share: share.probability)
    assert (likeliest.slot_id, likeliest.probability > 0.99) == (lifted, True)
    assert newest.movement_id == shelf.movements[0].movement_id
    assert newest.revision > shelf.movements[0].revision
    assert shelf.engine.bottles()[lifted].weight_g == pytest.approx(EACH_G - 40, abs=2)
    assert shelf.engine.bottles()[other].weight_g == pytest.approx(EACH_G, abs=2)


def test_without_a_camera_both_stay_possible() -> None:
    shelf = Shelf()
    shelf.stand(2 * EACH_G, 20)
    shelf.stand(EACH_G, 5)
    shelf.stand(2 * EACH_G - 40, 15)
    assert max(share.probability for share in shelf.movements[-1].posterior) < 0.9
