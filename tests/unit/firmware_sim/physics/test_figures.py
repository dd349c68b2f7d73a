"""The simulated keg scale beside real recordings (their source and licence stand beside them)."""

import csv

import numpy as np
import pytest

from contract.layout import Scale
from firmware_sim.physics.cell import CellBank
from firmware_sim.physics.figures import figures
from firmware_sim.physics.profile import KEG_SCALE, CellProfile, Converter
from firmware_sim.physics.response import SUBSTEPS
from firmware_sim.seeds import numpy_stream
from tests.recordings import recording

ROWS = 5_353
ROW_EVERY = 10
"""Samples per row: the recording has no time column; a row a second fits its wander."""


def simulated(profile: CellProfile, load_g: float, seed: int) -> np.ndarray:
    scale = Scale(id="keg", node="n", channel="0", tare_counts=0, counts_per_g=20)
    dice = numpy_stream(seed, "figures")
    bank = CellBank([scale], np.array([load_g]), profile, Converter(), dice)
    loads = np.full((1, 10 * SUBSTEPS), load_g)
    frames = [bank.frame(loads, np.array([21.0])).counts[0] / 20 for _ in range(ROWS)]
    return np.array([frame[ROW_EVERY - 1] for frame in frames])


def recorded(column: str) -> np.ndarray:
    with recording("load_cell/two_scales_temp.csv").open(encoding="utf-8") as file:
        return np.array([float(row[column]) * 1000 for row in csv.DictReader(file)])


def test_white_noise_has_the_spread_of_its_differences_and_no_more() -> None:
    found = figures(np.random.default_rng(1).normal(900, 1.0, 20_000))
    assert found.by_lag_g == pytest.approx((1.41,) * 5, rel=0.05)
    assert found.within_plateau_g == pytest.approx(0.98, abs=0.05)


def test_a_lone_wild_value_is_a_spike_and_a_step_is_none() -> None:
    weight_g = np.random.default_rng(1).normal(900, 1.0, 1000)
    weight_g[500] += 50
    weight_g[700:] -= 300
    assert figures(weight_g).spikes == 0.001


@pytest.mark.parametrize("column", ["scale1_kg", "scale2_kg"])
def test_a_simulated_keg_scale_has_the_statistics_of_a_recorded_one(column: str) -> None:
    real = figures(recorded(column))
    ours = [figures(simulated(KEG_SCALE, 15_000, seed)) for seed in range(3)]
    assert np.mean([one.by_lag_g for one in ours], axis=0) == pytest.approx(real.by_lag_g, rel=0.45)
    assert np.mean([one.within_plateau_g for one in ours]) == pytest.approx(real.within_plateau_g, rel=0.3)
    assert 0.4 < np.mean([one.range_g for one in ours]) / real.range_g < 1.6
    assert np.mean([one.spikes for one in ours]) == pytest.approx(real.spikes, abs=0.002)
