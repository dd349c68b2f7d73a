"""What came beside what had been foretold."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cloud.demand.schemas import DemandHistory, DemandSeries
from cloud.forecasts.schemas import Outcome
from cloud.forecasts.watching import calibration_of, drift_of, missed_of, outcomes_of
from tests.unit.cloud.forecasts.made import STARTS_ON, issued


def history(quantities, exposures=None, skip=(), closed=()):
    at = [day for day in range(len(quantities)) if day not in (*skip, *closed)]
    days = tuple(STARTS_ON + timedelta(days=day) for day in at)
    series = DemandSeries(
        product_id="campari",
        name="Campari",
        category="liqueur",
        bottle_volume_ml=700.0,
        par_bottles=None,
        days=days,
        quantity_ml=tuple(quantities[day] for day in at),
        servings=tuple(1 for _ in at),
        exposure=tuple((exposures or {}).get(day, 1.0) for day in at),
    )
    open_days = [STARTS_ON + timedelta(days=day) for day in range(len(quantities)) if day not in closed]
    return DemandHistory(STARTS_ON + timedelta(days=len(quantities)), tuple(open_days), (series,))


def test_a_day_that_came_as_expected_lies_in_the_middle():
    (outcome,) = outcomes_of([issued()], history([100.0]), 1)
    assert (outcome.foretold_ml, outcome.came_ml, outcome.starts_on) == (100.0, 100.0, STARTS_ON)
    assert outcome.rank == pytest.approx(0.5)


def test_a_week_is_summed_and_a_closed_day_is_nothing():
    (outcome,) = outcomes_of([issued()], history([100.0] * 7, closed=(3,)), 7)
    assert outcome.came_ml == 600.0


@pytest.mark.parametrize("seen", [{"exposures": {3: 0.5}}, {"skip": (3,)}])
def test_a_week_that_was_not_seen_whole_tells_nothing(seen):
    assert outcomes_of([issued()], history([100.0] * 7, **seen), 7) == []


def test_what_nobody_saw_at_all_tells_nothing():
    assert outcomes_of([issued(product_id="aperol")], history([100.0]), 1) == []


def outcome(day, rank=0.5, loss=10.0):
    return Outcome("campari", STARTS_ON + timedelta(days=day), 1, 1, "default", 110.0, 100.0, rank, loss)


def test_calibration_counts_what_stayed_under_each_line():
    told = calibration_of([outcome(0, rank) for rank in (0.2, 0.5, 0.92, 0.99)])
    assert (told.checked, told.under_50, told.under_90, told.under_95) == (4, 0.5, 0.5, 0.75)
    assert told.bias == pytest.approx(0.1)
    assert calibration_of([]) is None


def test_drift_is_told_from_worse_losses_and_from_too_many_surprises():
    steady = [outcome(-day) for day in range(56)] * 5
    assert drift_of(steady, STARTS_ON) is None
    worse = [
        replace(each, loss=20.0) if each.starts_on > STARTS_ON - timedelta(days=10) else each
        for each in steady
    ]
    assert "missed by 1.7 times as much as before" in drift_of(worse, STARTS_ON).sentence
    surprised = [
        replace(each, rank=0.99) if each.starts_on > STARTS_ON - timedelta(days=5) else each
        for each in steady
    ]
    assert (
        "only 67 % of the last two weeks stayed under the 95 % line"
        in drift_of(surprised, STARTS_ON).sentence
    )


def test_few_outcomes_are_no_drift():
    assert drift_of([outcome(-1, rank=0.99)] * 10, STARTS_ON) is None


def weeks(product_id, foretold_ml, came_ml, count=10):
    return [
        Outcome(product_id, STARTS_ON + timedelta(days=day), 7, 1, "default", foretold_ml, came_ml, 0.5, 9.0)
        for day in range(count)
    ]


def test_the_products_that_are_furthest_off_come_first():
    outcomes = weeks("aperol", 130.0, 100.0) + weeks("campari", 700.0, 1000.0) + weeks("gin", 1100.0, 1000.0)
    found = missed_of(outcomes + weeks("rum", 900.0, 100.0, count=9))
    assert [(each.product_id, each.foretold_ml, each.came_ml) for each in found] == [
        ("campari", 700.0, 1000.0),
        ("aperol", 130.0, 100.0),
    ]
    assert found[0].checked == 10


def test_at_most_five_products_are_named():
    outcomes = [each for number in range(8) for each in weeks(f"p{number}", 200.0, 100.0)]
    assert [each.product_id for each in missed_of(outcomes)] == ["p0", "p1", "p2", "p3", "p4"]
