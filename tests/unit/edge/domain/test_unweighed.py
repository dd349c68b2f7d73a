"""A bottle without a scale, believed over many looks."""

import numpy as np
import pytest

from contract.sightings import FigureSource
from edge.domain.fusion import Volume
from edge.domain.unweighed import MOST_UNREAD, SightBelief

FULL_ML = 700.0


def after(readings: list[float | None], sigma_ml: float = 15.0, was_away: bool = False) -> SightBelief:
    belief = SightBelief(FULL_ML)
    for ml in readings:
        belief.take(None if ml is None else Volume(ml, sigma_ml), was_away=was_away)
    return belief


def test_before_anything_was_read_there_is_no_figure() -> None:
    assert after([]).source is None
    assert after([None, None]).source is None
    assert after([300.0]).source is FigureSource.CAMERA


def test_the_first_reading_is_believed_with_its_own_sigma() -> None:
    volume = after([300.0]).volume
    assert volume.ml == pytest.approx(300, abs=4)
    assert 12 < volume.sigma_ml < 60


def test_a_measure_is_followed_at_the_first_look() -> None:
    assert after([300.0] * 5 + [262.0]).volume.ml == pytest.approx(264, abs=6)


def test_a_rise_that_is_not_a_fresh_bottle_waits_for_the_looks_after_it() -> None:
    once = after([172.0] * 5 + [466.0])
    assert once.volume.ml == pytest.approx(172, abs=15)
    assert once.is_waiting
    back = after([172.0] * 5 + [466.0, 170.0])
    assert back.volume.ml == pytest.approx(171, abs=5)
    assert not back.is_waiting
    stays = after([172.0] * 5 + [466.0] * 3)
    assert stays.volume.ml == pytest.approx(466, abs=6)
    assert not stays.is_waiting


def test_a_fresh_bottle_in_the_place_of_an_empty_one_is_believed_at_once() -> None:
    assert after([20.0] * 5 + [697.0]).volume.ml == pytest.approx(698, abs=6)


def test_a_bottle_that_was_away_may_come_back_with_any_level() -> None:
    belief = after([172.0] * 5)
    belief.take(None, was_away=True)
    belief.take(None, was_away=False)
    belief.take(Volume(466.0, 15.0), was_away=False)
    assert belief.volume.ml == pytest.approx(466, abs=10)


def test_looks_that_cannot_be_read_widen_the_doubt_and_move_nothing() -> None:
    read, unread = after([300.0] * 3), after([300.0] * 3 + [None] * 4)
    assert unread.volume.ml == pytest.approx(read.volume.ml)
    assert unread.volume.sigma_ml > 1.2 * read.volume.sigma_ml
    night = after([300.0] * 3 + [None] * 500)
    assert night.volume == after([300.0] * 3 + [None] * MOST_UNREAD).volume


@pytest.mark.parametrize("ml", [-40.0, 0.0, 700.0, 900.0])
def test_readings_at_and_beyond_the_ends_stay_within_the_bottle(ml) -> None:
    volume = after([ml] * 4).volume
    assert 0.0 <= volume.ml <= FULL_ML
    assert np.isfinite(volume.sigma_ml)


def test_over_an_evening_it_is_nearer_than_the_newest_reading() -> None:
    dice = np.random.default_rng(4)
    belief, truth, newest = SightBelief(FULL_ML), 690.0, 0.0
    errors = []
    for _ in range(300):
        truth = 690.0 if truth < 25 else truth - (dice.uniform(20, 60) if dice.random() < 0.25 else 0.0)
        truth = max(truth, 0.0)
        newest = float(dice.uniform(0, 700)) if dice.random() < 0.05 else truth + float(dice.normal(0, 6))
        belief.take(Volume(newest, 15.0), was_away=False)
        errors.append((abs(belief.volume.ml - truth), abs(newest - truth)))
    ours, theirs = np.mean(errors, axis=0)
    assert ours < 0.75 * theirs
