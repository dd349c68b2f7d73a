import numpy as np

from edge.domain.despiking import Decimator, Despiker


def clean(*runs: list[float]) -> list[float]:
    despiker, out = Despiker(), []
    for run in runs:
        out += despiker.clean(np.zeros(len(run)), np.array(run, float), 1.0)[1].tolist()
    return out


def test_a_lone_spike_becomes_the_median_of_its_neighbours() -> None:
    assert clean([10, 10, 900, 11, 11]) == [10, 11, 11]


def test_noise_is_left_alone() -> None:
    assert clean([10, 11, 9, 12, 10]) == [11, 9, 12]


def test_a_step_is_not_a_spike() -> None:
    assert clean([10, 10, 10, 500, 500, 500]) == [10, 10, 500, 500]


def test_a_spike_at_the_end_of_a_frame_is_judged_with_the_next_frame() -> None:
    assert clean([10, 10, 10, 900], [10, 10]) == [10, 10, 10, 10]


def test_what_follows_a_reset_is_not_joined_to_what_came_before() -> None:
    despiker = Despiker()
    despiker.clean(np.zeros(3), np.full(3, 10.0), 1.0)
    despiker.reset()
    assert despiker.clean(np.zeros(3), np.array([500.0, 501.0, 502.0]), 1.0)[1].tolist() == [501.0]


def test_eighty_samples_a_second_become_ten_whatever_the_frames() -> None:
    decimator = Decimator()
    at_s = np.arange(20) / 80
    first = decimator.thin(at_s, np.arange(20.0), 80)[1].tolist()
    second = decimator.thin(at_s + 0.25, np.arange(20.0, 40.0), 80)[1].tolist()
    assert first + second == [3.5, 11.5, 19.5, 27.5, 35.5]


def test_ten_samples_a_second_pass_unchanged() -> None:
    assert Decimator().thin(np.arange(3.0), np.array([1.0, 2.0, 3.0]), 10)[1].tolist() == [1.0, 2.0, 3.0]
