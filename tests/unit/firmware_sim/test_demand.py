"""Rates, popularity and measures."""

import random

import pytest

from contract.layout import Category
from firmware_sim.demand import RateCurve, counted_orders, poisson_orders, popularity, pour_ml
from tests.unit.firmware_sim.builders import corner_bar


def test_a_curve_counts_the_pours_of_its_night():
    curve = RateCurve([(0, 60), (60, 120)], minutes=120)
    assert curve.pours == pytest.approx(90 + 120, abs=0.1)
    assert curve.at(1800) == pytest.approx(90 / 3600)


def test_orders_follow_the_rate():
    curve = RateCurve([(0, 100), (600, 100)], minutes=600)
    orders = list(poisson_orders(curve, {"gin": 1.0, "rum": 1.0}, 0.0, 36_000, random.Random(2)))
    assert 900 <= len(orders) <= 1100


def test_a_rate_of_nothing_orders_nothing():
    curve = RateCurve([(0, 0)], minutes=60)
    assert list(poisson_orders(curve, {"gin": 1.0}, 0.0, 3600, random.Random(2))) == []


def test_counted_orders_are_exact():
    curve = RateCurve([(0, 10), (60, 30)], minutes=60)
    orders = list(counted_orders(curve, {"gin": 3, "rum": 2}, random.Random(1)))
    assert sorted(order.products[0] for order in orders) == ["gin", "gin", "gin", "rum", "rum"]


def test_popularity_is_the_same_for_the_same_seed_and_can_be_given():
    products = corner_bar().products
    assert popularity(products, 1, {}) == popularity(products, 1, {})
    assert popularity(products, 1, {"campari": 99.0})["campari"] == 99.0


@pytest.mark.parametrize(("category", "low", "high"), [(Category.SPIRIT, 36, 43), (Category.WINE, 100, 130)])
def test_measures_are_those_of_a_bar(category, low, high):
    dice = random.Random(1)
    poured = [pour_ml(category, dice) for _ in range(3000)]
    assert low <= sum(poured) / len(poured) <= high
    assert min(poured) >= 5
