"""The signal of a simulated load cell against the figures it is said to have."""

import numpy as np
import pytest

from contract.device import COUNTS_MAX, COUNTS_MIN
from firmware_sim.physics.breakage import Breakage, break_cells
from firmware_sim.physics.cell import Samples
from firmware_sim.physics.profile import CellProfile, Converter, nominal_counts_per_g
from tests.unit.firmware_sim.builders import QUIET, bank, weigh

NO_SPIKES = {"spike_fraction": 0, "not_ready_fraction": 0}


def test_a_perfect_cell_shows_the_load_to_half_a_count():
    grams = weigh(bank([1234.5]), [1234.5], seconds=2)
    assert np.abs(grams - 1234.5).max() <= 0.5 / 420 + 1e-9


def test_a_one_millivolt_cell_of_five_kilograms_has_429_counts_per_gram():
    assert nominal_counts_per_g(1.0, 5000, 128) == pytest.approx(429.5, abs=0.01)


def test_sample_to_sample_noise_is_that_of_the_recordings():
    grams = weigh(bank([1000.0], CellProfile(**NO_SPIKES)), [1000.0], seconds=600)
    assert 0.9 <= np.diff(grams[0]).std() <= 1.2


def test_noise_within_a_plateau_is_that_of_the_recordings():
    grams = weigh(bank([1000.0], CellProfile(**NO_SPIKES, drift_g_per_sqrt_hour=0)), [1000.0], seconds=1800)
    assert 1.2 <= grams[0].std() <= 1.6


def test_the_zero_walks_by_its_drift():
    profile = QUIET.model_copy(update={"drift_g_per_sqrt_hour": 3.0})
    ends = [weigh(bank([0.0] * 3, profile, seed=seed), [0.0] * 3, seconds=100)[:, -1] for seed in range(60)]
    expected = 3.0 * np.sqrt(100 / 3600)
    assert np.std(np.concatenate(ends)) == pytest.approx(expected, rel=0.2)


@pytest.mark.parametrize("rate_hz", [10, 80])
def test_a_stiff_cell_is_settled_after_four_conversions_of_the_filter(rate_hz):
    stiff = QUIET.model_copy(update={"natural_hz": 40.0, "damping": 0.9})
    cells = bank([0.0], stiff, Converter(rate_hz=rate_hz))
    grams = weigh(cells, [1000.0], seconds=1, rate_hz=rate_hz)[0]
    mechanics = int(np.ceil(0.06 * rate_hz))
    assert grams[0] < 900
    assert np.abs(grams[4 + mechanics :] - 1000).max() < 1


def test_a_pad_with_a_bottle_is_settled_to_a_gram_within_a_second_and_rings_before():
    cells = bank([0.0], QUIET)
    grams = weigh(cells, [1000.0], seconds=2)[0]
    assert abs(grams[1] - 1000) > 5
    assert np.abs(grams[10:] - 1000).max() < 1


def test_at_80_samples_a_second_the_ringing_of_the_pad_shows():
    grams = weigh(bank([0.0], QUIET, Converter(rate_hz=80)), [1000.0], seconds=1, rate_hz=80)[0]
    assert grams.max() > 1050


def test_a_new_load_creeps_by_two_grams_a_kilogram_within_15_minutes():
    creeping = QUIET.model_copy(update={"creep": ((0.0007, 60.0), (0.0013, 600.0))})
    late = [
        np.diff(weigh(bank([0.0], creeping, seed=seed), [1000.0], seconds=900)[0][[20, -1]])[0]
        for seed in range(8)
    ]
    assert np.mean(late) == pytest.approx(0.7 + 1.3 * (1 - np.exp(-1.5)), abs=0.35)


def test_a_bottle_that_has_always_stood_there_does_not_creep():
    creeping = QUIET.model_copy(update={"creep": ((0.005, 60.0),)})
    assert np.ptp(weigh(bank([1000.0], creeping), [1000.0], seconds=60)) < 0.01


def test_zero_and_span_miss_the_calibration_a_little_and_differently_per_cell():
    wrong = QUIET.model_copy(update={"zero_error_g": 2.0, "span_error": 0.001})
    empty = weigh(bank([0.0] * 3, wrong), [0.0] * 3, seconds=1)[:, -1]
    loaded = weigh(bank([1000.0] * 3, wrong), [1000.0] * 3, seconds=1)[:, -1]
    assert len(set(np.round(empty, 2))) == 3
    assert np.abs(empty).max() < 8
    assert 0 < np.abs(loaded - empty - 1000).max() < 5


def test_warmth_moves_the_zero_by_its_coefficient():
    warm = QUIET.model_copy(update={"zero_g_per_k": 0.5})
    cold_g = weigh(bank([0.0], warm), [0.0], seconds=1, temperature_c=21.0)[0, -1]
    warm_g = weigh(bank([0.0], warm), [0.0], seconds=1, temperature_c=31.0)[0, -1]
    warmer_g = weigh(bank([0.0], warm), [0.0], seconds=1, temperature_c=41.0)[0, -1]
    assert cold_g == 0
    assert warmer_g == pytest.approx(2 * warm_g, abs=0.01)
    assert warm_g != 0


@pytest.mark.parametrize(("load_g", "counts"), [(30_000.0, COUNTS_MAX), (-30_000.0, COUNTS_MIN)])
def test_an_overload_stands_at_full_scale(load_g, counts):
    cells = bank([load_g])
    assert set(cells.frame(np.full((1, 80), load_g), np.array([21.0])).counts[0].tolist()) == {counts}


def test_missed_pulses_come_at_their_rate_and_are_powers_of_two_minus_one():
    spiky = QUIET.model_copy(update={"spike_fraction": 0.05})
    cells = bank([1000.0], spiky)
    load_g, at_c = np.full((1, 80), 1000.0), np.array([21.0])
    counts = np.concatenate([cells.frame(load_g, at_c).counts[0] for _ in range(2000)])
    spikes = counts[np.abs(counts - 420_000) > 2]
    assert 0.045 <= len(spikes) / len(counts) <= 0.055
    assert {int(value) & (int(value) + 1) for value in spikes} == {0}


def test_by_default_one_read_in_five_thousand_is_a_spike():
    assert CellProfile().spike_fraction == 0.0002


def test_a_converter_that_is_not_ready_says_so_at_its_rate():
    cells = bank([0.0], QUIET.model_copy(update={"not_ready_fraction": 0.1}))
    load_g, at_c = np.zeros((1, 80)), np.array([21.0])
    ready = np.concatenate([cells.frame(load_g, at_c).ready[0] for _ in range(1000)])
    assert 0.88 <= ready.mean() <= 0.92


def test_half_the_gain_gives_half_the_counts():
    load_g, at_c = np.full((1, 80), 1000.0), np.array([21.0])
    full = bank([1000.0]).frame(load_g, at_c).counts[0, -1]
    half = bank([1000.0], converter=Converter(gain=64)).frame(load_g, at_c).counts[0, -1]
    assert (full, half) == (420_000, 210_000)


@pytest.mark.parametrize(
    ("breakage", "counts", "ready"),
    [
        (Breakage.STUCK, [77, 77], [True, True]),
        (Breakage.SATURATED, [COUNTS_MAX, COUNTS_MAX], [True, True]),
        (Breakage.NOT_READY, [5, 6], [False, False]),
    ],
)
def test_a_broken_cell_fails_alone(breakage, counts, ready):
    samples = Samples(np.array([[5, 6], [7, 8]]), np.ones((2, 2), dtype=bool))
    broken = break_cells(samples, {0: breakage}, np.array([77, 0]))
    assert broken.counts[0].tolist() == counts
    assert broken.ready[0].tolist() == ready
    assert broken.counts[1].tolist() == [7, 8]
    assert broken.ready[1].all()
