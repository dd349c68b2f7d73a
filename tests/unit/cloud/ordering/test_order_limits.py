"""What keeps an order from going out, and by how much."""

from dataclasses import replace

import pytest

from cloud.ordering.model import Line
from cloud.ordering.order_limits import broken_limits
from tests.unit.cloud.ordering.builders import deliveries, problem

DAYS = ("today", "tomorrow", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday")
"""A case of 6 costs 12.00."""


def broken(asked, cases=1, spent=0.0):
    return broken_limits(asked, 0, [Line(0, 0, cases)], spent_this_week=spent, day_names=DAYS)


def test_an_order_within_all_limits_may_go_out():
    asked = problem(
        deliveries=deliveries(minimum_order_value=12.0), weekly_budget=(12.0,), zone_volume=(8.0,)
    )
    assert broken(asked) == ()


def test_what_is_missing_to_the_minimum_is_named():
    assert broken(problem(deliveries=deliveries(minimum_order_value=30.0))) == (
        "18.00 is missing to the minimum of 30.00 of Anker Drinks: the order is 12.00",
    )


def test_what_is_over_the_budget_is_named_with_what_was_spent_already():
    assert broken(problem(weekly_budget=(20.0,)), spent=15.0) == (
        "it is 7.00 over the week's budget of 20.00 beside 15.00 approved already",
    )


def test_the_room_that_is_missing_is_named_with_its_evening():
    # 2 bottles and a case of 6, less one a day: 6 are left on the first evening after it came.
    asked = problem(zone_volume=(4.0,), zone_names=("the fridge",))
    assert broken(asked) == ("the fridge lacks room for 2.0 l on tomorrow: it holds 4 l",)


def test_a_room_that_is_too_full_anyway_is_not_this_orders_fault():
    full = problem(zone_volume=(4.0,))
    full = replace(full, products=(replace(full.products[0], on_hand_units=9.0),))
    assert broken_limits(full, 0, [], spent_this_week=0.0, day_names=DAYS) == ()


def test_all_that_is_wrong_is_said_at_once():
    asked = problem(deliveries=deliveries(minimum_order_value=30.0), weekly_budget=(5.0,), zone_volume=(4.0,))
    assert len(broken(asked)) == 3


@pytest.mark.parametrize("is_open", [True, False])
def test_a_supplier_that_takes_no_order_is_named(is_open):
    asked = problem()
    asked = replace(asked, deliveries=tuple(replace(d, is_open=is_open) for d in asked.deliveries))
    assert ("Anker Drinks takes no order now" in broken(asked)) is not is_open
