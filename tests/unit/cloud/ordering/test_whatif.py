from math import inf

import pytest

from cloud.ordering.model import Line
from cloud.ordering.plan import make_plan
from cloud.ordering.whatif import Difference, Question, ask, edited
from tests.unit.cloud.ordering.builders import deliveries, offer, problem, product


def two_suppliers():
    return make_plan(
        problem(
            product(offers=(offer(0, 6, 2.0), offer(1, 6, 2.25))),
            suppliers=("Anker Drinks", "Bay Wines"),
            deliveries=deliveries(0) + deliveries(1),
        )
    )


def test_a_closed_supplier_is_replaced_by_the_next_best():
    answer = ask(two_suppliers(), Question(closed_suppliers=[0]))
    assert answer.plan.lines == (Line(3, 0, 1),)
    assert answer.cost_change == pytest.approx(6 * 0.25)
    assert answer.differences == (Difference(0, 0, 1, 0), Difference(3, 0, 0, 1))


def test_a_smaller_budget_costs_more_and_buys_less():
    plan = make_plan(problem(product(), product("rum")))
    answer = ask(plan, Question(weekly_budget=13.0))
    assert answer.purchases_change < 0
    assert answer.cost_change > 0
    assert answer.lost_units_change > 0


def test_an_infinite_budget_lifts_it():
    plan = make_plan(problem(product(), product("rum"), weekly_budget=(13.0,)))
    answer = ask(plan, Question(weekly_budget=inf))
    assert answer.plan.problem.weekly_budget == (None,)
    assert answer.cost_change < 0


def test_better_service_never_loses_more_sales():
    plan = make_plan(problem(product(shortage_cost=0.5)))
    assert ask(plan, Question(service_factor=20)).lost_units_change <= 0


def test_no_change_is_no_difference():
    answer = ask(two_suppliers(), Question())
    assert answer.differences == ()
    assert answer.cost_change == 0


def test_an_edited_line_is_costed_at_once():
    plan = two_suppliers()
    lines, costing = edited(plan, Line(0, 0, 2))
    assert lines == (Line(0, 0, 2),)
    assert costing.purchases == 24.0
    assert costing.total > plan.costing.total


def test_a_line_of_no_cases_is_taken_out():
    lines, costing = edited(two_suppliers(), Line(0, 0, 0))
    assert lines == ()
    assert costing.purchases == 0


def test_a_supplier_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="There is no supplier 7; this plan has 2"):
        ask(two_suppliers(), Question(closed_suppliers=[7]))


def test_a_service_factor_of_nothing_is_refused():
    with pytest.raises(ValueError, match="not between 0 and 100"):
        ask(two_suppliers(), Question(service_factor=0))
