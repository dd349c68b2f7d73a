import itertools
import random
from dataclasses import replace

import pytest

from cloud.ordering.costing import cost_of
from cloud.ordering.model import Line
from cloud.ordering.plan import Limits, make_plan
from cloud.ordering.search import Search
from tests.unit.cloud.ordering.builders import deliveries, offer, problem, product


def small_bar(seed):
    """Two products and two deliveries with a minimum, a fee, a budget and little room."""
    dice = random.Random(seed)
    products = [
        product(
            f"bottle {n}",
            on_hand_units=dice.uniform(0, 4),
            demand_units=tuple(dice.uniform(0, 2) for _ in range(7)),
            safety_stock_units=dice.uniform(0, 2),
            offers=(offer(0, 3, dice.uniform(1.8, 2.2), (2, dice.uniform(1.5, 1.8))),),
        )
        for n in range(2)
    ]
    return problem(
        *products,
        deliveries=deliveries(
            order_days=(0, 2), fee=dice.choice([0.0, 3.0]), minimum_order_value=dice.choice([0, 14])
        ),
        weekly_budget=(dice.uniform(15, 40),),
        zone_volume=(dice.uniform(9, 20),),
    )


def cheapest_by_trying_all(asked):
    keys = list(itertools.product(range(2), range(2)))
    costs = []
    for cases in itertools.product(range(5), repeat=4):
        costing = cost_of(asked, [Line(d, p, n) for (d, p), n in zip(keys, cases, strict=True) if n])
        if not costing.broken:
            costs.append(costing.total)
    return min(costs)


@pytest.mark.parametrize("seed", range(6))
def test_a_small_plan_is_the_cheapest_there_is_and_its_bound_is_under_it(seed):
    asked = small_bar(seed)
    plan = make_plan(asked)
    cheapest = cheapest_by_trying_all(asked)
    assert plan.costing.broken == ()
    assert plan.costing.total == pytest.approx(cheapest, rel=2e-4)
    assert plan.bound <= cheapest + 1e-6


def test_the_searchs_sums_are_those_of_the_costing():
    asked = small_bar(1)
    search = Search(asked, Limits())
    lines, relaxation, bound = search.run()
    chosen = [c for c in search.master.columns if tuple(_lines_of(c)) == _of_product(lines, c.product)]
    assert search.master.cost(chosen) == pytest.approx(cost_of(asked, lines).total)
    assert relaxation is not None
    assert bound <= relaxation.objective + 1e-6


def test_a_search_without_rounds_still_answers():
    plan = make_plan(small_bar(2), Limits(rounds=1, nodes=1, neighbours=0))
    assert plan.costing.broken == ()


def test_a_problem_without_products_has_an_empty_plan():
    plan = make_plan(replace(problem(), products=()))
    assert plan.lines == ()
    assert plan.costing.total == 0


def test_a_problem_without_deliveries_orders_nothing():
    plan = make_plan(problem(deliveries=()))
    assert plan.lines == ()
    assert plan.notes[0] == "Anker Drinks has no day in its calendar that delivers within 7 days."


def test_what_stands_in_a_full_room_does_not_stop_the_plan():
    plan = make_plan(
        problem(product(on_hand_units=30.0), product("rum", unit_volume=0.0), zone_volume=(5.0,))
    )
    assert any(line.product == 1 for line in plan.lines)
    assert all(line.product == 1 for line in plan.lines)


def _lines_of(column):
    return [Line(int(d), column.product, int(n)) for d, n in enumerate(column.cases) if n]


def _of_product(lines, number):
    return tuple(sorted(line for line in lines if line.product == number))
