from cloud.ordering.instances import read_problem, write_lines
from cloud.ordering.model import Delivery, Line
from cloud.ordering.plan import make_plan

DOCUMENT = {
    "days": 14,
    "suppliers": [
        {"order_weekdays": [0, 3], "lead_days": 2, "minimum_order_value": 150.0, "delivery_fee": 10.0},
        {"order_weekdays": [1], "lead_days": 3, "minimum_order_value": 0.0, "delivery_fee": 0.0},
    ],
    "items": [
        {
            "kind": "wine",
            "demand": [0.5] * 14,
            "on_hand": 3.0,
            "unit_cost": 8.0,
            "unit_volume": 0.75,
            "shortage_cost": 28.0,
            "holding_cost_per_day": 0.006,
            "safety_stock": 1.0,
            "offers": [
                {
                    "supplier": 1,
                    "pack_size": 6,
                    "price_breaks": [
                        {"min_cases": 2, "unit_price": 7.5},
                        {"min_cases": 1, "unit_price": 8.2},
                    ],
                }
            ],
        }
    ],
    "weekly_budget": 900.0,
    "storage_volume": 300.0,
}


def test_every_order_day_that_delivers_in_the_horizon_is_a_delivery():
    asked = read_problem(DOCUMENT)
    assert [d.order_day for d in asked.deliveries] == [0, 3, 7, 10, 1, 8]
    assert asked.deliveries[3] == Delivery(0, 10, 12, 1, 150.0, 10.0)


def test_budget_and_room_hold_for_every_week_and_evening():
    asked = read_problem(DOCUMENT)
    assert asked.weekly_budget == (900.0, 900.0)
    assert asked.zone_volume == (300.0,)


def test_price_breaks_are_read_by_rising_quantity():
    offer = read_problem(DOCUMENT).products[0].offers[0]
    assert offer.price(1) == 6 * 8.2
    assert offer.price(3) == 18 * 7.5


def test_lines_are_written_as_item_supplier_day_and_cases():
    asked = read_problem(DOCUMENT)
    assert write_lines(asked, [Line(4, 0, 2)]) == [{"item": 0, "supplier": 1, "day": 1, "cases": 2}]


def changed(item=None, supplier=None, **document):
    (given,) = DOCUMENT["items"]
    first, second = DOCUMENT["suppliers"]
    return {
        **DOCUMENT,
        "items": [{**given, **(item or {})}],
        "suppliers": [{**first, **(supplier or {})}, second],
        **document,
    }


def test_what_may_be_added_to_an_item_comes_into_the_problem():
    item = {
        "arriving": [0.0, 6.0] + [0.0] * 12,
        "shelf_life_days": 5,
        "zone": "cellar",
        "demand_sigma": [0.4] * 14,
        "on_hand_sigma": 0.2,
    }
    asked = read_problem(changed(item, zones={"bar": 40.0, "cellar": 200.0}))
    (wine,) = asked.products
    assert wine.arriving_units[1] == 6.0
    assert (wine.shelf_life_days, wine.zone) == (5, 1)
    assert asked.zone_volume == (40.0, 200.0)
    assert len(wine.surprise_units) == 14
    assert max(wine.stock_surprise_units) > 0


def test_an_unknown_zone_is_named_and_counts_for_nothing():
    plan = make_plan(read_problem(changed({"zone": "attic"}, zones={"bar": 40.0})))
    assert any("there is no storage zone" in note for note in plan.notes)
    assert plan.lines


def test_holidays_and_closed_suppliers_deliver_nothing():
    asked = read_problem(changed(supplier={"closed_days": [3, 9]}))
    assert [d.order_day for d in asked.deliveries if d.supplier == 0] == [0, 10]
    shut = read_problem(changed(supplier={"is_closed": True}))
    assert not any(d.is_open for d in shut.deliveries if d.supplier == 0)


def test_each_week_may_have_its_own_budget_and_an_offer_its_deposit():
    (given,) = DOCUMENT["items"]
    offer = {**given["offers"][0], "deposit": 0.25, "article": "W-1"}
    asked = read_problem(changed({"offers": [offer]}, weekly_budget=[500.0, None]))
    assert asked.weekly_budget == (500.0, None)
    assert (asked.products[0].offers[0].deposit, asked.products[0].offers[0].article) == (0.25, "W-1")
