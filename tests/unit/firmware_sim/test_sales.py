"""Real sales as the orders of a night."""

import importlib
import os
from collections import Counter
from datetime import date

import pytest

from firmware_sim.errors import SimulatorError
from firmware_sim.sales import choose_day, pours_by_product, read_sales, sales_orders
from firmware_sim.scenario import load_scenario
from tests.unit.firmware_sim.builders import ROOT, corner_bar, scenario, small_layout

CAFE = (
    (ROOT / os.environ.get("BARBACK_DATA", "../shared/data")).resolve() / "demand" / "cafe_montreal.parquet"
)

CSV = """unique_id,ds,y
item|latte,2024-03-01,30
item|tea,2024-03-01,5
modi|oat,2024-03-01,9
item|latte,2024-03-02,90
item|tea,2024-03-08,31
item|mocha,2024-03-08,2
item|water,2024-03-08,1
item|juice,2024-03-08,4
item|latte,2024-03-09,0
"""


@pytest.fixture
def csv_file(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text(CSV)
    return path


def test_a_csv_is_read_by_day_and_item_without_empty_ones(csv_file):
    sales = read_sales(csv_file)
    assert sales[date(2024, 3, 1)] == {"item|latte": 30, "item|tea": 5, "modi|oat": 9}
    assert date(2024, 3, 9) not in sales


def test_the_busiest_day_of_the_weekday_is_chosen(csv_file):
    sales = read_sales(csv_file)
    assert choose_day(sales, "friday", None) == date(2024, 3, 1)
    assert choose_day(sales, "saturday", None) == date(2024, 3, 2)
    assert choose_day(sales, "monday", None) == date(2024, 3, 2)


def test_a_day_without_sales_is_refused(csv_file):
    with pytest.raises(SimulatorError, match="nothing on 2024-05-01; they run 2024-03-01 to 2024-03-08"):
        choose_day(read_sales(csv_file), "friday", date(2024, 5, 1))


def test_items_are_matched_to_products_by_rank_and_begin_again_at_the_top():
    units = {"item|a": 10.0, "item|b": 20.0, "item|c": 5.0, "modi|milk": 50.0}
    assert pours_by_product(units, {"gin": 1.0, "rum": 3.0}) == {"rum": 25, "gin": 10}


def test_without_items_every_row_counts():
    assert pours_by_product({"lager": 3.0, "stout": 4.0}, {"gin": 1.0}) == {"gin": 7}


def test_every_unit_becomes_one_pour_within_the_night(csv_file):
    orders = list(sales_orders(csv_file, date(2024, 3, 8), small_layout(), scenario(), seed=1))
    assert len(orders) == 38
    assert max(Counter(order.products for order in orders).values()) == 32
    assert all(0 <= order.at_s <= 600 for order in orders)
    assert [order.at_s for order in orders] == sorted(order.at_s for order in orders)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("item,day,y\n", "lacks the columns unique_id, ds"),
        ("unique_id,ds,y\na,2024-03-01,many\n", "line 2"),
        ("unique_id,ds,y\na,2024-03-01,-4\n", "line 2: y is -4.0; units sold are 0 or more"),
        ("unique_id,ds,y\na,2024-03-01,0\n", "there is nothing to pour"),
        ("unique_id,ds,y\na,2024-03-01,99999\n", "a night takes at most 5000"),
    ],
)
def test_bad_sales_are_refused_in_words(tmp_path, text, sentence):
    path = tmp_path / "sales.csv"
    path.write_text(text)
    with pytest.raises(SimulatorError) as refusal:
        list(sales_orders(path, None, small_layout(), scenario(), seed=1))
    assert sentence in str(refusal.value)


def test_parquet_without_pyarrow_says_what_to_do(monkeypatch, tmp_path):
    def missing(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(SimulatorError, match="needs pyarrow; install it, or give the sales as CSV"):
        read_sales(tmp_path / "sales.parquet")


def test_the_cafes_busiest_friday_drives_friday_rush():
    if not CAFE.is_file():
        pytest.skip(f"{CAFE} is missing; point BARBACK_DATA at the demand sets")
    sales = read_sales(CAFE)
    day = choose_day(sales, "friday", None)
    units = sum(round(count) for name, count in sales[day].items() if name.startswith("item|"))
    orders = list(sales_orders(CAFE, None, corner_bar(), load_scenario("friday_rush"), seed=1))
    assert day.weekday() == 4
    assert len(orders) == units > 50
