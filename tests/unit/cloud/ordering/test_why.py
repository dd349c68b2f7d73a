import pytest

from cloud.ordering.model import Line
from cloud.ordering.plan import make_plan
from cloud.ordering.why import explain, explain_limits, weekday_name
from tests.unit.cloud.ordering.builders import deliveries, offer, problem, product


def only_reason(asked):
    (order,) = explain(make_plan(asked))
    (reason,) = order.lines
    return reason


def test_a_line_says_when_the_shelf_is_empty_without_it_and_when_the_next_one_comes():
    reason = only_reason(problem())
    assert reason.line == Line(0, 0, 1)
    assert reason.runs_out_day == 2
    assert reason.next_arrival_day == 3
    assert reason.sentences[0] == (
        "Runs out on Wednesday without it; the delivery after this one comes on Thursday."
    )


def test_what_a_line_saves_is_the_cost_of_the_plan_without_it():
    plan = make_plan(problem())
    ((reason,),) = [order.lines for order in explain(plan)]
    without = make_plan(problem(deliveries=())).costing.total
    assert reason.saves == pytest.approx(without - plan.costing.total)
    assert reason.sentences[-1] == f"The line saves {reason.saves:.2f} against leaving it out."


def test_the_last_case_that_reaches_a_price_break_says_so():
    reason = only_reason(problem(product(unit_cost=1.4, offers=(offer(0, 6, 2.0, (2, 1.5)),))))
    assert reason.line.cases == 2
    assert "2 cases take the price from 2.00 to 1.50 a unit: the last one saves" in reason.sentences[1]


def test_a_dearer_supplier_is_named():
    asked = problem(
        product(offers=(offer(0, 6, 2.0), offer(1, 6, 2.25))),
        suppliers=("Anker Drinks", "Bay Wines"),
        deliveries=deliveries(0) + deliveries(1),
    )
    assert "0.25 a unit cheaper than Bay Wines." in only_reason(asked).sentences


def test_a_cheaper_supplier_that_comes_too_late_is_named():
    asked = problem(
        product(offers=(offer(0, 6, 2.0), offer(1, 6, 1.75)), on_hand_units=0.0),
        suppliers=("Anker Drinks", "Bay Wines"),
        deliveries=deliveries(0) + deliveries(1, order_days=(4,)),
    )
    sentences = [
        sentence for order in explain(make_plan(asked)) for r in order.lines for sentence in r.sentences
    ]
    assert "0.25 a unit dearer than Bay Wines, which cannot come before Saturday." in sentences


def test_uncertain_demand_gives_a_probability():
    spread = ((-2.0, -1.0, 0.0, 1.0, 2.0),) * 7
    asked = problem(
        product(daily=0.5, on_hand_units=4.0, surprise_units=spread), deliveries=deliveries(order_days=(0,))
    )
    reason = only_reason(asked)
    assert reason.risk_without == 0.4
    assert reason.sentences[0] == "Without it the shelf is empty with 40% by the end of the plan."


def test_a_line_that_only_fills_an_order_up_to_its_minimum_says_so():
    asked = problem(
        product(unit_cost=1.0),
        product("salt", 0.1, on_hand_units=1.9, unit_cost=1.9),
        deliveries=deliveries(order_days=(0,), minimum_order_value=24.0),
    )
    reasons = {r.product: r for order in explain(make_plan(asked)) for r in order.lines}
    fillers = [r for r in reasons.values() if r.saves < 0]
    assert fillers
    assert fillers[0].sentences[-1].endswith("but brings the order to its minimum of 24.00.")


def test_the_worth_of_more_budget_is_told():
    plan = make_plan(problem(product(), product("rum"), weekly_budget=(13.0,)))
    (sentence,) = explain_limits(plan)
    assert sentence.startswith("This week: 100 more budget would save about ")


def test_days_are_named_by_weekday_and_week():
    assert weekday_name(3) == "Thursday"
    assert weekday_name(3, first_weekday=5) == "Tuesday"
    assert weekday_name(10) == "Thursday in a week"
    assert weekday_name(17) == "Thursday in 2 weeks"
