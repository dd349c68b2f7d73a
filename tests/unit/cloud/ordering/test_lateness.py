"""How late a supplier comes, and what a plan makes of it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from cloud.ordering.classic import lead_time_sigma
from cloud.ordering.lateness import lateness_of, spread_in_plan, whole_days
from cloud.ordering.site_problem import problem_of
from cloud.ordering.suggestion import suggest
from tests.unit.cloud.ordering.test_inputs import ANKER, inputs, product

LATE = replace(ANKER, late_days=1.0, late_sigma_days=1.0)


def test_without_deliveries_it_is_what_a_person_thinks():
    said = lateness_of((), 1.5, 0.5)
    assert (said.mean_days, said.sigma_days, said.deliveries, said.on_time_share) == (1.5, 0.5, 0, None)


def test_deliveries_outweigh_what_was_thought():
    said = lateness_of([0, 0, 1, 3], usual_days=0.0, spread_days=0.0)
    # Four thought to be on time and four seen: (0*4 + 0 + 0 + 1 + 3) / 8.
    assert said.mean_days == pytest.approx(0.5)
    assert said.sigma_days == pytest.approx(((4 * 0.25 + 0.25 + 0.25 + 0.25 + 6.25) / 8) ** 0.5)
    assert (said.deliveries, said.on_time_share) == (4, 0.5)
    assert lateness_of([2] * 400).mean_days == pytest.approx(2.0, abs=0.05)


def test_nobody_plans_with_being_early():
    assert lateness_of([-2, -1, -3]).mean_days == 0.0


def test_a_thought_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="usual delay of 20 days is not 0 to 14"):
        lateness_of((), 20.0)


def test_the_day_is_moved_in_whole_days_and_the_rest_is_doubt():
    assert [whole_days(days) for days in (0.0, 0.49, 0.5, 1.6)] == [0, 0, 1, 2]
    assert spread_in_plan(1.3, 0.4) == pytest.approx(0.5)


def test_a_late_supplier_is_planned_for_the_day_it_usually_comes():
    on_time, late = problem_of(inputs())[0], problem_of(inputs(suppliers=(LATE,)))[0]
    assert [d.arrival_day for d in late.deliveries] == [
        d.arrival_day + 1 for d in on_time.deliveries if d.arrival_day + 1 < on_time.days
    ]


def test_the_spread_of_a_delivery_is_the_lead_time_term_of_the_safety_stock():
    steady = product(daily=0.5, sum_sigma={1: 0.0}, on_hand_sigma=0.0)
    problem, _ = problem_of(inputs(steady, suppliers=(replace(ANKER, late_sigma_days=2.0),)))
    first = problem.deliveries[0].arrival_day
    surprises = problem.products[0].surprise_units
    assert all(not any(evening) for evening in surprises[:first])
    evening = surprises[first]
    sigma = (sum(value**2 for value in evening) / len(evening)) ** 0.5
    assert sigma == pytest.approx(lead_time_sigma(0.5, 0.0, 1.0, 2.0), rel=0.1)


def test_more_is_kept_in_reserve_against_a_supplier_that_may_come_late():
    def bottles(supplier):
        said = suggest(inputs(product(daily=1.5, on_hand=6.0), suppliers=(supplier,)))
        return sum(line.units for order in said.orders[:2] for line in order.lines)

    assert bottles(replace(ANKER, late_sigma_days=3.0)) > bottles(ANKER)


def test_an_order_says_the_promised_day_and_the_one_that_is_counted_on():
    order = suggest(inputs(suppliers=(LATE,))).orders[0]
    assert order.expected_on - order.arrives_on == timedelta(days=1)
    assert order.arrives_on == date(2026, 11, 21)
    assert suggest(inputs()).orders[0].expected_on is None
