"""What bartenders may and may not do."""

import random

import pytest

from firmware_sim.bottles import stock_bar
from firmware_sim.demand import Order
from firmware_sim.hands import pour
from firmware_sim.scenario import People
from firmware_sim.staff import EMPTY_ML, Staff
from tests.unit.firmware_sim.builders import small_layout

CALM = People(
    pair_chance=0,
    wrong_slot_chance=0,
    late_restock_chance=0,
    bumps_per_hour=0,
    leans_per_hour=0,
    borrows_per_hour=0,
)


def team(orders, habits=CALM, bartenders=1, fill=(1.0, 1.0), seed=1):
    places = stock_bar(small_layout(), fill, random.Random(seed))
    staff = Staff(places, iter(orders), habits, bartenders=bartenders, end_s=3600, dice=random.Random(seed))
    return staff, places


def many_orders(count=400, every_s=8.0):
    dice = random.Random(3)
    pairs = [("gin",), ("rum",), ("gin", "tonic"), ("rum", "tonic")]
    return [Order(n * every_s, dice.choice(pairs)) for n in range(count)]


def test_an_ordered_pour_is_one_truth_and_leaves_the_bottle_where_it_was():
    staff, places = team([Order(10.0, ("gin",), 40.0)])
    (deed,) = staff.deeds()
    (truth,) = deed.truths
    assert (truth.kind, truth.slot, truth.put_on, truth.product) == ("pour", "slot-0", "slot-0", "gin")
    assert truth.ml == pytest.approx(40.0)
    assert truth.delta_g == pytest.approx(-37.6)
    assert truth.start_s == 10.0
    assert places[0].bottle.content_ml == pytest.approx(660)


def test_a_bottle_never_goes_below_empty():
    staff, places = team(many_orders(), fill=(0.02, 0.3), bartenders=3)
    lowest = min(min(p.bottle.content_ml for p in places if p.bottle) for _ in staff.deeds())
    assert lowest >= 0


def test_a_pour_is_at_most_what_was_left_and_the_rest_comes_from_the_next_bottle():
    staff, _ = team([Order(0.0, ("gin",), 40.0)], fill=(0.04, 0.04))
    told = [(truth.kind, round(truth.ml, 3)) for deed in staff.deeds() for truth in deed.truths]
    assert told == [("pour", 28.0), ("swap", 700.0), ("pour", 12.0)]


def test_an_empty_bottle_is_replaced_at_once_or_carried_off_and_restocked_later():
    staff, _ = team([Order(0.0, ("gin",), 28.0)], fill=(0.04, 0.04))
    assert [t.kind for deed in staff.deeds() for t in deed.truths] == ["pour", "swap"]
    late = CALM.model_copy(update={"late_restock_chance": 1.0})
    staff, _ = team([Order(0.0, ("gin",), 28.0)], habits=late, fill=(0.04, 0.04))
    assert [t.kind for deed in staff.deeds() for t in deed.truths] == ["pour", "removal", "restock"]


def test_deeds_come_in_order_of_their_start():
    staff, _ = team(many_orders(), habits=People(), bartenders=3)
    starts = [deed.start_s for deed in staff.deeds()]
    assert starts == sorted(starts)


def test_nobody_holds_a_bottle_that_is_in_other_hands():
    staff, _ = team(many_orders(), habits=People(wrong_slot_chance=0.3), bartenders=3)
    free_s: dict[str, float] = {}
    for deed in staff.deeds():
        for slot in {truth.slot for truth in deed.truths if truth.slot}:
            assert free_s.get(slot, 0.0) <= deed.start_s
            free_s[slot] = deed.end_s


def test_a_bartender_does_one_thing_at_a_time_with_at_most_two_bottles():
    staff, _ = team(many_orders(), habits=People(), bartenders=2)
    free_s: dict[int, float] = {}
    for deed in staff.deeds():
        bartenders = {truth.by for truth in deed.truths if truth.by}
        assert len(bartenders) <= 1
        assert len({truth.slot for truth in deed.truths}) <= 2
        for by in bartenders:
            assert free_s.get(by, 0.0) <= deed.start_s
            free_s[by] = deed.end_s


def test_three_bottles_in_two_hands_are_a_programmers_error():
    places = stock_bar(small_layout(), (1.0, 1.0), random.Random(1))
    with pytest.raises(AssertionError, match="3 bottles for two hands"):
        pour(0.0, places, [40.0] * 3, 1, random.Random(1), crossed=False)


def test_crossed_bottles_stand_on_each_others_place_until_somebody_tidies_up():
    wrong = CALM.model_copy(update={"wrong_slot_chance": 1.0})
    staff, places = team([Order(0.0, ("gin", "rum"), 40.0)], habits=wrong)
    deeds = staff.deeds()
    first = next(deeds)
    assert [(t.kind, t.slot, t.put_on, t.product) for t in first.truths] == [
        ("pour", "slot-0", "slot-1", "gin"),
        ("pour", "slot-1", "slot-0", "rum"),
    ]
    assert places[0].bottle.product.id == "rum"
    second = next(deeds)
    assert [(t.kind, t.slot, t.product) for t in second.truths] == [
        ("swap", "slot-1", "rum"),
        ("swap", "slot-0", "gin"),
    ]
    assert places[0].bottle.product.id == "gin"


def test_a_full_bottle_of_the_wrong_product_is_put_right_when_somebody_orders():
    wrong = CALM.model_copy(update={"wrong_bottle_chance": 1.0})
    orders = [Order(0.0, ("gin",), 28.0), Order(300.0, ("gin",), 40.0)]
    staff, places = team(orders, habits=wrong, fill=(0.04, 0.04))
    told = [(t.kind, t.product) for deed in staff.deeds() for t in deed.truths]
    assert told == [("pour", "gin"), ("swap", "rum"), ("swap", "gin"), ("pour", "gin")]
    assert places[0].bottle.product.id == "gin"


def test_a_borrowed_bottle_comes_back_as_it_went():
    lending = CALM.model_copy(update={"borrows_per_hour": 6.0})
    staff, places = team([], habits=lending)
    told = [(t.kind, t.slot, t.ml) for deed in staff.deeds() for t in deed.truths]
    gone = [entry[1:] for entry in told if entry[0] == "removal"]
    back = [entry[1:] for entry in told if entry[0] == "return"]
    assert gone
    assert sorted(gone) == sorted(back)
    assert all(place.bottle for place in places)


def test_a_bump_shakes_every_pad_of_the_shelf():
    clumsy = CALM.model_copy(update={"bumps_per_hour": 20.0})
    staff, _ = team([], habits=clumsy)
    deed = next(staff.deeds())
    assert deed.truths[0].kind == "bump"
    assert {gesture.scale_id for gesture in deed.gestures} == {"cell-0", "cell-1", "cell-2"}
    assert sum(gesture.step_g for gesture in deed.gestures) == 0


def test_guests_who_wait_ten_minutes_leave():
    staff, _ = team([Order(0.0, ("gin",), 40.0) for _ in range(300)])
    served = sum(truth.kind == "pour" for deed in staff.deeds() for truth in deed.truths)
    assert staff.given_up > 0
    assert served < 300


def test_an_emptied_bottle_counts_as_empty_at_ten_millilitres():
    assert EMPTY_ML == 10.0
