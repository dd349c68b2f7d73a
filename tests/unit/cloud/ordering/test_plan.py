import pytest

from cloud.ordering.model import Line
from cloud.ordering.plan import make_plan
from tests.unit.cloud.ordering.builders import deliveries, offer, problem, product


def test_a_plan_of_one_product_buys_one_case_before_it_runs_out():
    plan = make_plan(problem(product(credit := "gin", on_hand_units=2.0)))
    assert credit == "gin"
    assert plan.method == "optimised"
    assert plan.costing.broken == ()
    assert plan.lines[0] == Line(delivery=0, product=0, cases=1)


def test_the_cost_is_never_above_that_of_a_par_plan_that_fits():
    plan = make_plan(problem(product(), product("rum", 0.4), product("lime", 2.0)))
    assert plan.costing.total <= plan.par_cost + 1e-9


def test_the_bound_is_under_the_cost():
    plan = make_plan(problem(product(), product("rum", 0.4), product("lime", 2.0)))
    assert plan.bound <= plan.costing.total + 1e-6
    assert plan.gap < 0.01


def test_a_week_never_spends_more_than_its_budget():
    plan = make_plan(problem(product(), product("rum", 1.0), weekly_budget=(13.0,)))
    assert plan.costing.broken == ()
    assert plan.costing.purchases == pytest.approx(12.0)
    assert plan.shadow_prices.budget[0] > 0


def test_a_storage_zone_is_never_overfilled():
    roomy = make_plan(problem(product(daily=1.0, offers=(offer(0, 6, 1.0),))))
    tight = make_plan(problem(product(daily=1.0, offers=(offer(0, 6, 1.0),)), zone_volume=(7.0,)))
    assert max(roomy.costing.products[0].left_units) > 7.0
    assert max(tight.costing.products[0].left_units) <= 7.0
    assert tight.costing.broken == ()


def test_an_order_reaches_the_suppliers_minimum_or_is_not_sent():
    plan = make_plan(problem(product(), deliveries=deliveries(minimum_order_value=24.0)))
    assert plan.costing.broken == ()
    assert plan.costing.purchases in (0.0, pytest.approx(24.0))


def test_a_high_fee_joins_two_deliveries_into_one():
    free = make_plan(problem(product(daily=3.0, holding_cost_per_day=0.2)))
    dear = make_plan(problem(product(daily=3.0, holding_cost_per_day=0.2), deliveries=deliveries(fee=15.0)))
    assert len({line.delivery for line in free.lines}) > len({line.delivery for line in dear.lines})


def test_what_is_on_order_is_not_ordered_again():
    coming = (0.0, 12.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    without = make_plan(problem(product()))
    with_open_order = make_plan(problem(product(arriving_units=coming)))
    assert with_open_order.costing.purchases < without.costing.purchases


def test_uncertain_demand_is_ordered_for_more_generously():
    spread = tuple((-2.0 * day, -1.0 * day, 0.0, 1.0 * day, 2.0 * day) for day in range(1, 8))
    certain = make_plan(problem(product(safety_stock_units=0.0, unit_cost=2.5)))
    uncertain = make_plan(problem(product(safety_stock_units=0.0, unit_cost=2.5, surprise_units=spread)))
    assert uncertain.costing.purchases > certain.costing.purchases


def test_the_same_problem_gives_the_same_plan():
    asked = problem(product(), product("rum", 0.4), product("lime", 2.0))
    assert make_plan(asked).lines == make_plan(asked).lines


def test_nothing_to_plan_gives_an_empty_plan():
    plan = make_plan(problem(product(daily=0.0, safety_stock_units=0.0, unit_cost=0.0)))
    assert plan.lines == ()
