from cloud.ordering.instances import read_problem, write_lines
from cloud.ordering.model import Delivery, Line

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
