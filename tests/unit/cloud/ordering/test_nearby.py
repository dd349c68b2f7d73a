import itertools

import pytest

from cloud.ordering.costing import cost_of
from cloud.ordering.lattice import Lattice
from cloud.ordering.model import Line
from cloud.ordering.nearby import nearly_cheapest
from tests.unit.cloud.ordering.builders import problem, product


def test_the_nearest_paths_are_the_cheapest_plans_in_order():
    asked = problem(product(on_hand_units=2.5))
    lattice = Lattice(asked)
    near = nearly_cheapest(lattice, lattice.priced(lattice.no_prices()), 0, slack=100.0, most=5)
    plans = itertools.product(range(4), repeat=3)
    costs = sorted(cost_of(asked, [Line(d, 0, n) for d, n in enumerate(p) if n]).total for p in plans)
    assert sorted(near.cost.tolist()) == pytest.approx(costs[:5])


def test_no_path_is_dearer_than_the_slack():
    asked = problem(product(on_hand_units=2.5))
    lattice = Lattice(asked)
    near = nearly_cheapest(lattice, lattice.priced(lattice.no_prices()), 0, slack=1.0, most=50)
    assert max(near.cost) - min(near.cost) <= 1.0
    assert len({tuple(row) for row in near.cases.tolist()}) == len(near.cost)


def test_the_cheapest_path_is_always_there():
    asked = problem()
    lattice = Lattice(asked)
    near = nearly_cheapest(lattice, lattice.priced(lattice.no_prices()), 0, slack=0.0, most=1)
    assert near.cost.tolist() == lattice.cheapest(lattice.no_prices()).cost.tolist()
