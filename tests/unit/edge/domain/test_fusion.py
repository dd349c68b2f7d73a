"""One belief from weight and sight: inverse variance while both are honest, and none of a lie."""

import numpy as np
import pytest

from contract.sightings import FigureSource
from edge.domain.fusion import Account, BottleBelief, Volume

FULL = 700.0


def belief() -> BottleBelief:
    return BottleBelief(FULL, tare_sigma_ml=5.0)


def test_before_any_word_nothing_is_claimed() -> None:
    fresh = belief()
    assert fresh.source is None
    assert fresh.volume.sigma_ml > 200


def test_a_camera_alone_is_believed_with_its_own_sigma() -> None:
    alone = belief()
    alone.pass_time(was_handled=False)
    alone.see(Volume(420.0, 35.0))
    assert alone.source is FigureSource.CAMERA
    assert alone.volume.ml == pytest.approx(420, abs=5)
    assert alone.volume.sigma_ml == pytest.approx(35, rel=0.1)


def test_looking_long_at_a_standing_bottle_does_not_make_its_offset_vanish() -> None:
    alone = belief()
    for _ in range(100):
        alone.pass_time(was_handled=False)
        alone.see(Volume(420.0, 35.0))
    assert alone.volume.sigma_ml > 20


def test_both_together_are_surer_than_each_and_near_the_scale() -> None:
    both, scale = belief(), belief()
    for one in (both, scale):
        one.pass_time(was_handled=False)
        one.weigh(Volume(410.0, 1.0))
    both.see(Volume(412.0, 6.0))
    assert both.source is FigureSource.BOTH
    assert both.volume.sigma_ml < scale.volume.sigma_ml
    assert both.volume.ml == pytest.approx(410, abs=3)


def test_a_fresh_bottle_teaches_what_its_glass_weighs() -> None:
    """Full means 700 ml within 1 %: the rest of what the scale says is the glass."""
    one = belief()
    one.renew(Volume(FULL, 2.0))
    for level in (712.0, 672.0, 632.0):
        one.pass_time(was_handled=level < 712)
        one.weigh(Volume(level, 1.0))
    assert one.volume.ml == pytest.approx(620, abs=4)
    assert one.volume.sigma_ml < 4


def play(lie_by: str, seed: int = 3) -> tuple[BottleBelief, float, list[Account | None]]:
    """An hour of looks at a bottle that is poured from; half-way one of the sensors begins to lie."""
    dice = np.random.default_rng(seed)
    one, truth, liars = belief(), 600.0, []
    stuck = 0.0
    for minute in range(60):
        handled = minute % 10 == 5
        truth -= 45.0 if handled else 0.0
        one.pass_time(was_handled=handled)
        drift = 4.0 * max(0, minute - 30) if lie_by == "scale" else 0.0
        one.weigh(Volume(truth + 3.0 + drift + dice.normal(0, 1), 1.0))
        if minute == 30:
            stuck = truth + 220
        seen = stuck if lie_by == "camera" and minute >= 30 else truth + dice.normal(0, 20)
        one.see(Volume(min(FULL, seen), 30.0))
        liars.append(one.liar)
    return one, truth, liars


def test_a_lying_camera_is_found_out_and_left_out() -> None:
    one, truth, liars = play("camera")
    assert liars[29] is None
    assert one.liar is Account.SCALE_ONLY
    assert one.source is FigureSource.SCALE
    assert one.volume.ml == pytest.approx(truth, abs=12)


def test_a_scale_that_walks_away_is_found_out_and_left_out() -> None:
    one, truth, liars = play("scale")
    assert liars[29] is None
    assert one.volume.ml == pytest.approx(truth, abs=45)
    assert one.liar is Account.CAMERA_ONLY
    assert one.source is FigureSource.CAMERA


def test_honest_sensors_are_never_called_liars() -> None:
    for seed in range(5):
        _, _, liars = play("nobody", seed)
        assert liars == [None] * 60


def test_a_silent_scale_leaves_the_camera_and_the_other_way_round() -> None:
    one = belief()
    one.weigh(Volume(300.0, 1.0))
    one.see(Volume(320.0, 30.0))
    one.forget_scale()
    assert one.source is FigureSource.CAMERA
    one.forget_camera()
    assert one.source is None


def test_the_volume_stays_within_the_bottle() -> None:
    one = belief()
    one.weigh(Volume(-40.0, 1.0))
    assert one.volume.ml == 0.0


def test_one_look_that_is_far_off_is_not_believed_and_two_are() -> None:
    one = belief()
    for _ in range(3):
        one.pass_time(was_handled=False)
        one.see(Volume(420.0, 12.0))
    one.pass_time(was_handled=False)
    one.see(Volume(20.0, 12.0))
    assert one.volume.ml == pytest.approx(420, abs=2)
    one.pass_time(was_handled=True)
    one.see(Volume(24.0, 12.0))
    assert one.volume.ml < 150


def test_a_picture_that_stands_still_while_the_scale_tells_of_measures_is_a_lie() -> None:
    one, truth = belief(), 600.0
    for minute in range(40):
        handled = minute % 4 == 3
        truth -= 35.0 if handled else 0.0
        one.pass_time(was_handled=handled)
        one.weigh(Volume(truth, 0.8))
        one.see(Volume(600.0, 15.0))
    assert one.volume.ml == pytest.approx(truth, abs=8)
    assert one.source is FigureSource.SCALE
