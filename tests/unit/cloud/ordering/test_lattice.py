import itertools

import numpy as np
import pytest

from cloud.ordering.costing import cost_of
from cloud.ordering.lattice import Lattice, Prices
from cloud.ordering.model import Line
from tests.unit.cloud.ordering.builders import deliveries, offer, problem, product


def cheapest_by_trying_all(asked):
    """Every number of cases up to 4 by every delivery."""
    plans = itertools.product(range(5), repeat=len(asked.deliveries))
    tried = [[Line(d, 0, n) for d, n in enumerate(plan) if n] for plan in plans]
    return min(cost_of(asked, lines).total for lines in tried)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"on_hand_units": 0.0},
        {"on_hand_units": 2.5, "safety_stock_units": 0.0},
        {"offers": (offer(0, 6, 2.0, (2, 1.7)),)},
        {"offers": (offer(0, 6, 1.5),), "holding_cost_per_day": 0.2},
        {"shelf_life_days": 2},
        {"arriving_units": (0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0)},
        {"surprise_units": ((-1.0, 0.0, 1.0),) * 7, "stock_surprise_units": (-0.5, 0.0, 0.5)},
    ],
    ids=["plain", "empty shelf", "fraction", "price break", "cheap", "spoils", "open order", "uncertain"],
)
def test_the_cheapest_path_costs_what_trying_everything_costs(changes):
    asked = problem(product(**changes))
    paths = Lattice(asked).cheapest(Lattice(asked).no_prices())
    assert paths.cost[0] == pytest.approx(cheapest_by_trying_all(asked), abs=1e-6)


def test_a_path_is_bought_from_the_cheaper_of_two_suppliers():
    asked = problem(
        product(offers=(offer(0, 6, 2.0), offer(1, 6, 1.8))),
        suppliers=("Anker Drinks", "Bay Wines"),
        deliveries=deliveries(0) + deliveries(1),
    )
    paths = Lattice(asked).cheapest(Lattice(asked).no_prices())
    assert paths.cases[0, :3].sum() == 0
    assert paths.cases[0, 3:].sum() > 0


def test_an_infinite_price_of_use_closes_a_delivery():
    asked = problem()
    lattice = Lattice(asked)
    prices = Prices(np.zeros(3), np.array([np.inf, np.inf, 0.0]), np.zeros((1, 7)))
    paths = lattice.cheapest(prices)
    assert paths.cases[0, :2].tolist() == [0, 0]
    assert paths.cases[0, 2] > 0


def test_a_price_of_money_makes_a_path_spend_less():
    asked = problem()
    lattice = Lattice(asked)
    free = lattice.cheapest(lattice.no_prices())
    dear = lattice.cheapest(Prices(np.full(3, 5.0), np.zeros(3), np.zeros((1, 7))))
    assert dear.money.sum() < free.money.sum()
