from statistics import NormalDist

import pytest

from cloud.ordering.model import CostRules, Line
from cloud.ordering.plan import make_plan
from tests.unit.cloud.ordering.builders import deliveries, offer, problem, product


def test_a_plan_of_one_product_buys_one_case_before_it_runs_out():
    plan = make_plan(problem(product("gin", on_hand_units=2.0)))
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


def test_batches_are_those_of_wagner_and_whitin():
    """Snyder and Shen, Example 3.9, in tens: fee 500, holding 2, demand 90 120 80 70: 1380 by 210 and 150."""
    batches = product(
        days=4,
        demand_units=(9.0, 12.0, 8.0, 7.0),
        on_hand_units=0.0,
        safety_stock_units=0.0,
        holding_cost_per_day=2.0,
        shortage_cost=1000.0,
        unit_cost=0.0,
        offers=(offer(0, 1, 1.0),),
    )
    asked = problem(batches, days=4, deliveries=deliveries(order_days=(0, 1, 2, 3), lead_days=0, fee=50.0))
    plan = make_plan(asked)
    assert plan.lines == (Line(0, 0, 21), Line(2, 0, 15))
    assert plan.costing.total - plan.costing.purchases == pytest.approx(138.0)


def test_one_uncertain_day_is_bought_for_as_by_the_newsvendor():
    """Snyder and Shen, Example 4.3: demand N(50, 8), holding 0.18, stockout 0.70: 56.60, cost 1.9976."""
    surprises = tuple(NormalDist(0, 8).inv_cdf((k + 0.5) / 401) for k in range(401))
    paper = product(
        days=1,
        demand_units=(50.0,),
        on_hand_units=0.0,
        safety_stock_units=0.0,
        holding_cost_per_day=0.18,
        shortage_cost=1.70,
        unit_cost=1.0,
        offers=(offer(0, 1, 1.0),),
        surprise_units=(surprises,),
    )
    rules = CostRules(credit_share=1.0)
    asked = problem(paper, days=1, deliveries=deliveries(order_days=(0,), lead_days=0), rules=rules)
    plan = make_plan(asked)
    assert plan.lines == (Line(0, 0, 57),)
