"""The policies ours is measured against: rule-of-thumb par, (s,S), EOQ, each over a whole grid at once.

Owns the year of stock of a site under many settings side by side, and the choice of the best setting on the
year before. They are given the same forecast, stock, calendars and prices as the planner.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from ordering_year_sites import HORIZON, Site, sigma_over

from cloud.ordering.classic import economic_order_quantity
from cloud.ordering.model import Offer

Floats = NDArray[np.float64]
WARM_DAYS = 28
TOP_UP_DAYS = (0, 1, 2, 3, 4, 6, 8, 11, 14, 21, 28)
"""How far an order under its supplier's minimum is filled up: days of use beyond the level."""


@dataclass(frozen=True)
class Policy:
    """A rule and one setting of it (see _Habit).

    `fills_up`: an order under its minimum is filled up, else it waits.
    """

    rule: str
    first: float
    second: float
    fills_up: bool


GRIDS = {
    "par": [
        Policy("par", weeks, 0.0, fill)
        for weeks, fill in product((0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0), (False, True))
    ],
    "(s,S)": [
        Policy("(s,S)", z, days, fill)
        for z, days, fill in product(
            (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0), (0, 2, 5, 9, 14, 21, 28), (False, True)
        )
    ],
    "EOQ": [
        Policy("EOQ", z, factor, fill)
        for z, factor, fill in product(
            (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0), (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5), (False, True)
        )
    ],
}


@dataclass(frozen=True)
class Year:
    """Money of the counted days by setting: (G,) each, and the share of the demand that was sold."""

    holding: Floats
    shortage: Floats
    fees: Floats
    dearer: Floats
    fill_rate: Floats

    @property
    def total(self) -> Floats:
        """All of it."""
        return self.holding + self.shortage + self.fees + self.dearer


class Stock:
    """The stock of a site's products under G settings, day by day; every policy is charged here."""

    def __init__(self, site: Site, settings: int, begin: int, end: int) -> None:
        self.site, self.begin, self.end = site, begin, end
        usual = site.market.mean[begin - site.market.first][site.rows, :7].mean(axis=1)
        self.on_hand = np.repeat((usual * 7)[None], settings, axis=0)
        self.arriving = np.zeros((settings, len(site.rows), end - begin + 40))
        self.money = np.zeros((4, settings))
        self.lost, self.wanted = np.zeros(settings), 0.0

    def counts(self, day: int) -> bool:
        """Whether the warming up is over."""
        return day - self.begin >= WARM_DAYS

    def morning(self, day: int) -> None:
        """What was ordered for today comes."""
        self.on_hand += self.arriving[:, :, day - self.begin]

    def position(self, day: int) -> Floats:
        """On hand and on order."""
        return np.asarray(self.on_hand + self.arriving[:, :, day - self.begin + 1 :].sum(axis=2))

    def order(self, day: int, supplier: int, columns: Sequence[int], units: Floats, paid: Floats) -> None:
        """units, paid: (G, len(columns)) by product. Ordered today, arriving after the lead time."""
        terms = self.site.suppliers[supplier]
        self.arriving[:, columns, day - self.begin + terms.lead_days] += units
        if self.counts(day):
            self.money[2] += terms.fee * (units.sum(axis=1) > 0)
            self.money[3] += (paid - units * self.site.unit_cost[columns]).sum(axis=1)

    def evening(self, day: int) -> None:
        """The day's real demand; what is not there is lost."""
        wanted = self.site.market.sold[self.site.rows, day]
        lost = np.maximum(0.0, wanted - self.on_hand)
        self.on_hand = np.maximum(0.0, self.on_hand - wanted)
        if self.counts(day):
            self.money[0] += self.on_hand @ self.site.holding_cost
            self.money[1] += lost @ self.site.shortage_cost
            self.lost += lost @ self.site.unit_cost
            self.wanted += float(wanted @ self.site.unit_cost)

    def year(self) -> Year:
        """The money so far."""
        return Year(*self.money, 1 - self.lost / max(self.wanted, 1e-9))


def simulate(site: Site, policies: Sequence[Policy], begin: int, end: int) -> Year:
    """Run all settings of one rule from day `begin` to `end`."""
    stock = Stock(site, len(policies), begin, end)
    habits = [_Habit(site, n, policies) for n in range(len(site.suppliers))]
    for day in range(begin, end):
        # Morning's stock first: an order is placed knowing what came.
        stock.morning(day)
        for number, terms in enumerate(site.suppliers):
            if site.market.weekday(day) in terms.weekdays and len(habits[number].columns):
                units, paid = habits[number].order(stock, day)
                stock.order(day, number, habits[number].columns, units, paid)
        stock.evening(day)
    return stock.year()


def tuned(site: Site, rule: str) -> tuple[Policy, Year]:
    """The setting that was cheapest on the tuning days, and what it costs on the judged ones."""
    market, grid = site.market, GRIDS[rule]
    best = grid[int(np.argmin(simulate(site, grid, market.first, market.judged).total))]
    return best, simulate(site, [best], market.judged, market.last)


class _Habit:
    """What one supplier is asked for: the products for which it is the cheapest."""

    def __init__(self, site: Site, supplier: int, policies: Sequence[Policy]) -> None:
        self.site, self.supplier, self.policies = site, supplier, policies
        market = site.market
        before = market.sold[site.rows, market.first - 56 : market.first].mean(axis=1)
        mine = {}
        for column, offers in enumerate(site.offers):
            cheapest = min(offers, key=lambda o: _price_of_a_fortnight(o, before[column]))
            if cheapest.supplier == supplier:
                mine[column] = cheapest
        self.columns, self.offers = list(mine), list(mine.values())
        self.pack = np.array([o.pack_units for o in self.offers], dtype=np.float64)
        self.price = np.array([o.price_breaks[0].unit_price for o in self.offers])
        self.first = np.array([p.first for p in policies])[:, None]
        self.second = np.array([p.second for p in policies])[:, None]
        self.fills_up = np.array([p.fills_up for p in policies])
        share = site.suppliers[supplier].fee / max(1, len(mine)) + 0.5
        self.usual = np.maximum(before[self.columns], 1e-9)
        self.eoq = np.array(
            [
                economic_order_quantity(u, share, h)
                for u, h in zip(self.usual, site.holding_cost[self.columns], strict=True)
            ]
        )

    def order(self, stock: Stock, day: int) -> tuple[Floats, Floats]:
        """Units and money by setting and product."""
        market, terms = self.site.market, self.site.suppliers[self.supplier]
        rows = self.site.rows[self.columns]
        ahead = market.mean[day - market.first][rows]
        span = min(HORIZON, self._review(day) + terms.lead_days)
        use, sigma = ahead[:, :span].sum(axis=1), sigma_over(market, day, rows, span)
        daily = ahead[:, :7].mean(axis=1)
        position = stock.position(day)[:, self.columns]
        chosen = None
        for extra in TOP_UP_DAYS:
            cases = self._cases(position, use, sigma, daily, extra * daily)
            paid = self._paid(cases)
            enough = (paid.sum(axis=1) >= terms.minimum) & (cases.sum(axis=1) > 0)
            if chosen is None:
                wants = cases.sum(axis=1) > 0
                chosen, chosen_paid = (
                    np.where(enough[:, None], cases, 0.0),
                    np.where(enough[:, None], paid, 0.0),
                )
                open_still = wants & ~enough & self.fills_up
            else:
                now = open_still & enough
                chosen[now], chosen_paid[now] = cases[now], paid[now]
                open_still &= ~enough
            if not open_still.any():
                break
        return chosen * self.pack, chosen_paid

    def _cases(self, position: Floats, use: Floats, sigma: Floats, daily: Floats, extra: Floats) -> Floats:
        rule = self.policies[0].rule
        if rule == "par":
            missing = self.first * 7 * daily + extra - position
            return self._to_break(np.ceil(np.maximum(0.0, missing) / self.pack - 1e-9))
        reorder = use + self.first * sigma + extra
        if rule == "(s,S)":
            up_to = reorder + self.second * daily
            cases = np.ceil(np.maximum(0.0, up_to - position) / self.pack - 1e-9)
            return self._to_break(np.where(position < reorder, cases, 0.0))
        lot = np.maximum(1.0, np.round(self.second * self.eoq / self.pack))
        lots = np.ceil(np.maximum(0.0, reorder - position) / (lot * self.pack) - 1e-9)
        return self._to_break(np.asarray(lots * lot))

    def _to_break(self, cases: Floats) -> Floats:
        """Up to the next price break where that is cheaper than the line plus what holding the rest costs."""
        best, cheapest = cases, self._paid(cases)
        for place in range(1, max((len(o.price_breaks) for o in self.offers), default=1)):
            least = np.array(
                [o.price_breaks[place].min_cases if len(o.price_breaks) > place else 0 for o in self.offers]
            )
            more = np.where((cases > 0) & (least > cases), least, cases)
            extra = (more - cases) * self.pack
            days = (more + cases) / 2 * self.pack / self.usual
            held = extra * self.site.holding_cost[self.columns] * days
            worth = self._paid(more) - extra * self.price + held
            better = worth < cheapest
            best, cheapest = np.where(better, more, best), np.where(better, worth, cheapest)
        return best

    def _paid(self, cases: Floats) -> Floats:
        prices = np.zeros(cases.shape)
        for column, offer in enumerate(self.offers):
            for step in offer.price_breaks:
                prices[:, column] = np.where(
                    cases[:, column] >= step.min_cases, step.unit_price, prices[:, column]
                )
        return np.asarray(cases * self.pack * prices)

    def _review(self, day: int) -> int:
        """Days until the next chance to order here."""
        weekdays = self.site.suppliers[self.supplier].weekdays
        return next(t for t in range(1, 8) if (self.site.market.weekday(day) + t) % 7 in weekdays)


def _price_of_a_fortnight(offer: Offer, daily: float) -> float:
    """Unit price when two weeks of use are bought at once."""
    return offer.unit_price(max(1, round(14 * daily / offer.pack_units)))
