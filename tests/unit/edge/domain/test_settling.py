import numpy as np
import pytest

from edge.domain.settling import Plateau, Settling


def feed(settling: Settling, weights_g: np.ndarray, start_s: float = 0.0) -> None:
    for i, value in enumerate(weights_g.tolist()):
        settling.take(start_s + i / 10, value)


def noisy(level_g: float, samples: int, seed: int = 1) -> np.ndarray:
    return level_g + np.random.default_rng(seed).normal(0, 0.8, samples)


def test_four_still_samples_are_a_plateau() -> None:
    settling = Settling()
    feed(settling, noisy(1200, 3))
    assert settling.plateau is None
    feed(settling, noisy(1200, 6, seed=2))
    assert settling.plateau is not None
    assert settling.plateau.level_g == pytest.approx(1200, abs=1)


def test_a_rising_weight_is_no_plateau() -> None:
    settling = Settling()
    feed(settling, np.linspace(0, 200, 40))
    assert settling.plateau is None


def test_one_or_two_samples_outside_do_not_end_a_plateau() -> None:
    settling = Settling()
    feed(settling, np.concatenate((noisy(1200, 30), [1250, 1251], noisy(1200, 10))))
    assert settling.plateau is not None
    assert settling.plateau.samples >= 40


def test_three_samples_outside_end_it_at_the_first_of_them() -> None:
    settling = Settling()
    feed(settling, np.concatenate((noisy(1200, 30), [900, 600, 300])))
    assert settling.plateau is None
    assert settling.left_s == pytest.approx(3.0)


def test_a_plateau_follows_slow_drift() -> None:
    settling = Settling()
    feed(settling, noisy(1200, 6000) + np.linspace(0, 100, 6000))
    assert settling.plateau is not None
    assert settling.plateau.samples == 6000
    assert settling.plateau.level_g == pytest.approx(1300, abs=1.5)


def test_a_longer_plateau_has_a_smaller_sigma() -> None:
    sigmas = []
    for samples in (10, 25, 50):
        plateau = Plateau(0.0)
        for i in range(samples):
            plateau.add(1200 + (0.8 if i % 2 else -0.8))
        sigmas.append(plateau.average(0.8).sigma_g)
    assert sigmas == sorted(sigmas, reverse=True)
    assert sigmas[0] / sigmas[2] > 1.5


def test_the_noise_is_learned_from_the_scale_itself() -> None:
    settling = Settling()
    dice = np.random.default_rng(3)
    for _ in range(200):
        settling.learn_noise(1200 + dice.normal(0, 3.0, 10))
    assert settling.noise_g == pytest.approx(3.0, rel=0.2)
    assert settling.band_g == pytest.approx(15, rel=0.2)


def test_a_run_added_at_once_is_the_same_as_one_by_one() -> None:
    one, other = Plateau(0.0), Plateau(0.0)
    for value in noisy(1200, 60):
        one.add(value)
        other.add(value)
    run = noisy(1200, 10, seed=5)
    for value in run:
        one.add(value)
    other.add_all(run)
    assert other.level_g == pytest.approx(one.level_g, abs=1e-9)
    assert (other.samples, list(other.tail)) == (one.samples, list(one.tail))


def arm(strength_g: float, seconds: float) -> np.ndarray:
    return strength_g * np.sin(np.pi * np.arange(round(seconds * 10)) / round(seconds * 10))


@pytest.mark.parametrize(("strength_g", "seconds"), [(940, 4), (1500, 9), (1750, 7.6), (4000, 9)])
def test_an_arm_that_leans_stands_still_at_its_turn_and_that_is_no_level(strength_g, seconds) -> None:
    settling = Settling(3)
    pushed = np.concatenate((np.zeros(30), arm(strength_g, seconds), np.zeros(10)))
    turned = []
    for at, value in enumerate(noisy(1200, pushed.size) + pushed):
        before = settling.plateau
        settling.take(at / 10, value)
        if before is not None and settling.plateau is None:
            turned.append(settling.has_turned)
    assert turned
    assert turned[0] is False
    assert all(turned[1:])


def test_a_level_between_two_hands_is_a_level_however_short() -> None:
    settling = Settling(3)
    weights_g = [1200.0] * 30 + [900.0, 520.0] + [500.0] * 4 + [560.0, 620.0, 900.0]
    feed(settling, np.array(weights_g))
    assert settling.ended is not None
    assert settling.ended.level_g == pytest.approx(500, abs=1)
    assert not settling.has_turned
