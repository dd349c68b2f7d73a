"""Recorded traces turned back into counts."""

import os
from datetime import timedelta

import pytest

from contract.device import COUNTS_MAX, DeviceFrame
from contract.layout import Scale
from firmware_sim.clock import VirtualClock
from firmware_sim.errors import SimulatorError
from firmware_sim.frames import NodeBoot
from firmware_sim.replay import counts_of, find_scale, held, play_counts, read_trace_g
from tests.unit.firmware_sim.builders import ORIGIN, ROOT, corner_bar

RUN1 = (ROOT / os.environ.get("BARBACK_DATA", "../shared/data")).resolve() / "load_cell" / "run1.csv"
SCALE = Scale(id="s", node="n", channel="3", tare_counts=-41012.5, counts_per_g=437.85)


def trace(folder, text):
    path = folder / "trace.csv"
    path.write_text(text)
    return path


def test_counts_give_the_grams_back_to_half_a_count():
    grams = [0.0, 0.001, 17.3333, 999.9999, 4321.0]
    for weight_g, counts in zip(grams, counts_of(grams, SCALE), strict=True):
        assert abs((weight_g * 437.85 - 41012.5) - counts) <= 0.5


def test_an_upside_down_cell_is_inverted_too():
    upside_down = SCALE.model_copy(update={"counts_per_g": -400.0, "tare_counts": 0.0})
    assert counts_of([100.0], upside_down) == [-40_000]


def test_a_weight_over_full_scale_stands_at_full_scale():
    assert counts_of([50_000.0], SCALE) == [COUNTS_MAX]


def test_kilograms_are_read_as_grams_from_the_chosen_column(tmp_path):
    path = trace(tmp_path, "sample,kg2\n0,1.5\n1,1.25\n")
    assert read_trace_g(path, "kg2") == [1500.0, 1250.0]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("sample,kg\n0,1\n1,1\n", "has no column 'weight_kg'; it has sample, kg. Choose with --column"),
        ("weight_kg\n1\nheavy\n", "line 3: 'heavy' is not a number of kilograms"),
        ("weight_kg\n1\nnan\n", "line 3: 'nan' is not a weight"),
        ("weight_kg\n1\n", "has 1 samples; a trace has 2 to"),
    ],
)
def test_a_bad_trace_is_refused_with_its_line(tmp_path, text, sentence):
    with pytest.raises(SimulatorError) as refusal:
        read_trace_g(trace(tmp_path, text), "weight_kg")
    assert sentence in str(refusal.value)


def test_an_unknown_scale_is_answered_with_those_there_are():
    with pytest.raises(SimulatorError, match="no scale 'cell-99'; it has top-cell-1, top-cell-2"):
        find_scale(corner_bar(), "cell-99")


def test_the_end_is_held_with_its_own_noise_mirrored():
    assert held([9.0, 1.0, 2.0, 3.0], rate_hz=0.5, hold_s=10) == [9.0, 1.0, 2.0, 3.0, 3.0, 2.0, 2.0, 3.0, 3.0]


def played(counts, rate_hz):
    frames, times, clock = [], [], VirtualClock(ORIGIN)

    def publish(frame):
        frames.append(DeviceFrame.model_validate_json(frame))
        times.append(clock.now() - ORIGIN)

    boot = NodeBoot(1, "n", ORIGIN)
    play_counts(counts, rate_hz, "3", boot=boot, clock=clock, publish=publish, start_at=ORIGIN)
    return frames, times


def test_a_trace_travels_in_frames_of_a_second_each_when_it_is_over():
    frames, times = played(list(range(25)), 10)
    assert [frame.channels["3"] for frame in frames] == [
        list(range(10)),
        list(range(10, 20)),
        list(range(20, 25)),
    ]
    assert [frame.uptime_ms for frame in frames] == [0, 1000, 2000]
    assert times == [timedelta(seconds=1), timedelta(seconds=2), timedelta(seconds=2.5)]


def test_a_slow_trace_travels_sample_by_sample():
    frames, times = played([5, 6], 0.25)
    assert [frame.channels["3"] for frame in frames] == [[5], [6]]
    assert times == [timedelta(seconds=4), timedelta(seconds=8)]


def test_the_recorded_run_comes_back_to_half_a_count():
    if not RUN1.is_file():
        pytest.skip(f"{RUN1} is missing; point BARBACK_DATA at the recordings")
    scale = find_scale(corner_bar(), "top-cell-1")
    grams = read_trace_g(RUN1, "weight_kg")
    assert len(grams) == 295
    for weight_g, counts in zip(grams, counts_of(grams, scale), strict=True):
        assert abs(weight_g * scale.counts_per_g + scale.tare_counts - counts) <= 0.5
