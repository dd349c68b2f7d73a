"""What can be ordered at one chance: every quantity, at its price, and no other."""

import numpy as np
import pytest

from cloud.ordering.menu import MAX_STEPS, Menu
from cloud.ordering.model import CostRules
from cloud.ordering.packs import mixed
from cloud.ordering.quantities import PARTS, quantities
from tests.unit.cloud.ordering.builders import offer, product

RULES = CostRules(credit_horizon_share=0.0)


def purchases(asked, stocks):
    """All (stock before, cases, money, stock after) that the arcs allow."""
    choice = Menu(asked, RULES).choice(asked.offers[0].supplier, 0)
    parts = np.array([round(stock * PARTS) for stock in stocks])
    found = quantities(parts, np.zeros(len(stocks), dtype=np.int64), [choice])
    after = np.concatenate([found.families.parts, found.beyond_parts])
    made = []
    for stock, to, money, cases in zip(*(getattr(found.ways, n) for n in found.ways.__slots__), strict=True):
        if to < len(after):
            made.append((stocks[stock], int(cases), float(money), after[to] / PARTS))
            continue
        entry = to - len(after)
        for stop in range(found.entries.first[entry], found.entries.first[entry] + found.entries.run[entry]):
            place = found.stops.place[stop]
            assert found.is_reached[place]
            bought, paid = cases + found.stops.cases[stop], money + found.stops.money[stop]
            made.append((stocks[stock], int(bought), float(paid), after[place] / PARTS))
    return sorted(made)


OFFERS = {
    "one price": offer(0, 6, 2.0),
    "a break": offer(0, 6, 2.0, (2, 1.7)),
    "three breaks": offer(0, 1, 2.0, (3, 1.9), (4, 1.5), (11, 1.2)),
    "a price that rises": offer(0, 2, 1.0, (3, 2.0)),
    "a break beyond the need": offer(0, 6, 2.0, (40, 1.0)),
    "two packs": mixed([offer(0, 6, 2.0), offer(0, 4, 2.5, (2, 1.9))]),
}


@pytest.mark.parametrize("name", OFFERS)
def test_every_quantity_up_to_the_need_is_there_at_its_price(name):
    selling = OFFERS[name]
    asked = product(daily=2.0, days=7, safety_stock_units=0.0, offers=(selling,))
    stocks = [0.0, 0.25, 3.0, 6.0, 6.25, 19.5]
    found = purchases(asked, stocks)
    assert len({row[:2] for row in found}) == len(found)
    for before, cases, money, after in found:
        assert money == pytest.approx(selling.price(cases))
        assert after == pytest.approx(before + cases * selling.pack_units)
    need, pack = 14.0 + selling.pack_units, selling.pack_units
    sold = [n for n in range(1, 60) if np.isfinite(selling.price(n))]
    for before in stocks:
        wanted = [n for n in sold if before + (n - 1) * pack < need]
        breaks = [b.min_cases for b in selling.price_breaks]
        assert {0, *wanted, *breaks} <= {row[1] for row in found if row[0] == before}


def test_stocks_whole_cases_apart_share_what_they_lead_to():
    asked = product(daily=2.0, days=7, offers=(offer(0, 6, 2.0),))
    choice = Menu(asked, RULES).choice(0, 0)
    found = quantities(np.array([0, 6, 7, 12]) * PARTS, np.zeros(4, dtype=np.int64), [choice])
    assert (found.families.parts[found.is_reached] / PARTS).tolist() == [0, 6, 12, 18, 24, 7, 13, 19, 25]


def test_products_with_a_chance_at_the_same_time_do_not_mix():
    asked = [product(daily=1.0, offers=(offer(0, 6, 2.0),)), product(daily=1.0, offers=(offer(0, 6, 9.0),))]
    choices = [Menu(each, RULES).choice(0, 0) for each in asked]
    found = quantities(np.array([0, 0]), np.array([0, 1]), choices)
    assert found.families.chance.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert found.stops.money.tolist() == [0, 12, 24, 36, 0, 54, 108, 162]


def test_of_very_many_quantities_every_so_manieth_is_weighed():
    asked = product(daily=1000.0, offers=(offer(0, 1, 2.0, (5000, 1.8)),))
    found = purchases(asked, [0.0])
    quantities_found = [cases for _, cases, _, _ in found]
    assert len(quantities_found) <= MAX_STEPS + 4
    assert max(quantities_found) >= 7000
    assert 5000 in quantities_found
    assert all(money == pytest.approx(asked.offers[0].price(cases)) for _, cases, money, _ in found)
