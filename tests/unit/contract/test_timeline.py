"""Times from boot clocks: a late anchor corrects, neighbours bound, and the bounds are true."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.timeline import DRIFT_PPM, Boot, Tie, TimeQuality, believed, best_tie, place, settle

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECOND = 1_000_000_000


def sure(boottime_ns: int, utc_at: datetime, error_s: float = 0.0) -> Tie:
    """A tie by the cloud's clock."""
    return Tie(boottime_ns, utc_at, error_s, is_clouds=True)


def after_noon(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_row_is_placed_by_the_anchor_of_its_own_boot():
    boot = Boot(3, 900 * SECOND, (Tie(600 * SECOND, NOON, 0.5),))
    placed = place([boot], 3, 60 * SECOND, after_noon(3600))
    assert placed.at == after_noon(-540)
    assert placed.quality is TimeQuality.CORRECTED
    assert placed.latest_at == after_noon(-540 + 0.5 + 540 * 100e-6)


def test_of_several_anchors_the_one_that_leaves_the_smallest_error_counts():
    rough_and_near = Tie(100 * SECOND, NOON, 4.0)
    fine_and_far = Tie(1000 * SECOND, after_noon(901), 0.01)
    assert best_tie([rough_and_near, fine_and_far], 100 * SECOND) is fine_and_far
    assert best_tie([], 5) is None


def test_a_boot_that_never_knew_the_time_lies_between_its_neighbours():
    boots = [
        Boot(1, 1000 * SECOND, (sure(1000 * SECOND, NOON),)),
        Boot(2, 300 * SECOND),
        Boot(3, 50 * SECOND, (sure(0, after_noon(1000)),)),
    ]
    placed = place(boots, 2, 100 * SECOND, after_noon(5000))
    assert placed.quality is TimeQuality.BOUNDED
    assert placed.earliest_at == after_noon(100 - 0.01)
    assert placed.latest_at == after_noon(1000 - 200 + 0.02)


def test_boots_in_a_row_that_never_knew_it_narrow_each_others_bounds():
    tied = (sure(0, NOON),)
    boots = [
        Boot(1, 0, tied),
        Boot(2, 300 * SECOND),
        Boot(3, 300 * SECOND),
        Boot(4, 0, (sure(0, after_noon(700)),)),
    ]
    placed = place(boots, 3, 0, after_noon(5000))
    assert placed.earliest_at == after_noon(300 - 0.03)
    assert placed.latest_at == after_noon(400 + 0.03)


def test_a_neighbour_whose_kernel_lied_guesses_but_does_not_bound():
    """Only the cloud's clock is sworn to; what a kernel said narrows the guess within those bounds."""
    boots = [
        Boot(1, 0, (sure(0, NOON),)),
        Boot(2, 100 * SECOND, (Tie(0, after_noon(3_600), 0.01),)),
        Boot(3, 0),
        Boot(4, 0, (sure(0, after_noon(7_200)),)),
    ]
    placed = place(boots, 3, 0, after_noon(9_999))
    assert placed.quality is TimeQuality.BOUNDED
    assert placed.earliest_at == after_noon(100 - 0.01)
    assert placed.latest_at == after_noon(7_200)
    assert abs(placed.at - after_noon((3_700 + 7_200) / 2)) < timedelta(seconds=1)


def test_a_guess_by_kernels_stays_within_what_is_sure():
    boots = [Boot(1, 0, (Tie(0, NOON, 0.0),)), Boot(2, 0), Boot(3, 0, (sure(0, after_noon(60)),))]
    placed = place(boots, 2, 0, after_noon(99))
    assert (placed.earliest_at, placed.latest_at, placed.at) == (None, after_noon(60), after_noon(30))


def test_a_tie_is_held_against_the_nearest_word_of_the_cloud():
    early, late = sure(0, NOON, 0.1), sure(86_400 * SECOND, after_noon(86_405), 0.1)
    kernel = Tie(86_400 * SECOND, after_noon(86_405.5), 0.01)
    assert believed([early, late, kernel]) == (early, late, kernel)
    assert believed([late, replace(kernel, utc_at=after_noon(86_409))]) == (late,)


def test_without_a_boot_before_it_was_at_the_time_of_arrival_at_the_latest():
    placed = place([Boot(1, 10 * SECOND)], 1, 5 * SECOND, NOON)
    assert (placed.quality, placed.at, placed.earliest_at) == (TimeQuality.UNKNOWN, NOON, None)


def test_bounds_that_contradict_each_other_are_not_believed():
    boots = [Boot(1, 0, (Tie(0, after_noon(9999), 0.0),)), Boot(2, 10 * SECOND)]
    assert place(boots, 2, 0, NOON).quality is TimeQuality.UNKNOWN


def test_a_boot_that_nobody_told_of_is_a_mistake():
    with pytest.raises(LookupError, match="boot 9"):
        place([Boot(1, 5)], 9, 5, NOON)


@given(st.integers(0, 2**32))
def test_what_really_happened_lies_within_the_bounds(seed):
    """Boots with crystals of their own, some of which never learn the time, and a row in each."""
    dice = random.Random(seed)
    boots, rows, now_s, ties_of = [], [], 0.0, {}
    for boot_no in range(1, 9):
        now_s += dice.expovariate(1 / 3600)
        rate = 1 + dice.uniform(-DRIFT_PPM, DRIFT_PPM) * 1e-6
        length_s, started_s = dice.uniform(1, 90_000), now_s
        moments = [dice.uniform(0, length_s) for _ in range(3)]
        ties = []
        if dice.random() < 0.6:
            error_s, at_s = dice.uniform(0, 2), dice.uniform(0, length_s)
            told = after_noon(started_s + at_s + dice.uniform(-error_s, error_s))
            ties.append(Tie(int(at_s * rate * SECOND), told, error_s, is_clouds=True))
        if dice.random() < 0.4:  # a kernel that was told anything
            at_s, off_s = dice.uniform(0, length_s), dice.choice((0.0, 3_600.0, -3_600.0))
            told = after_noon(started_s + at_s + off_s)
            ties.append(Tie(int(at_s * rate * SECOND), told, 0.01))
        ties_of[boot_no] = ties
        boots.append(Boot(boot_no, int(max(moments) * rate * SECOND), tuple(ties)))
        rows += [(boot_no, int(at_s * rate * SECOND), started_s + at_s) for at_s in moments]
        now_s += length_s
    for boot_no, boottime_ns, truth_s in rows:
        placed = place(boots, boot_no, boottime_ns, after_noon(now_s))
        if placed.quality is TimeQuality.CORRECTED and not any(tie.is_clouds for tie in ties_of[boot_no]):
            continue  # nobody can know that the only clock of a boot lied
        margin = timedelta(milliseconds=1)
        assert placed.latest_at + margin >= after_noon(truth_s)
        assert placed.earliest_at is None or placed.earliest_at - margin <= after_noon(truth_s)


def test_a_kernel_that_was_told_something_wrong_gives_way_to_the_cloud():
    lie, cloud = Tie(0, after_noon(3600), 0.01), Tie(60 * SECOND, after_noon(60.5), 1.0, is_clouds=True)
    assert best_tie([lie, cloud], 0) is cloud
    assert best_tie([Tie(0, NOON, 0.01), cloud], 0).error_s == 0.01


def test_a_synchronised_time_stands_unless_an_anchor_of_its_boot_contradicts_it():
    boots = [Boot(1, 60 * SECOND, (Tie(60 * SECOND, after_noon(60), 0.5, is_clouds=True),))]
    assert settle(boots, 1, 0, after_noon(99), after_noon(1)).at == after_noon(1)
    assert settle(boots, 1, 0, after_noon(99), after_noon(1)).quality is TimeQuality.SYNCED
    wrong = settle(boots, 1, 0, after_noon(99), after_noon(-3600))
    assert (wrong.at, wrong.quality) == (NOON, TimeQuality.CORRECTED)
    ahead = settle([Boot(1, 0)], 1, 0, NOON, after_noon(7200))
    assert ahead.quality is TimeQuality.UNKNOWN
    assert settle(boots, 1, 0, after_noon(99), None).quality is TimeQuality.CORRECTED
