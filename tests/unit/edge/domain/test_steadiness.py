import numpy as np
import pytest

from edge.domain.steadiness import Steadiness


def noisy(level: float, samples: int, seed: int = 1, noise: float = 300.0) -> list[int]:
    return np.rint(np.random.default_rng(seed).normal(level, noise, samples)).astype(int).tolist()


def fed(*runs: list[int | None]) -> Steadiness:
    steadiness = Steadiness()
    for run in runs:
        for start in range(0, len(run), 10):
            steadiness.take(10.0, run[start : start + 10])
    return steadiness


def test_three_seconds_at_rest_are_a_hold_with_its_error() -> None:
    hold = fed(noisy(50_000, 30)).hold
    assert hold is not None
    assert hold.counts == pytest.approx(50_000, abs=200)
    assert hold.noise_counts == pytest.approx(300, rel=0.4)
    assert hold.sigma_counts == pytest.approx(300 * (3 / 30) ** 0.5, rel=0.4)


def test_two_seconds_are_too_few() -> None:
    assert fed(noisy(50_000, 20)).hold is None


def test_a_slow_ramp_is_no_hold_however_quiet_it_is() -> None:
    ramp = [round(50_000 + 40 * i) + noise for i, noise in enumerate(noisy(0, 40, noise=100))]
    assert fed(ramp).hold is None


def test_a_hand_on_the_pad_is_no_hold_and_three_seconds_later_it_is() -> None:
    steadiness = fed(noisy(50_000, 30), [70_000, 90_000, 20_000, 60_000, 85_000], noisy(50_000, 5))
    assert steadiness.hold is None
    for run in (noisy(50_000, 10, 2), noisy(50_000, 10, 3), noisy(50_000, 10, 4)):
        steadiness.take(10.0, run)
    assert steadiness.hold is not None


def test_a_lone_spike_neither_stops_nor_shifts_a_hold() -> None:
    run = noisy(50_000, 30)
    run[12] = 400_000
    hold = fed(run).hold
    assert hold is not None
    assert hold.counts == pytest.approx(50_000, abs=200)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ([None] * 30, "check its plug"),
        ([2**23 - 1] * 30, "full scale: take the load off"),
        ([4711] * 30, "the same value again and again"),
    ],
)
def test_a_cell_that_cannot_be_calibrated_says_why(run, words) -> None:
    steadiness = fed(run)
    assert words in (steadiness.problem or "")
    assert steadiness.hold is None


def test_the_band_lies_around_the_weight_and_the_trace_ends_now() -> None:
    steadiness = fed(noisy(50_000, 300))
    assert steadiness.band is not None
    assert steadiness.band.low < 50_000 < steadiness.band.high
    assert steadiness.band.high - steadiness.band.low == pytest.approx(8 * 300, rel=0.4)
    ages = [age_s for age_s, _ in steadiness.trace]
    assert (round(ages[0]), round(ages[-1])) == (20, 0)
