"""Price lists as suppliers send them, and what is said of their faults."""

from datetime import date, time

import pytest

from cloud.suppliers.price_list import MAX_FAULTS, NotAPriceListError, read_price_list, slug
from cloud.suppliers.schemas import PriceStep

PRICES = "supplier,article,name,pack,bottle_ml,price,breaks,deposit,product\n"
TERMS = "supplier,order_days,cut_off,lead_days,delivery_days,minimum_order,delivery_fee,closed_on\n"


def test_an_article_is_read_with_its_price_breaks():
    (article,) = read_price_list(
        PRICES + "Anker Drinks,A-1,Campari,6,700,12.90,2:12.40 5:12,0.15,campari\n"
    ).articles
    assert article.supplier_id == "anker-drinks"
    assert (article.pack_units, article.bottle_ml, article.deposit) == (6, 700, 0.15)
    assert article.prices == (PriceStep(1, 12.9), PriceStep(2, 12.4), PriceStep(5, 12.0))


def test_terms_are_read_from_words():
    (supplier,) = read_price_list(
        TERMS + "Anker,Mon Thursday,14:30,2,Tue,80,6.50,2026-12-26 2026-12-25\n"
    ).suppliers
    assert supplier.order_weekdays == (0, 3)
    assert supplier.delivery_weekdays == (1,)
    assert supplier.cut_off == time(14, 30)
    assert supplier.closed_on == (date(2026, 12, 25), date(2026, 12, 26))
    assert (supplier.minimum_order_value, supplier.delivery_fee) == (80.0, 6.5)


def test_a_file_of_a_german_spreadsheet_is_read():
    text = "\ufeffsupplier;article;name;pack;bottle_ml;price\nAnker;1;Rum;6;700;1.012,90\n"
    assert read_price_list(text).articles[0].prices == (PriceStep(1, 1012.9),)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("Anker,1,Rum,0,700,9,,,", "pack is 0, wanted a whole number from 1 to 1000"),
        ("Anker,1,Rum,six,700,9,,,", "pack is 'six'"),
        ("Anker,1,Rum,6,700,0,,,", "price is 0: write what one bottle costs"),
        ("Anker,1,Rum,6,700,-3,,,", "price is '-3', wanted an amount"),
        ("Anker,1,Rum,6,700,nan,,,", "price is 'nan'"),
        ("Anker,1,Rum,6,0,9,,,", "bottle_ml is 0"),
        ("Anker,1,Rum,6,700,9,5:8 3:7,,", "wanted rising cases"),
        ("Anker,1,Rum,6,700,9,5:0,,", "a price of 0 cannot be right"),
        ("Anker,,Rum,6,700,9,,,", "article is ''"),
        ("!!!,1,Rum,6,700,9,,,", "supplier is '!!!'"),
    ],
)
def test_a_broken_line_is_named_and_the_others_are_read(row, words):
    said = read_price_list(PRICES + row + "\nAnker,2,Gin,6,700,14,,,\n")
    assert [article.article_id for article in said.articles] == ["2"]
    (fault,) = said.faults
    assert fault.startswith("Line 2: ")
    assert words in fault


def test_a_calendar_with_an_unknown_day_is_named():
    (fault,) = read_price_list(TERMS + "Anker,Funday,14:30,2,,,,\n").faults
    assert fault == "Line 2: order_days is 'Funday', wanted weekdays such as Mon Thu."


def test_an_article_that_stands_twice_counts_once():
    said = read_price_list(PRICES + "Anker,1,Rum,6,700,9,,,\nAnker,1,Rum,6,700,8,,,\n")
    assert said.articles[0].prices[0].unit_price == 9
    assert said.faults == ("Line 3: anker 1 stands twice; the first one counts.",)


def test_faults_are_bounded():
    said = read_price_list(PRICES + "Anker,1,Rum,0,700,9,,,\n" * (MAX_FAULTS + 5))
    assert len(said.faults) == MAX_FAULTS + 1
    assert said.faults[-1] == "and 5 more lines like these"


@pytest.mark.parametrize("text", ["", "a,b,c\n1,2,3\n", "supplier,order_days\n"])
def test_a_file_that_is_no_list_is_refused_with_the_header_it_wants(text):
    with pytest.raises(NotAPriceListError, match=r"Column .* is missing"):
        read_price_list(text)


def test_a_slug_is_an_identifier():
    assert slug("  Weinkontor Lindner & Söhne ") == "weinkontor-lindner-s-hne"
