from dataclasses import replace

import pytest

from cloud.ordering.costing import cost_of
from cloud.ordering.model import Line
from cloud.ordering.uncertainty import surprises_of_sums
from tests.unit.cloud.ordering.builders import deliveries, offer, problem, product


def test_a_plan_of_one_case_is_charged_as_by_hand():
    costing = cost_of(problem(product(), days=7), [Line(delivery=0, product=0, cases=1)])
    assert costing.purchases == 12.0
    assert costing.fees == 0.0
    assert costing.products[0].left_units == (1.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0)
    assert costing.holding == pytest.approx(0.22)
    assert costing.shortage == 0.0
    assert costing.under_safety == 0.0
    assert costing.credit == pytest.approx(1.94)
    assert costing.total == pytest.approx(10.28)
    assert costing.fill_rate == 1.0


def test_what_cannot_be_sold_is_lost_and_not_owed():
    costing = cost_of(problem(product()), [Line(delivery=2, product=0, cases=1)])
    assert costing.products[0].lost_units == (0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0)
    assert costing.products[0].left_units == (1.0, 0.0, 0.0, 0.0, 0.0, 5.0, 4.0)
    assert costing.shortage == pytest.approx(21.0)
    assert costing.under_safety == pytest.approx(4 * 0.06 * 7.0)
    assert costing.fill_rate == pytest.approx(4 / 7)


def test_a_fee_is_paid_once_for_each_delivery():
    asked = problem(product(), product("rum"), deliveries=deliveries(fee=9.0))
    assert cost_of(asked, [Line(0, 0, 1), Line(0, 1, 1), Line(1, 1, 1)]).fees == 18.0


def test_a_price_break_counts_for_every_unit():
    asked = problem(product(offers=(offer(0, 6, 2.0, (2, 1.5)),)))
    assert cost_of(asked, [Line(0, 0, 1)]).purchases == 12.0
    assert cost_of(asked, [Line(0, 0, 2)]).purchases == 18.0


def test_two_lines_of_one_delivery_are_one_quantity():
    asked = problem(product(offers=(offer(0, 6, 2.0, (2, 1.5)),)))
    assert cost_of(asked, [Line(0, 0, 1), Line(0, 0, 1)]).purchases == 18.0


def test_what_outlives_its_shelf_life_is_paid_for():
    asked = problem(product(shelf_life_days=3, on_hand_units=0.0))
    assert cost_of(asked, [Line(0, 0, 1)]).spoilage == pytest.approx(3 * 2.0)


def test_stock_beyond_what_is_of_use_is_not_credited():
    asked = problem(product())
    much = cost_of(asked, [Line(0, 0, 5)]).products[0]
    assert much.left_units[-1] == 25.0
    assert much.credit == pytest.approx((7 * 0.7 + 1 + 6) * 2.0 * 0.97 - (25.0 - 11.9) * 0.01)


def test_each_broken_rule_is_a_sentence():
    asked = problem(
        product(), deliveries=deliveries(minimum_order_value=20.0), weekly_budget=(10.0,), zone_volume=(5.5,)
    )
    assert cost_of(asked, [Line(0, 0, 1)]).broken == (
        "the order to Anker Drinks on day 0 is 12.00, under its minimum of 20.00",
        "week 0 spends 12.00 of 10.00",
        "zone 0 stores 6.0 of 5.5 on day 1",
    )


def test_certain_surprises_change_nothing():
    plain = cost_of(problem(product()), [Line(1, 0, 1)])
    certain = cost_of(problem(product(surprise_units=((0.0, 0.0),) * 7)), [Line(1, 0, 1)])
    assert certain.total == pytest.approx(plain.total)


def test_an_uncertain_day_loses_its_share_of_sales():
    even = product(surprise_units=((-1.0, 1.0),) * 7, on_hand_units=7.0, safety_stock_units=0.0)
    costing = cost_of(problem(even), [])
    assert costing.products[0].lost_units == (0.0,) * 6 + (0.5,)


def test_on_a_shelf_that_is_empty_all_that_is_expected_is_lost():
    asked = product(on_hand_units=0.0, safety_stock_units=0.0)
    asked = replace(asked, surprise_units=surprises_of_sums(asked.demand_units, {1: 1.0}, memory_days=3))
    costing = cost_of(problem(asked), [])
    assert min(costing.products[0].lost_units[1:]) >= 1.0
