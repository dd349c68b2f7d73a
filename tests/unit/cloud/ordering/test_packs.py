"""Several packs of one product at one supplier."""

import pytest

from cloud.ordering.costing import cost_of
from cloud.ordering.model import MAX_MIXED_PIECES, Offer, PriceBreak
from cloud.ordering.packs import mixed
from cloud.ordering.plan import make_plan
from tests.unit.cloud.ordering.builders import problem, product

BOX = Offer(0, 6, (PriceBreak(1, 2.0), PriceBreak(3, 1.9)), article="box")
CRATE = Offer(0, 24, (PriceBreak(1, 1.5),), article="crate")


def counted(offer, pieces):
    return {pack.article: count for pack, count in offer.split(pieces)}


def test_one_pack_stays_as_it_is():
    assert mixed([BOX]) is BOX
    assert BOX.split(3) == ((BOX, 3),)


def test_the_cheapest_mixture_is_priced_and_told_apart():
    offer = mixed([BOX, CRATE])
    assert offer.pack_units == 6
    assert offer.price(1) == 12.0
    assert offer.price(4) == 36.0
    assert counted(offer, 4) == {"crate": 1}
    assert offer.price(5) == 48.0
    assert counted(offer, 5) == {"box": 1, "crate": 1}
    assert offer.unit_price(5) == pytest.approx(1.6)


def test_price_breaks_count_for_each_pack_by_itself():
    assert mixed([BOX, CRATE]).price(3) == pytest.approx(18 * 1.9)


def test_a_quantity_no_mixture_makes_has_no_price():
    offer = mixed([Offer(0, 6, (PriceBreak(2, 2.0),)), CRATE])
    with pytest.raises(ValueError, match="no mixture of its packs holds 6 units"):
        offer.unit_price(1)
    assert offer.price(MAX_MIXED_PIECES + 1) == float("inf")


def test_a_plan_orders_both_packs_where_that_is_cheapest():
    wanted = product(daily=4.5, on_hand_units=4.5, unit_cost=0.0, safety_stock_units=0.0, offers=(BOX, CRATE))
    plan = make_plan(problem(wanted))
    assert plan.notes == ()
    assert plan.method == "optimised"
    offer = plan.problem.products[0].offers[0]
    ordered = {}
    for line in plan.lines:
        for pack, count in offer.split(line.cases):
            ordered[pack.article] = ordered.get(pack.article, 0) + count
    assert ordered == {"crate": 1, "box": 1}
    assert cost_of(plan.problem, plan.lines).total == pytest.approx(plan.costing.total)


def test_a_bad_pack_goes_and_the_other_is_planned_with():
    bad = Offer(0, 0, (PriceBreak(1, 2.0),))
    plan = make_plan(problem(product(daily=4.0, on_hand_units=0.0, offers=(bad, CRATE))))
    assert plan.lines
    assert "gives a pack of 0" in plan.notes[0]
