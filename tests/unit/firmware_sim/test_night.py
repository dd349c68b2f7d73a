"""Whole nights: the same again, volumes that add up, faults that strike."""

import json
from dataclasses import asdict

import pytest

from contract.device import COUNTS_MAX
from firmware_sim.errors import SimulatorError
from firmware_sim.night import Night
from firmware_sim.scenario import load_scenario
from tests.unit.firmware_sim.builders import ORIGIN, corner_bar, night, scenario, small_layout


def story(played, seconds):
    """Everything a night says, as text."""
    lines = []
    for _ in range(seconds):
        second = played.step()
        lines += [json.dumps({name: asdict(node) for name, node in second.nodes.items()})]
        lines += [truth.line(ORIGIN) for truth in second.truths]
    return "\n".join(lines)


def truths(played, seconds):
    return [truth for _ in range(seconds) for truth in played.step().truths]


def test_the_same_seed_gives_the_same_night_byte_for_byte():
    assert story(night(seed=4), 300) == story(night(seed=4), 300)


def test_another_seed_gives_another_night():
    assert story(night(seed=4), 60) != story(night(seed=5), 60)


def test_a_fault_changes_nothing_but_what_it_strikes():
    fault = {"kind": "cell_stuck", "at_minute": 0, "scale": "cell-0"}
    whole, broken = night(), night(faults=[fault])
    for _ in range(120):
        left, right = whole.step(), broken.step()
        assert left.nodes["node-a"].channels["1"] == right.nodes["node-a"].channels["1"]
        assert [t for t in right.truths if t.kind != "fault"] == left.truths


@pytest.mark.parametrize("name", ["friday_rush", "wrong_bottle", "quiet_monday"])
def test_what_is_poured_is_what_the_bottles_lose(name):
    played = Night(corner_bar(), load_scenario(name), seed=3, origin=ORIGIN)
    before_ml = sum(place.bottle.content_ml for place in played.places)
    told = [truth for deed in played.staff.deeds() for truth in deed.truths]
    after_ml = sum(place.bottle.content_ml for place in played.places if place.bottle)
    poured_ml = sum(truth.ml for truth in told if truth.kind == "pour")
    moved_ml = sum(truth.added_ml - truth.removed_ml for truth in told)
    assert poured_ml > 0
    assert before_ml + moved_ml - poured_ml == pytest.approx(after_ml, abs=1.0)


def test_pads_carry_what_the_truth_says():
    played = night(minutes=5)
    before_g = played.pads_g
    told = truths(played, 4200)
    for scale, now_g in played.pads_g.items():
        change_g = sum(truth.delta_g for truth in told if truth.scale == scale and truth.delta_g)
        assert now_g == pytest.approx(before_g[scale] + change_g, abs=1.0)
        place = next(place for place in played.places if place.scale_id == scale)
        assert now_g == pytest.approx(place.bottle.gross_g if place.bottle else 0, abs=1.0)


def test_truth_comes_in_order_of_its_end():
    ends = [truth.end_s for truth in truths(night(minutes=10), 900) if truth.kind != "fault"]
    assert ends == sorted(ends)
    assert len(ends) > 20


def test_friday_rush_pours_150_to_200_an_hour_on_24_slots():
    played = Night(corner_bar(), load_scenario("friday_rush"), seed=1, origin=ORIGIN)
    pours = [truth for truth in truths(played, 2 * 3600) if truth.kind == "pour"]
    assert 300 <= len(pours) <= 400
    assert len({truth.slot for truth in pours}) >= 20


def test_a_stuck_cell_repeats_its_last_count():
    played = night(faults=[{"kind": "cell_stuck", "at_minute": 0.5, "scale": "cell-1"}])
    seconds = [played.step().nodes["node-a"].channels["1"] for _ in range(90)]
    assert len(set(seconds[20])) > 1
    assert len({count for second in seconds[30:] for count in second}) == 1


def test_a_saturated_cell_stands_at_full_scale_and_recovers():
    fault = {"kind": "cell_saturated", "at_minute": 0.5, "minutes": 0.5, "scale": "cell-0"}
    played = night(faults=[fault], cell={"spike_fraction": 0, "not_ready_fraction": 0})
    seconds = [played.step().nodes["node-a"].channels["0"] for _ in range(90)]
    assert seconds[30] == [COUNTS_MAX] * 10
    assert seconds[59] == [COUNTS_MAX] * 10
    assert COUNTS_MAX not in seconds[60]


def test_a_cell_that_is_not_ready_gives_null():
    played = night(faults=[{"kind": "cell_not_ready", "at_minute": 0, "scale": "cell-2"}])
    assert played.step().nodes["node-a"].channels["2"] == [None] * 10


def test_a_fault_is_told_in_the_truth():
    fault = {"kind": "cell_stuck", "at_minute": 0.5, "minutes": 1, "scale": "cell-1"}
    told = [truth for truth in truths(night(faults=[fault]), 120) if truth.kind == "fault"]
    assert [(truth.fault, truth.scale, truth.start_s, truth.end_s) for truth in told] == [
        ("cell_stuck", "cell-1", 30.0, 90.0)
    ]


def test_a_night_begins_with_the_bottles_of_its_start_state():
    first = night(seed=1, pours_per_hour=((0, 0),))
    state = first.state()
    second = Night(small_layout(), scenario(), seed=9, origin=ORIGIN, start=state)
    assert second.state().slots == state.slots


def test_a_start_state_of_another_bar_is_refused():
    state = night().state().model_copy(update={"site": "elsewhere"})
    with pytest.raises(SimulatorError, match="is of site elsewhere"):
        Night(small_layout(), scenario(), seed=1, origin=ORIGIN, start=state)


def test_a_layout_without_scales_is_refused():
    bare = small_layout().model_copy(update={"shelves": ()})
    with pytest.raises(SimulatorError, match="has no scales"):
        Night(bare, scenario(), seed=1, origin=ORIGIN)
