"""Expected values of EOQ, newsvendor and reorder point are what stockpyl 1.0.2 computes.

The numbers of its examples are those of Snyder and Shen.
"""

from math import inf

import pytest

from cloud.ordering.classic import (
    abc_classes,
    classic_figures,
    critical_fractile,
    economic_order_quantity,
    economic_order_quantity_with_breaks,
    lead_time_sigma,
    normal_quantity,
    par_level,
    reorder_point,
    rule_of_thumb_par,
    safety_stock,
)


def test_the_economic_order_quantity_is_that_of_example_3_1():
    assert economic_order_quantity(1300, 8, 0.225) == pytest.approx(304.0467800264368)


def test_stock_that_costs_nothing_to_hold_has_no_economic_limit():
    assert economic_order_quantity(1300, 8, 0) == inf


def test_no_demand_orders_nothing():
    assert economic_order_quantity(0, 8, 0.225) == 0.0


def test_price_breaks_are_weighed_over_all_units():
    breaks = [(0, 0.75), (400, 0.72), (800, 0.68)]
    assert economic_order_quantity_with_breaks(1300, 8, 0.3, breaks) == pytest.approx((800, 978.6))


def test_the_newsvendor_of_example_4_3_buys_for_its_critical_fractile():
    fractile = critical_fractile(0.70, 0.18)
    assert fractile == pytest.approx(0.7954545454545454)
    assert normal_quantity(50, 8, fractile) == pytest.approx(56.60395592743389)


def test_the_reorder_point_of_example_5_5_covers_the_lead_time_at_its_fractile():
    sigma = lead_time_sigma(1300, 150, 1 / 12)
    safety = safety_stock(critical_fractile(7.5, 0.225), sigma)
    assert reorder_point(1300, 1 / 12, safety) == pytest.approx(190.3369965715624)


def test_a_lead_time_that_varies_adds_to_the_uncertainty():
    assert lead_time_sigma(10, 3, 4) == 6.0
    assert lead_time_sigma(10, 3, 4, lead_sigma_days=0.8) == 10.0


def test_par_covers_lead_time_and_review_period():
    assert par_level(2, 0, 2, 7, 0.95) == 18.0
    assert par_level(2, 1, 2, 7, 0.95) == pytest.approx(18 + 1.6448536269514722 * 3)


def test_the_rule_of_thumb_is_a_week_and_a_half_of_use():
    assert rule_of_thumb_par(2.0) == 21.0


def test_the_few_products_with_most_of_the_value_are_a():
    assert abc_classes([5, 700, 60, 140, 70, 25]) == ("C", "A", "B", "A", "B", "C")


def test_products_without_value_are_c():
    assert abc_classes([0, 0]) == ("C", "C")


def test_a_service_level_of_one_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        safety_stock(1.0, 3)


def test_a_negative_cost_is_refused_by_name():
    with pytest.raises(ValueError, match="order_cost must be 0 or more"):
        economic_order_quantity(1, -8, 1)


def test_all_figures_of_a_product_agree():
    figures = classic_figures(
        abc_class="A",
        daily_mean=2,
        daily_sigma=1,
        lead_days=4,
        review_days=5,
        order_cost=10,
        holding_cost_per_day=0.1,
        shortage_cost=9.5,
    )
    assert figures.critical_fractile == pytest.approx(0.95)
    assert figures.economic_order_quantity == pytest.approx(20.0)
    assert figures.reorder_point_units == pytest.approx(8 + 1.6448536269514722 * 2)
    assert figures.par_units == pytest.approx(18 + 1.6448536269514722 * 3)
    assert figures.rule_of_thumb_par_units == 21.0
