"""Recordings of real HX711 load cells under kegs (their source and licence stand beside them)."""

import os
from pathlib import Path

import numpy as np
import pytest

from edge.domain.profiles import ScaleProfile
from edge.domain.traces import findings_of_traces, movements_of_trace
from edge.trace_file import read_trace

DATA = Path(os.environ.get("BARBACK_DATA", Path(__file__).parents[4] / "../shared/data")) / "load_cell"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(),
    reason=f"no recordings at {DATA}: set BARBACK_DATA to the directory that has load_cell/",
)
ANY_KEG = ScaleProfile("trace")


@needs_data
def test_two_labelled_pours_from_a_keg_are_found_and_measured() -> None:
    seen = movements_of_trace(read_trace(DATA / "run1.csv", None, None), 10.0, ANY_KEG)
    assert [movement.kind.value for movement in seen] == ["pour", "pour"]
    assert -seen[0].change.delta_g == pytest.approx(342, abs=4)
    assert -seen[1].change.delta_g == pytest.approx(688, abs=4)
    assert not any(movement.change.was_lifted for movement in seen)


@needs_data
def test_the_same_two_pours_from_eighty_samples_a_second() -> None:
    """The recording's own rate is not known: here each row stands for 24 samples with a converter's noise."""
    weight_g = np.repeat(read_trace(DATA / "run1.csv", None, None), 24)
    weight_g = weight_g + np.random.default_rng(1).normal(0, 1.0, weight_g.size)
    seen = movements_of_trace(weight_g, 80.0, ANY_KEG)
    assert [round(-movement.change.delta_g, -1) for movement in seen] == [340, 690]


@needs_data
@pytest.mark.parametrize("column", ["scale1_kg", "scale2_kg"])
@pytest.mark.parametrize("rate_hz", [1.0, 5.0, 10.0, 80.0])
def test_a_keezer_in_which_nobody_pours_has_no_movement(column: str, rate_hz: float) -> None:
    weight_g = read_trace(DATA / "two_scales_temp.csv", column, None)
    assert movements_of_trace(weight_g, rate_hz, ANY_KEG) == []


@needs_data
def test_eight_opposite_steps_of_a_keezer_are_its_scales_being_moved() -> None:
    traces = {
        column: read_trace(DATA / "two_scales_temp.csv", column, None)
        for column in ("scale1_kg", "scale2_kg")
    }
    found = findings_of_traces(traces, 1.0, ANY_KEG)
    assert found.movements == {"scale1_kg": [], "scale2_kg": []}
    assert len(found.moved) == 8
