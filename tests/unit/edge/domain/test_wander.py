import numpy as np
import pytest

from edge.domain.wander import Wander


def test_a_new_scale_is_thought_to_wander_by_some_tenths_of_a_gram() -> None:
    assert Wander().sigma_g(8) == pytest.approx(0.69, abs=0.02)
    assert Wander().sigma_g(64) > Wander().sigma_g(8)


def test_a_scale_that_wanders_more_is_found_out() -> None:
    wander, dice = Wander(), np.random.default_rng(1)
    walk = np.cumsum(dice.normal(0, 1.0, 5000))
    for second, value in enumerate(walk.tolist()):
        wander.take(float(second), value)
    assert wander.sigma_g(8) == pytest.approx(np.sqrt(8), rel=0.2)
    assert wander.sigma_g(12) == pytest.approx(np.sqrt(12), rel=0.25)


def test_a_quiet_scale_is_believed_to_be_quiet() -> None:
    wander = Wander()
    for second in range(5000):
        wander.take(float(second), 900.0)
    assert wander.sigma_g(8) < 0.2


def test_means_across_an_interruption_are_not_compared() -> None:
    wander = Wander()
    for second in range(20):
        wander.take(float(second), 900.0)
    before = wander.sigma_g(2)
    wander.interrupt()
    wander.take(21.0, 912.0)
    assert wander.sigma_g(2) == before


def test_an_event_is_not_wander() -> None:
    wander = Wander()
    for second in range(2000):
        wander.take(float(second), 900.0 if second < 1000 else 860.0)
    assert wander.sigma_g(8) < 0.3
