"""Files of tills: columns, dates and numbers as people and programs write them."""

from datetime import date, time

import pytest

from cloud.problems import Malformed
from cloud.sales.reading import read_sales


def read(text, **wanted):
    return read_sales(text.encode(), time(6), wanted)


def sold(text, **wanted):
    return [(each.day_on.isoformat(), each.name, each.pieces) for each in read(text, **wanted).sold]


def test_columns_are_told_by_their_headings_and_pieces_summed_by_day():
    text = "Date,Item Name,Qty\n2026-11-19,Negroni,2\n2026-11-19,Negroni,3\n2026-11-20,Spritz,1\n"
    assert sold(text) == [("2026-11-19", "Negroni", 5.0), ("2026-11-20", "Spritz", 1.0)]
    assert read(text).columns.item == "Item Name"


def test_a_german_export_is_read():
    text = "Datum;Artikel;Menge\n19.11.2026;Weißbier;1.234,5\n20.11.2026;Weißbier;2,5\n"
    assert sold(text) == [("2026-11-19", "Weißbier", 1234.5), ("2026-11-20", "Weißbier", 2.5)]
    assert read_sales(text.encode("latin-1"), time(6), {}).sold[0].name == "Weißbier"


def test_an_american_date_is_known_by_its_company():
    assert sold("date,item,qty\n11/03/2026,Ale,1\n11/19/2026,Ale,1\n")[0][0] == "2026-11-03"
    assert sold("date,item,qty\n03/11/2026,Ale,1\n19/11/2026,Ale,1\n")[0][0] == "2026-11-03"


@pytest.mark.parametrize(
    "text",
    [
        "date,item,qty\n03/04/2026,Ale,1\n05/04/2026,Ale,1\n",
        "date,item,qty\n13/04/2026,A,1\n04/13/2026,A,1\n",
    ],
)
def test_dates_that_could_be_either_are_refused(text):
    with pytest.raises(Malformed, match="export them as 2026-11-20"):
        read(text)


def test_a_sale_after_midnight_belongs_to_the_evening_before():
    text = "time,item,qty\n2026-11-20 01:30,Ale,1\n2026-11-20T18:00,Ale,1\n"
    assert [day for day, _, _ in sold(text)] == ["2026-11-19", "2026-11-20"]


def test_returns_are_taken_off_and_never_below_nothing():
    assert sold("date,item,qty\n2026-11-19,Ale,2\n2026-11-19,Ale,-1\n2026-11-19,Rum,-3\n") == [
        ("2026-11-19", "Ale", 1.0),
        ("2026-11-19", "Rum", 0.0),
    ]


def test_a_person_chooses_columns_and_a_wrong_choice_is_said():
    text = "when,what,how many\n2026-11-19,Ale,2\n"
    assert sold(text, day="when", item="what", pieces="how many") == [("2026-11-19", "Ale", 2.0)]
    with pytest.raises(Malformed, match="the day cannot be told; choose one of when, what, how many"):
        read(text)
    with pytest.raises(Malformed, match="there is no column 'where'"):
        read(text, day="where")


def test_bad_rows_are_named_and_too_many_of_them_refuse_the_file():
    good = "".join(f"2026-11-{day:02},Ale,1\n" for day in range(1, 20))
    file = read(
        "date,item,qty\n" + good + "soon,Ale,1\n2026-11-20,,1\n2026-11-20,Ale,many\n2026-13-01,Ale,1\n"
    )
    assert file.bad_rows == 4
    assert file.faults[0] == "Line 21: 'soon' is not a date such as 2026-11-20"
    assert len(file.sold) == 19
    with pytest.raises(Malformed, match="2 of 3 rows cannot be read; Line 3"):
        read("date,item,qty\n2026-11-19,Ale,1\nx,Ale,1\ny,Ale,1\n")


@pytest.mark.parametrize("pieces", ["nan", "inf", "1e9", ""])
def test_pieces_that_cannot_be_are_bad_rows(pieces):
    good = "".join(f"2026-11-{day:02},Ale,1\n" for day in range(1, 11))
    assert read(f"date,item,qty\n{good}2026-11-20,Ale,{pieces}\n").bad_rows == 1


def test_an_empty_file_says_so():
    with pytest.raises(Malformed, match="choose one of none"):
        read("")


def test_days_are_dates():
    assert read("date,item,qty\n2026-11-19,Ale,1\n").sold[0].day_on == date(2026, 11, 19)
