"""What the demo's till sold reads as the export of a real one."""

from datetime import date, time

from cloud.sales.reading import read_sales
from firmware_sim.house.till import DAYS, MENU, street, till_file

FRIDAY = date(2026, 11, 20)


def test_the_file_of_the_till_is_read_whole():
    file = read_sales(till_file(FRIDAY, seed=7).encode(), time(6), {})
    assert (file.rows, file.faults) == (DAYS * len(MENU), ())
    assert {each.name for each in file.sold} == set(MENU)
    assert max(each.day_on for each in file.sold) == FRIDAY


def test_the_same_seed_sells_the_same():
    assert till_file(FRIDAY, seed=7) == till_file(FRIDAY, seed=7) != till_file(FRIDAY, seed=8)


def test_the_festival_is_a_weekend_to_come():
    name, first, last = street(FRIDAY)[-1]
    assert (name, first, last) == ("Street festival", date(2026, 11, 28), date(2026, 11, 29))
