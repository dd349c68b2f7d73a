"""Every stock a product can have on every day, and the cheapest way through: the exact dynamic programme.

Owns the states and the arcs of all products at once, laid out flat so that one pass prices the whole
assortment. The states do not depend on prices of money or room, so they are built once and priced many times.
Must not know the master problem: it is given a price for each delivery's money, use and each evening's room.

A product's states of a day are its reachable stocks (start + whole packs - demand, or zero after running
out). Nobody buys beyond what the horizon needs plus what is credited at its end, except to reach a price
break; within that, the cheapest path is exact.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.ordering.evening import end_credit, evening_cost, left_in_the_evening, spoilage_cost
from cloud.ordering.model import CostRules, Offer, Problem, Product, credit_cap, offer_for
from cloud.ordering.packs import MixedOffer

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MAX_CHOICES = 96
"""Quantities weighed for one product and delivery; where more are possible they are thinned evenly."""

_DECIMALS = 7
_CLOSED = 1e12


@dataclass(frozen=True, slots=True)
class Prices:
    """What the master problem charges beside the real costs; all in money.

    `money[d]` per unit of money ordered by delivery d, `use[link]` for using a delivery at all (by product
    and delivery, see `Lattice.links`), `room[z, t]` per unit of volume in zone z on the evening of day t.
    """

    money: Floats
    use: Floats
    room: Floats


@dataclass(frozen=True, slots=True)
class Paths:
    """One path for each product p: `cost[p]` in real money (fees apart), `reduced[p]` with the prices on top,
    `cases[p, d]` and `money[p, d]` by delivery, `left_units[p, t]` in stock each evening.
    """

    cost: Floats
    reduced: Floats
    cases: Ints
    money: Floats
    left_units: Floats


@dataclass(frozen=True, slots=True)
class Stage:
    """Arcs of one morning's n-th delivery or of one evening; `first` starts each source node's run of
    arcs.
    """

    day: int
    is_evening: bool
    source: Ints
    first: Ints
    run: Ints
    target: Ints
    cost: Floats
    value: Floats
    cases: Ints
    delivery: Ints
    link: Ints
    room: Floats
    left: Floats
    product: Ints


@dataclass(frozen=True, slots=True)
class Priced:
    """The cost of the best way on from every node, and through every arc of each stage."""

    worth: Floats
    charged: list[Floats]


class Lattice:
    """The priced states of every product of a problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.links: list[tuple[int, int]] = []
        self._builder = _Builder(problem)
        for index, product in enumerate(problem.products):
            self._builder.add(index, product, self.links)
        self.starts, self.size, self.stages = self._builder.finish()
        self.stage_of = np.full(self.size, -1, dtype=np.int64)
        self.row_of = np.zeros(self.size, dtype=np.int64)
        for number, stage in enumerate(self.stages):
            self.stage_of[stage.source] = number
            self.row_of[stage.source] = np.arange(len(stage.source))

    def no_prices(self) -> Prices:
        """Every product on its own: no budget, no room, no minimum, no fee."""
        days = self.problem.days
        zones = max(1, len(self.problem.zone_volume))
        return Prices(
            np.zeros(len(self.problem.deliveries)), np.zeros(len(self.links)), np.zeros((zones, days))
        )

    def cheapest(self, prices: Prices) -> Paths:
        """The cheapest path of every product under the prices. An infinite `use` closes a link."""
        return self._walk(self.priced(prices))

    def priced(self, prices: Prices) -> Priced:
        """The exact cost of every way on under the prices."""
        worth = np.zeros(self.size)
        charged: list[Floats] = []
        use = np.append(np.minimum(prices.use, _CLOSED), 0.0)
        money = np.append(prices.money, 0.0)
        for stage in reversed(self.stages):
            total = worth[stage.target] + stage.cost
            if stage.is_evening:
                if prices.room.any():
                    total += stage.room * prices.room[:, stage.day][self._zone_of(stage)]
                worth[stage.source] = total
            else:
                total += stage.value * money[stage.delivery] + use[stage.link]
                worth[stage.source] = np.minimum.reduceat(total, stage.first)
            charged.append(total)
        charged.reverse()
        return Priced(worth, charged)

    def _zone_of(self, stage: Stage) -> Ints:
        return self._builder.zones[stage.product]

    def _walk(self, priced: Priced) -> Paths:
        """Follow the cheapest arcs forward from every product's start."""
        problem = self.problem
        count = len(problem.products)
        every = np.arange(count)
        here = self.starts.copy()
        cost = np.zeros(count)
        cases = np.zeros((count, len(problem.deliveries)), dtype=np.int64)
        money = np.zeros(cases.shape)
        left = np.zeros((count, problem.days))
        for number, (stage, total) in enumerate(zip(self.stages, priced.charged, strict=True)):
            at = every[self.stage_of[here] == number]
            if not len(at):
                continue
            arc = _best_arc(stage, total, self.row_of[here[at]])
            here[at] = stage.target[arc]
            cost[at] += stage.cost[arc]
            if stage.is_evening:
                left[at, stage.day] = stage.left[arc]
            else:
                cases[at, stage.delivery[arc]] = stage.cases[arc]
                money[at, stage.delivery[arc]] = stage.value[arc]
        return Paths(cost, priced.worth[self.starts], cases, money, left)


def _best_arc(stage: Stage, total: Floats, rows: Ints) -> Ints:
    """The first cheapest arc out of each of some of a stage's source nodes."""
    if stage.is_evening:
        return rows
    length = stage.run[rows]
    begin = np.cumsum(length) - length
    arcs = np.repeat(stage.first[rows] - begin, length) + np.arange(int(length.sum()))
    least = np.minimum.reduceat(total[arcs], begin)
    ties = np.flatnonzero(total[arcs] <= np.repeat(least, length))
    return np.asarray(arcs[ties[np.searchsorted(ties, begin)]])


class _Builder:
    """Collects each product's states and arcs, stage by stage."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.zones: Ints = np.array([p.zone for p in problem.products], dtype=np.int64)
        self._nodes = 0
        self._starts: list[int] = []
        self._parts: dict[tuple[int, int], list[dict[str, Floats | Ints]]] = {}
        self._arriving: list[list[int]] = [[] for _ in range(problem.days)]
        for index, delivery in enumerate(problem.deliveries):
            if delivery.is_open:
                self._arriving[delivery.arrival_day].append(index)

    def add(self, index: int, product: Product, links: list[tuple[int, int]]) -> None:
        """Build one product's states from its stock on hand to the last evening."""
        problem = self.problem
        stocks: Floats = np.array([max(0.0, product.on_hand_units)])
        base = self._new(1)
        self._starts.append(base)
        for day in range(problem.days):
            if product.arriving_units:
                stocks = stocks + product.arriving_units[day]
            turn = 0
            for delivery in self._arriving[day]:
                offer = offer_for(product, problem.deliveries[delivery].supplier)
                if offer is None:
                    continue
                links.append((index, delivery))
                choice = _Choice(index, delivery, len(links) - 1, day, turn)
                stocks, base = self._buy(offer, choice, stocks, base)
                turn += 1
            stocks, base = self._sleep(index, product, day, stocks, base)

    def _buy(self, offer: Offer, choice: "_Choice", stocks: Floats, base: int) -> tuple[Floats, int]:
        product = self.problem.products[choice.product]
        need = most_useful(product, self.problem.rules, choice.day)
        quantities = _quantities(offer, need - float(stocks.min()))
        prices, breaks = _line_prices(offer, quantities)
        after = stocks[:, None] + quantities * float(offer.pack_units)
        allowed = (quantities == 0) | breaks | (after - offer.pack_units < need)
        allowed &= np.isfinite(prices)
        rows, columns = np.nonzero(allowed)
        reached, inverse = _distinct(after[rows, columns])
        target = self._new(len(reached))
        bought = quantities[columns]
        value = prices[columns]
        spoiled = spoilage_cost(product, choice.day, stocks[rows], after[rows, columns])
        self._put(
            (choice.day, choice.turn),
            source=base + np.arange(len(stocks)),
            run=allowed.sum(axis=1),
            target=target + inverse,
            cost=value + spoiled,
            value=value,
            cases=bought,
            delivery=np.full(len(rows), choice.delivery),
            link=np.where(bought > 0, choice.link, -1),
            product=np.full(len(rows), choice.product),
        )
        return reached, target

    def _sleep(self, index: int, product: Product, day: int, stocks: Floats, base: int) -> tuple[Floats, int]:
        left = left_in_the_evening(product, day, stocks)
        cost = evening_cost(product, self.problem.rules, day, stocks)
        if day == self.problem.days - 1:
            cost = cost - end_credit(product, self.problem.rules, stocks)
        reached, inverse = _distinct(left)
        target = self._new(len(reached))
        self._put(
            (day, _EVENING),
            source=base + np.arange(len(stocks)),
            run=np.ones(len(stocks), dtype=np.int64),
            target=target + inverse,
            cost=cost,
            room=left * product.unit_volume,
            left=left,
            product=np.full(len(stocks), index),
        )
        return reached, target

    def finish(self) -> tuple[Ints, int, list[Stage]]:
        """The start node of each product, how many nodes there are, the stages in order of time."""
        stages = [_stage(day, turn, self._parts[day, turn]) for day, turn in sorted(self._parts)]
        return np.array(self._starts, dtype=np.int64), self._nodes, stages

    def _new(self, count: int) -> int:
        base = self._nodes
        self._nodes += count
        return base

    def _put(self, key: tuple[int, int], **part: Floats | Ints) -> None:
        self._parts.setdefault(key, []).append(dict(part))


@dataclass(frozen=True, slots=True)
class _Choice:
    product: int
    delivery: int
    link: int
    day: int
    turn: int


_EVENING = 1_000_000


def _stage(day: int, turn: int, parts: list[dict[str, Floats | Ints]]) -> Stage:
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    run = joined["run"]
    nothing = np.zeros(0)
    return Stage(
        day=day,
        is_evening=turn == _EVENING,
        source=joined["source"],
        first=np.cumsum(run) - run,
        run=run,
        target=joined["target"],
        cost=joined["cost"],
        value=joined.get("value", nothing),
        cases=joined.get("cases", nothing),
        delivery=joined.get("delivery", nothing),
        link=joined.get("link", nothing),
        room=joined.get("room", nothing),
        left=joined.get("left", nothing),
        product=joined["product"],
    )


def most_useful(product: Product, rules: CostRules, day: int) -> float:
    """Stock after a morning's deliveries beyond which another unit is neither sold nor credited."""
    return sum(product.demand_units[day:]) + credit_cap(product, rules)


def _quantities(offer: Offer, room_units: float) -> Ints:
    """Zero, every number of cases up to the one that passes `room_units`, and each price break."""
    least = min(b.min_cases for b in offer.price_breaks)
    most = max(0, int(np.ceil(max(0.0, room_units) / offer.pack_units)))
    every = np.arange(least, most + 1)
    if len(every) > MAX_CHOICES:
        every = every[np.unique(np.linspace(0, len(every) - 1, MAX_CHOICES).astype(np.int64))]
    breaks = np.array([b.min_cases for b in offer.price_breaks])
    return np.unique(np.concatenate([[0], every, breaks])).astype(np.int64)


def _line_prices(offer: Offer, quantities: Ints) -> tuple[Floats, NDArray[np.bool_]]:
    """What each number of cases costs, and whether it just reaches a price break."""
    if isinstance(offer, MixedOffer):
        steps = {b.min_cases for b in offer.price_breaks}
        prices = np.array([offer.price(int(n)) for n in quantities])
        return prices, np.array([int(n) in steps for n in quantities])
    least = np.array([b.min_cases for b in offer.price_breaks])
    unit = np.array([b.unit_price for b in offer.price_breaks])
    reached = np.searchsorted(least, quantities, side="right") - 1
    money = np.asarray(unit[np.maximum(reached, 0)] * quantities * offer.pack_units, dtype=np.float64)
    return money, (reached >= 0) & (least[np.maximum(reached, 0)] == quantities)


def _distinct(stocks: Floats) -> tuple[Floats, Ints]:
    """The different stocks, rising, and which of them each one is."""
    rounded: Floats = np.round(stocks, _DECIMALS).astype(np.float64, copy=False)
    distinct, inverse = np.unique(rounded, return_inverse=True)
    return distinct, inverse.astype(np.int64, copy=False)
