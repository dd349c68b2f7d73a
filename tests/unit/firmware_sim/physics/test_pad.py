"""Gestures on pads."""

import numpy as np
import pytest

from firmware_sim.physics.pad import Gesture, Pads


def test_a_lifted_bottle_leaves_nothing_on_the_pad():
    pads = Pads(["a", "b"], np.array([900.0, 500.0]))
    pads.expect([Gesture(0.25, 0.5, "a", step_g=-900.0)])
    load_g = pads.second(0, 80)
    assert load_g[0, 0] == 900.0
    assert load_g[0, -1] == pytest.approx(0)
    assert (load_g[1] == 500.0).all()
    assert pads.standing_g.tolist() == [0.0, 500.0]


def test_a_gesture_goes_on_over_the_end_of_a_second():
    pads = Pads(["a"], np.array([0.0]))
    pads.expect([Gesture(0.5, 1.5, "a", step_g=100.0)])
    assert pads.second(0, 4)[0].tolist() == [0.0, 0.0, 15.625, 50.0]
    assert pads.second(1, 4)[0].tolist() == [84.375, 100.0, 100.0, 100.0]


def test_a_push_passes_and_leaves_the_weight_as_it_was():
    pads = Pads(["a"], np.array([400.0]))
    pads.expect([Gesture(0.0, 1.0, "a", push_g=50.0)])
    load_g = pads.second(0, 80)[0]
    assert load_g.max() == pytest.approx(450.0)
    assert pads.second(1, 80)[0].tolist() == [400.0] * 80
