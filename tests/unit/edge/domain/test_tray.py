"""A tray on a bench: several bottles on one scale, told apart by their weights."""

import numpy as np
import pytest

from contract.records import MovementKind, Stage
from edge.domain.profiles import ScaleProfile
from edge.domain.tray import BottleWeight, TrayWeigher

TRAY = ScaleProfile("tray", ("a", "b", "c"), "node", "0", tare_counts=100, counts_per_g=70)
WEIGHTS_G = {"a": 900.0, "b": 800.0, "c": 700.0}


def bottle(slot: str) -> ScaleProfile:
    return ScaleProfile(
        "tray", (slot,), product_id=f"gin-{slot}", tare_weight_g=500, density_g_per_ml=0.94,
        full_weight_g=1158,
    )  # fmt: skip


class Tray:
    def __init__(self) -> None:
        known = {slot: BottleWeight(weight_g, 0.7) for slot, weight_g in WEIGHTS_G.items()}
        self.weigher = TrayWeigher(TRAY, [bottle(slot) for slot in "abc"], known)
        self.now_s, self.said, self._dice = 0.0, [], np.random.default_rng(5)

    def stand(self, weight_g: float, seconds: float) -> "Tray":
        return self.play(np.full(round(seconds * 10), weight_g))

    def play(self, weights_g: np.ndarray) -> "Tray":
        samples = weights_g + self._dice.normal(0, 0.8, weights_g.size)
        counts = np.rint(samples * 70 + 100).astype(int).tolist()
        for start in range(0, len(counts), 10):
            frame = counts[start : start + 10]
            self.said += self.weigher.take(self.now_s, 10.0, frame)
            self.now_s += len(frame) / 10
        return self

    @property
    def final(self) -> list[tuple[MovementKind, str]]:
        return [(one.kind, one.bottle.slots[0]) for one in self.said if one.stage is Stage.FINAL]


@pytest.fixture
def tray() -> Tray:
    return Tray().stand(2400, 20)


def test_which_bottle_was_poured_from_follows_from_its_weight(tray) -> None:
    tray.stand(1600, 5).stand(2360, 10)
    assert tray.final == [("pour", "b")]
    assert tray.said[-1].share["b"] > 0.99
    assert tray.said[-1].change.delta_g == pytest.approx(-40, abs=1.5)


def test_a_pour_is_announced_within_a_second_and_final_within_three(tray) -> None:
    tray.stand(1600, 5).stand(2360, 10)
    first, last = tray.said
    assert (first.stage, last.stage) == ("provisional", "final")
    assert first.ended_s == last.ended_s
    assert first.known_s - 25 <= 1.0
    assert last.known_s - 25 <= 3.0


def test_two_bottles_lifted_a_second_apart_are_both_known(tray) -> None:
    tray.stand(1500, 0.8).stand(700, 5).stand(1560, 0.8).stand(2335, 10)
    assert sorted(tray.final) == [("pour", "a"), ("pour", "b")]


def test_a_bottle_in_the_hand_is_not_missing_and_after_two_minutes_it_is(tray) -> None:
    tray.stand(1700, 60)
    assert (tray.weigher.quality, tray.final) == ("in_hand", [])
    tray.stand(1700, 65)
    assert tray.final == [("removal", "c")]
    assert tray.weigher.quality == "ok"


def test_a_full_bottle_for_another_is_a_swap(tray) -> None:
    tray.stand(1700, 12).stand(1700 + 1156, 10)
    assert tray.final == [("swap", "c")]
    assert tray.weigher.bottles["c"].weight_g == pytest.approx(1156, abs=1.5)


def test_a_bump_is_no_movement(tray) -> None:
    tray.stand(2800, 0.4).stand(2200, 0.3).stand(2400, 10)
    assert tray.said == []


def arm(strength_g: float, seconds: float) -> np.ndarray:
    return strength_g * np.sin(np.pi * np.arange(round(seconds * 10)) / round(seconds * 10))


@pytest.mark.parametrize("strength_g", [700, 1160, 1700, 2000])
def test_an_arm_that_leans_on_the_tray_is_no_movement_and_confuses_nothing(tray, strength_g) -> None:
    tray.play(2400 + arm(strength_g, 7)).stand(2400, 10)
    assert tray.final == []
    assert tray.weigher.quality == "ok"
    tray.stand(1600, 5).stand(2360, 10)
    assert tray.final == [("pour", "b")]


def test_a_bottle_that_comes_back_while_an_arm_leans_is_told_once_the_arm_is_gone(tray) -> None:
    tray.stand(1600, 4)
    push_g = arm(900, 8)
    tray.play(1600 + push_g[:60]).play(2360 + push_g[60:]).stand(2360, 10)
    assert tray.final[-1] == ("pour", "b")
    announced = {one.ended_s for one in tray.said if one.kind is MovementKind.POUR}
    withdrawn = {one.ended_s for one in tray.said if one.kind is None}
    assert len(announced - withdrawn) == 1


def test_frames_that_are_missing_while_a_bottle_is_out_hide_nothing(tray) -> None:
    tray.stand(1600, 3)
    tray.now_s += 5
    tray.stand(2360, 10)
    assert tray.final == [("pour", "b")]


def test_what_it_believes_can_be_handed_to_the_next_start(tray) -> None:
    tray.stand(1600, 5).stand(2360, 10)
    assert tray.weigher.bottles["b"].weight_g == pytest.approx(760, abs=1.5)
    assert tray.weigher.bottles["b"].sigma_g < 1.5
    assert tray.weigher.bottles["a"].weight_g == pytest.approx(900, abs=1.5)
