"""The classic figures of a site's products: from its own stock, forecast, prices and calendars."""

from dataclasses import replace
from datetime import date, time

import pytest

from cloud.ordering.inputs import SupplierInput
from cloud.ordering.product_figures import classes_of, figures_of, longest_wait
from cloud.ordering.site_problem import problem_of
from cloud.ordering.suggestion import answer, suggest
from cloud.ordering.whatif import Question
from tests.unit.cloud.ordering.test_inputs import ANKER, article, inputs, product

BAY = SupplierInput("bay", "Bay", (1,), time(12, 0), 2)


def test_a_product_s_figures_can_be_worked_out_by_hand():
    """Half a bottle a day, one sigma of a day 0.7; Anker: Mon, Wed and Fri, next morning, 5.00 a delivery."""
    (gin,) = figures_of(inputs(product(open_orders=((date(2026, 11, 21), 6.0),), par_units=4.0)))
    assert (gin.abc_class, gin.value_share, gin.count_every_days) == ("A", 1.0, 7)
    assert (gin.on_hand_units, gin.coming_units, gin.par_units) == (1.0, 6.0, 4.0)
    assert gin.source.supplier == "Anker"
    assert (gin.source.lead_days, gin.source.review_days, gin.source.order_cost) == (1, 3, 5.0)
    # A missing bottle costs 3.5 x 10.00, one kept for three days 3 x 25 % / 365 of 10.00.
    assert gin.figures.critical_fractile == pytest.approx(35 / (35 + 3 * 2.5 / 365))
    # 99.9 % at most: 3.09 sigma.
    assert gin.figures.safety_stock_units == pytest.approx(3.0902 * 0.7, abs=1e-3)
    assert gin.figures.reorder_point_units == pytest.approx(0.5 + 3.0902 * 0.7, abs=1e-3)
    assert gin.figures.par_units == pytest.approx(0.5 * 4 + 3.0902 * 0.7 * 2, abs=1e-3)
    assert gin.figures.rule_of_thumb_par_units == pytest.approx(1.5 * 7 * 0.5)
    assert gin.figures.economic_order_quantity == pytest.approx((2 * 5 * 0.5 / (2.5 / 365)) ** 0.5)
    assert not gin.is_due
    assert figures_of(inputs(product()))[0].is_due, "one bottle and nothing on its way is under 2.66"


def test_classes_follow_the_value_used():
    given = inputs(
        product("gin", 4.0), product("rum", 0.7), product("absinthe", 0.05), product("nobody", 9, 1, ())
    )
    assert classes_of(given) == {"gin": "A", "rum": "B", "absinthe": "C", "nobody": "C"}
    assert [each.product_id for each in figures_of(given)] == ["gin", "rum", "absinthe", "nobody"]
    assert figures_of(given)[-1].figures is None


def test_the_cheapest_open_supplier_is_where_it_comes_from():
    cheap = article("bay", "B-1", 6, (1, 8.0))
    both = inputs(product(articles=(article(), cheap)), suppliers=(ANKER, BAY))
    (gin,) = figures_of(both)
    assert (gin.source.supplier, gin.source.unit_price, gin.source.review_days) == ("Bay", 8.0, 7)
    closed = replace(both, suppliers=(ANKER, replace(BAY, is_closed=True)))
    assert figures_of(closed)[0].source.supplier == "Anker"
    nobody = replace(both, suppliers=(replace(ANKER, order_weekdays=()), replace(BAY, is_closed=True)))
    assert figures_of(nobody)[0].source is None


def test_a_supplier_that_comes_when_it_likes_is_kept_more_against():
    sure = figures_of(inputs(product()))[0].figures
    unsure = figures_of(inputs(product(), suppliers=(replace(ANKER, late_days=1.0, late_sigma_days=2.0),)))
    late = unsure[0].figures
    # The stock must last five days now: a day's spread is that of seven, 1.9, by their root.
    daily_variance = 1.9**2 / 7
    assert late.safety_stock_units == pytest.approx(3.0902 * (2 * daily_variance + 1.0**2) ** 0.5, abs=1e-3)
    assert late.reorder_point_units > sure.reorder_point_units + 0.5


@pytest.mark.parametrize(("weekdays", "days"), [((0, 2, 4), 3), ((1,), 7), (tuple(range(7)), 1), ((4, 0), 4)])
def test_the_longest_wait_goes_round_the_week(weekdays, days):
    assert longest_wait(weekdays) == days


def test_a_class_that_weighs_more_is_planned_with_a_dearer_miss():
    given = inputs(product("gin", 4.0), product("rum", 0.7), class_weights=(2.0, 1.0, 0.5))
    gin, rum = problem_of(given)[0].products
    assert gin.shortage_cost == 2 * rum.shortage_cost == 2 * 35.0


def test_what_is_to_be_kept_at_least_is_ordered_and_said():
    """Nobody drinks it: without the reserve there is nothing to order it for."""
    idle = product(daily=0.0, on_hand=1.0, articles=(article("anker", "A-1", 1),))
    alone = inputs(idle, suppliers=(replace(ANKER, minimum_order_value=0.0, delivery_fee=0.0),))
    assert suggest(alone).orders == ()
    kept = replace(alone, products=(replace(idle, at_least_units=3.0),))
    (line,) = [line for order in suggest(kept).orders for line in order.lines]
    assert line.units == 2
    assert "Without it fewer than the 3 to keep are left from Saturday on." in line.sentences
    asked = answer(kept, Question(service_factor=2.0), suggest(kept))
    assert asked.changes == (), "a reserve is a number the manager gave: another service does not double it"
