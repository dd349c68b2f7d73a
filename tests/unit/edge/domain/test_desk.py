"""Two pads side by side, heard by one gateway: whose bottle is it that came back?"""

import numpy as np
import pytest

from contract.device import DeviceFrame
from contract.layout import SiteLayout
from contract.records import Movement
from edge.domain.engine import Engine
from edge.domain.refusals import Refusals

GIN = {"id": "gin", "name": "Gin", "category": "spirit", "volume_ml": 700, "tare_weight_g": 500,
       "density_g_per_ml": 0.94}  # fmt: skip
RUM = {"id": "rum", "name": "Rum", "category": "spirit", "volume_ml": 700, "tare_weight_g": 620,
       "density_g_per_ml": 0.95}  # fmt: skip


def two_pads() -> SiteLayout:
    scales = [{"id": f"cell-{n}", "node": "node", "channel": str(n), "tare_counts": 0, "counts_per_g": 400}
              for n in range(2)]  # fmt: skip
    slots = [{"id": "left", "scale": "cell-0", "product": "gin"},
             {"id": "right", "scale": "cell-1", "product": "rum"}]  # fmt: skip
    shelf = {"id": "top", "name": "Top", "gateway": "gw", "scales": scales, "slots": slots}
    return SiteLayout.model_validate(
        {"id": "bar", "name": "Bar", "timezone": "UTC", "products": [GIN, RUM],
         "gateways": [{"id": "gw", "name": "G"}], "shelves": [shelf]}
    )  # fmt: skip


class Shelf:
    def __init__(self) -> None:
        self.engine = Engine(
            two_pads(), namespace="gw", started_s=0, reading_interval_s=5, refusals=Refusals()
        )
        self.second, self.said, self._dice = 0, [], np.random.default_rng(3)

    def stand(self, left_g: float, right_g: float, seconds: int) -> "Shelf":
        for _ in range(seconds):
            channels = {
                str(n): np.rint((weight_g + self._dice.normal(0, 0.8, 10)) * 400).astype(int).tolist()
                for n, weight_g in enumerate((left_g, right_g))
            }
            frame = DeviceFrame(
                boot="a" * 32, seq=self.second, uptime_ms=self.second * 1000, rate_hz=10, channels=channels
            )
            self.second += 1
            self.said += self.engine.take("node", frame, float(self.second))
        return self

    @property
    def final(self) -> list[Movement]:
        bodies = [seen.body for seen in self.said if isinstance(seen.body, Movement)]
        newest = {body.movement_id: body for body in bodies}
        return list(newest.values())


@pytest.fixture
def shelf() -> Shelf:
    return Shelf().stand(900, 800, 20)


def test_two_bottles_out_at_once_that_come_home_are_two_pours(shelf) -> None:
    shelf.stand(0, 800, 1).stand(0, 0, 4).stand(860, 0, 1).stand(860, 775, 10)
    assert [(one.movement, one.product_id) for one in shelf.final] == [("pour", "gin"), ("pour", "rum")]
    assert [one.volume_ml for one in shelf.final] == pytest.approx([42.6, 26.3], abs=2.5)


def test_bottles_that_changed_places_are_still_two_pours(shelf) -> None:
    shelf.stand(0, 800, 1).stand(0, 0, 4).stand(775, 0, 1).stand(775, 860, 10)
    found = {one.product_id: one for one in shelf.final}
    assert {product: one.movement for product, one in found.items()} == {"gin": "pour", "rum": "pour"}
    assert found["gin"].volume_ml == pytest.approx(42.6, abs=3)
    assert found["gin"].scale_id == "cell-0"
    assert found["gin"].doubts[0] == "it stands on another bottle's place now: right"


def test_what_is_poured_afterwards_is_told_of_the_bottle_that_stands_there_now(shelf) -> None:
    shelf.stand(0, 0, 5).stand(775, 860, 10).stand(0, 860, 5).stand(745, 860, 10)
    last = shelf.final[-1]
    assert (last.movement, last.scale_id, last.product_id) == ("pour", "cell-0", "rum")


def test_bottles_put_right_again_are_swaps_and_no_pours(shelf) -> None:
    shelf.stand(0, 0, 5).stand(775, 860, 10).stand(0, 0, 3).stand(860, 775, 10)
    assert [one.movement for one in shelf.final] == ["pour", "pour", "swap", "swap"]
    shelf.stand(0, 775, 5).stand(830, 775, 10)
    assert shelf.final[-1].product_id == "gin"


def test_a_bottle_on_a_strange_place_waits_for_the_one_still_in_the_hand() -> None:
    shelf = Shelf().stand(1150, 700, 20).stand(0, 0, 5).stand(660, 0, 8)
    assert shelf.final == []
    shelf.stand(660, 1100, 8)
    assert [one.movement for one in shelf.final] == ["pour", "pour"]


def test_a_full_bottle_in_exchange_is_a_swap_though_another_is_out(shelf) -> None:
    shelf.stand(0, 0, 5).stand(1158, 770, 10)
    assert {one.scale_id: one.movement for one in shelf.final} == {"cell-0": "swap", "cell-1": "pour"}


def test_a_scale_that_was_calibrated_anew_still_takes_part(shelf) -> None:
    shelf.engine = Engine(two_pads(), namespace="gw", started_s=0, reading_interval_s=5, refusals=Refusals())
    shelf.stand(900, 800, 20)
    shelf.engine.recalibrate("cell-0", 0, 400)
    shelf.stand(900, 800, 20).stand(0, 0, 5).stand(775, 860, 10)
    assert {one.product_id: one.movement for one in shelf.final} == {"gin": "pour", "rum": "pour"}


def test_a_wrong_bottle_that_gives_way_to_the_right_one_was_not_poured_from(shelf) -> None:
    shelf.stand(0, 800, 8).stand(1285, 800, 10)
    assert shelf.final[-1].movement == "swap"
    shelf.stand(0, 800, 12).stand(1158, 800, 10)
    assert [one.movement for one in shelf.final] == ["swap", "swap"]
