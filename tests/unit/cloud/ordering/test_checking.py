import math
from dataclasses import replace

import pytest

from cloud.ordering.lattice import Lattice
from cloud.ordering.model import MAX_DAYS, Offer, PriceBreak
from cloud.ordering.plan import make_plan
from tests.unit.cloud.ordering.builders import deliveries, offer, problem, product

TWO = ("Anker Drinks", "Bay Wines")


def planned(*products, **changes):
    """A plan of a sound product and others; the sound one must have been ordered."""
    plan = make_plan(problem(product("sound"), *products, **changes))
    assert any(line.product == 0 for line in plan.lines), "the rest is still planned"
    return plan


def test_a_supplier_without_prices_is_named():
    plan = planned(
        product("rum", offers=(Offer(1, 6, ()),)), suppliers=TWO, deliveries=deliveries(0) + deliveries(1)
    )
    assert plan.notes == (
        "rum: Bay Wines gives no price; its offer is not used.",
        "Bay Wines has no usable prices: nothing is ordered there.",
        "rum: nobody sells it in these 7 days; it can only run out.",
    )


def test_a_pack_of_nothing_is_named():
    plan = planned(product("rum", offers=(Offer(0, 0, (PriceBreak(1, 2.0),)),)))
    assert (
        plan.notes[0] == "rum: Anker Drinks gives a pack of 0; a pack holds 1 or more, its offer is not used."
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"offers": (offer(0, 200_000),)},
            "gives a pack of 200,000, more than 100,000; its offer is not used.",
        ),
        ({"offers": (offer(0, 6, 2.0, (2_000_000, 1.0)),)}, "gives a price from more than 1,000,000 cases"),
        ({"on_hand_units": 1e9}, "more than 10,000,000 of it are in stock"),
        ({"demand_units": (5e6,) * 7}, "more than 10,000,000 of it are in stock"),
        ({"arriving_units": (1e12,) * 7}, "more than 10,000,000 of it are in stock"),
    ],
)
def test_a_number_that_is_a_slip_of_the_hand_is_named(changes, words):
    assert words in planned(product("rum", **changes)).notes[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"offers": (offer(0, 6, 2.0, (900_000, 1.0)),)},
        {"offers": (offer(0, 100_000, 2.0),)},
        {"on_hand_units": 9e6},
        {"arriving_units": (9e6, *[0.0] * 6)},
        {"demand_units": (1e6,) * 7, "offers": (offer(0, 1, 2.0),)},
    ],
    ids=["break far beyond the need", "huge pack", "huge stock", "huge open order", "huge demand"],
)
def test_large_numbers_are_planned_with_as_they_are(changes):
    """Few arcs for each: a row of stocks ends soon after what is needed."""
    asked = problem(product("sound"), product("rum", **changes))
    assert planned(product("rum", **changes)).notes == ()
    assert sum(len(stage.target) for stage in Lattice(asked).stages) < 20_000


def test_a_minimum_nobody_can_reach_is_named():
    plan = planned(
        product("rum", offers=(offer(1),)),
        suppliers=TWO,
        deliveries=deliveries(0) + deliveries(1, minimum_order_value=500.0),
    )
    assert plan.notes[0] == (
        "Bay Wines: its minimum of 500.00 cannot be reached, all that is of use there costs 48.00; "
        "nothing is ordered there."
    )


def test_a_budget_of_nothing_is_named():
    plan = make_plan(problem(weekly_budget=(0.0,)))
    assert plan.lines == ()
    assert plan.notes == (
        "The budget of week 0 is 0.0: nothing can be ordered in it. Set a budget, or none.",
    )


def test_a_calendar_without_a_day_is_named():
    plan = planned(product("rum", offers=(offer(1),)), suppliers=TWO)
    assert plan.notes[0] == "Bay Wines has no day in its calendar that delivers within 7 days."


def test_a_product_nobody_sells_is_named():
    plan = planned(product("absinthe", offers=()))
    assert plan.notes == ("absinthe: nobody sells it in these 7 days; it can only run out.",)


def test_a_demand_that_is_not_a_number_leaves_only_its_product_out():
    plan = planned(product("rum", demand_units=(math.nan,) * 7))
    assert plan.notes == ("rum is left out: its demand must be 7 numbers of 0 or more.",)


def test_a_stock_below_zero_counts_as_nothing():
    plan = planned(product("rum", on_hand_units=-3.0))
    assert plan.notes == ("rum: -3 in stock is counted as 0; count it again.",)


def test_a_delivery_after_the_horizon_is_not_used():
    asked = problem(product("sound"))
    late = replace(asked, deliveries=(*asked.deliveries, *deliveries(order_days=(6,), lead_days=3)))
    plan = make_plan(late)
    note = (
        "Anker Drinks: ordered on day 6, arriving on day 9 does not lie in the 7 days planned; it is not used"
    )
    assert plan.notes == (f"{note}.",)
    assert all(line.delivery < 3 for line in plan.lines)


def test_a_horizon_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match="1 to 56 days"):
        make_plan(problem(days=MAX_DAYS + 1))
