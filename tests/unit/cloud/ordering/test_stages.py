import numpy as np
import pytest

from cloud.ordering.stages import least_of_windows, runs, windows_of


@pytest.mark.parametrize("seed", range(5))
def test_the_least_of_every_stretch_is_that_of_looking_at_each(seed):
    dice = np.random.default_rng(seed)
    values = dice.normal(size=200)
    first = dice.integers(0, 199, 500)
    run = dice.integers(1, 201 - first)
    least = least_of_windows(values, windows_of(first, run), len(first))
    assert least.tolist() == [values[a : a + n].min() for a, n in zip(first, run, strict=True)]


def test_a_stretch_of_one_is_its_number():
    assert least_of_windows(
        np.array([3.0, 1.0]), windows_of(np.array([0, 1]), np.array([1, 1])), 2
    ).tolist() == [
        3.0,
        1.0,
    ]


def test_runs_follow_each_other():
    assert runs(np.array([5, 0, 9]), np.array([2, 0, 3])).tolist() == [5, 6, 9, 10, 11]
