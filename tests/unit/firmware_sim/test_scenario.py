"""Scenarios: what is accepted, what is refused and how, when a night begins."""

from datetime import UTC, datetime

import pytest

from firmware_sim.errors import SimulatorError
from firmware_sim.scenario import bind_faults, latest_start, load_scenario, scenario_names
from tests.unit.firmware_sim.builders import corner_bar, scenario, small_layout

GOOD = """
title = "A night"
weekday = "friday"
starts_at = 20:30:00
minutes = 60
staff = 1
pours_per_hour = [[0, 10], [60, 20]]
"""


def written(folder, text):
    path = folder / "own.toml"
    path.write_text(text)
    return str(path)


def test_the_scenarios_that_come_along_are_valid_and_fit_the_corner_bar():
    assert scenario_names() == ["dead_cell", "friday_rush", "network_out", "quiet_monday", "wrong_bottle"]
    for name in scenario_names():
        bind_faults(load_scenario(name), corner_bar(), seed=1)


def test_friday_rush_starts_on_friday_at_half_past_eight():
    rush = load_scenario("friday_rush")
    assert (rush.weekday, rush.starts_at.isoformat()) == ("friday", "20:30:00")


def test_a_file_of_ones_own_is_read(tmp_path):
    assert load_scenario(written(tmp_path, GOOD)).title == "A night"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("staff = 1", "staff = 0"), "staff: Input should be greater than or equal to 1"),
        (("friday", "freitag"), "weekday: Input should be 'monday'"),
        (("staff = 1", "staff = 1\nspeed = 3"), "speed: Extra inputs are not permitted"),
        (("[[0, 10], [60, 20]]", "[[60, 10], [0, 20]]"), "pours_per_hour must be in order of minutes"),
        (("staff = 1", "staff = 1\nfill = [0.9, 0.1]"), "fill goes from low to high, got 0.9 to 0.1"),
        (("minutes = 60", "minutes = "), "is not valid TOML"),
        (
            ("staff = 1", 'staff = 1\nfaults = [{kind = "cell_stuck", at_minute = 1, node = "n"}]'),
            "cell_stuck happens to a scale: write scale = ..., not node = ...",
        ),
        (("staff = 1", "staff = 1\ncell = {spike_fraction = 2}"), "cell.spike_fraction"),
    ],
)
def test_a_wrong_scenario_is_refused_with_the_place_and_the_reason(tmp_path, change, sentence):
    with pytest.raises(SimulatorError) as refusal:
        load_scenario(written(tmp_path, GOOD.replace(*change)))
    assert sentence in str(refusal.value)


def test_an_unknown_name_is_answered_with_those_there_are():
    with pytest.raises(SimulatorError, match="no scenario 'saturday'; there are dead_cell, friday_rush"):
        load_scenario("saturday")


def test_a_fault_of_a_scale_the_layout_lacks_is_refused():
    wrong = scenario(faults=[{"kind": "cell_stuck", "at_minute": 1, "scale": "cell-9"}])
    with pytest.raises(SimulatorError, match=r"names the scale cell-9, .* it has cell-0, cell-1, cell-2"):
        bind_faults(wrong, small_layout(), seed=1)


def test_a_fault_without_a_name_strikes_the_same_scale_for_the_same_seed():
    unnamed = scenario(faults=[{"kind": "cell_stuck", "at_minute": 1}])
    struck = {bind_faults(unnamed, corner_bar(), seed=seed)[0].scales for seed in range(30)}
    assert len(struck) > 5
    assert bind_faults(unnamed, corner_bar(), seed=3) == bind_faults(unnamed, corner_bar(), seed=3)


def test_network_out_without_a_name_takes_every_node():
    out = scenario(faults=[{"kind": "network_out", "at_minute": 1, "minutes": 2}])
    (fault,) = bind_faults(out, corner_bar(), seed=1)
    assert fault.nodes == ("node-middle", "node-rail", "node-top")
    assert (fault.start_s, fault.end_s) == (60, 180)


@pytest.mark.parametrize(
    ("now", "start"),
    [
        ("2026-11-20T19:30:00+00:00", "2026-11-20T19:30:00+00:00"),
        ("2026-11-20T19:29:59+00:00", "2026-11-13T19:30:00+00:00"),
        ("2026-11-21T00:10:00+00:00", "2026-11-20T19:30:00+00:00"),
        ("2026-07-03T18:40:00+00:00", "2026-07-03T18:30:00+00:00"),
    ],
)
def test_a_night_begins_at_its_weekday_and_local_time(now, start):
    found = latest_start(scenario(), "Europe/Berlin", datetime.fromisoformat(now))
    assert found.astimezone(UTC) == datetime.fromisoformat(start)
