from cloud.ordering.model import Line
from cloud.ordering.par import best_par, par_plan
from tests.unit.cloud.ordering.builders import deliveries, offer, problem, product


def test_a_par_plan_fills_up_to_the_average_use_until_the_next_delivery():
    lines = par_plan(problem(product()), 1.0, within_budget=False)
    assert lines == (Line(0, 0, 1),)


def test_a_higher_factor_orders_more():
    few = par_plan(problem(product()), 1.0, within_budget=False)
    many = par_plan(problem(product()), 3.0, within_budget=False)
    assert sum(line.cases for line in many) > sum(line.cases for line in few)


def test_an_order_under_the_minimum_waits():
    asked = problem(product(), deliveries=deliveries(minimum_order_value=20.0))
    lines = par_plan(asked, 1.0, within_budget=False)
    assert all(line.cases >= 2 for line in lines)


def test_the_shortest_cover_is_bought_first_where_money_is_short():
    asked = problem(product(), product("rum", on_hand_units=0.5), weekly_budget=(12.0,))
    lines = par_plan(asked, 1.5, within_budget=True)
    assert lines == (Line(0, 1, 1),)


def test_the_cheapest_supplier_that_delivers_is_asked():
    asked = problem(
        product(offers=(offer(0, 6, 2.0), offer(1, 6, 1.0))), suppliers=("Anker Drinks", "Bay Wines")
    )
    assert {line.delivery for line in par_plan(asked, 1.0, within_budget=False)} <= {0, 1, 2}
    assert par_plan(asked, 1.0, within_budget=False)


def test_the_best_par_plan_within_the_budget_breaks_no_rule():
    asked = problem(product(), product("rum"), weekly_budget=(24.0,))
    _, (lines, costing) = best_par(asked)
    assert lines
    assert costing.broken == ()
