"""Every stock a product can have on every day, and the ways from one to the next, of all products at once.

Owns the states, laid out stage by stage: the deliveries of a morning, then the evening. Must not know prices
other than the real ones, nor what is done with the arcs.

A product's states of a day are its reachable stocks (start + whole packs - demand, or zero after running
out). Nobody buys beyond what the horizon needs plus what is credited at its end, except to reach a price
break.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cloud.ordering.evening import Evenings
from cloud.ordering.menu import Menu
from cloud.ordering.model import Problem
from cloud.ordering.quantities import MOST_PARTS, PARTS, Quantities, distinct, quantities
from cloud.ordering.stages import Floats, Ints, Kind, Stage, runs

_NO_LINK = -1


def states_of(problem: Problem) -> tuple[list[tuple[int, int]], list[Stage], int]:
    """The links (product, delivery), the stages in order of time, and how many nodes there are.

    Node n < number of products is product n's stock on hand.
    """
    builder = _Builder(problem)
    for day in range(problem.days):
        builder.pass_day(day)
    return builder.links, builder.stages, builder.nodes


@dataclass(frozen=True, slots=True)
class _States:
    """Stocks that can be, by product, and their nodes."""

    product: Ints
    parts: Ints
    node: Ints

    @property
    def units(self) -> Floats:
        return self.parts / PARTS


@dataclass(frozen=True, slots=True)
class _Takers:
    """The products that have the same chance to order, each at its own delivery, and their states."""

    products: Ints
    deliveries: Ints
    links: Ints
    states: Ints
    chance: Ints


class _Builder:
    """Lays out stage after stage from the states before it."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.links: list[tuple[int, int]] = []
        self.stages: list[Stage] = []
        self.nodes = len(problem.products)
        self._evenings = Evenings(problem.products, problem.rules, problem.days)
        self._menus = [Menu(product, problem.rules) for product in problem.products]
        every = np.arange(self.nodes)
        self._states = _States(every, _parts(self._evenings.on_hand), every)
        self._arriving = _parts(self._evenings.arriving)
        self._coming: list[list[int]] = [[] for _ in range(problem.days)]
        for index, delivery in enumerate(problem.deliveries):
            if delivery.is_open:
                self._coming[delivery.arrival_day].append(index)

    def pass_day(self, day: int) -> None:
        """The deliveries of one morning, each product's one after the other, and the evening."""
        now = self._states
        parts = np.minimum(now.parts + self._arriving[now.product, day], MOST_PARTS)
        self._states = _States(now.product, parts, now.node)
        chances = [
            [d for d in self._coming[day] if self.problem.deliveries[d].supplier in menu.offers]
            for menu in self._menus
        ]
        for turn in range(max(map(len, chances), default=0)):
            self._order(day, [(n, mine[turn]) for n, mine in enumerate(chances) if len(mine) > turn])
        self._sleep(day)

    def _order(self, day: int, pairs: Sequence[tuple[int, int]]) -> None:
        """One chance to order for each of some products: every quantity from every stock."""
        takers = self._takers(pairs)
        choices = [
            self._menus[product].choice(self.problem.deliveries[delivery].supplier, day)
            for product, delivery in pairs
        ]
        found = quantities(self._states.parts[takers.states], takers.chance, choices)
        entries_from = self.nodes + len(found.is_reached) + len(found.beyond_parts)
        self.stages.append(self._delivery(day, takers, found))
        if len(found.entries.stock):
            self.stages.append(self._cases(day, takers, found, entries_from))
        self._arrive(takers, found)
        self.nodes = entries_from + len(found.entries.stock)

    def _takers(self, pairs: Sequence[tuple[int, int]]) -> _Takers:
        products, deliveries = np.array(pairs).T
        begin = self._states.product.searchsorted(products)
        count = self._states.product.searchsorted(products, side="right") - begin
        links = len(self.links) + np.arange(len(pairs))
        self.links += pairs
        return _Takers(
            products, deliveries, links, runs(begin, count), np.repeat(np.arange(len(pairs)), count)
        )

    def _delivery(self, day: int, takers: _Takers, found: Quantities) -> Stage:
        """Order nothing, what has a price of its own, or enter a tier of prices."""
        ways, now = found.ways, self._states
        chance = takers.chance[ways.stock]
        product = takers.products[chance]
        before = now.units[takers.states[ways.stock]]
        after = np.concatenate([found.families.parts, found.beyond_parts]) / PARTS
        is_stock = ways.to < len(after)
        wasted = np.zeros(len(ways.to))
        wasted[is_stock] = self._evenings.wasted(product[is_stock], day, after[ways.to[is_stock]])
        wasted -= self._evenings.wasted(product, day, before)
        run = np.bincount(ways.stock, minlength=len(takers.states))
        return Stage(
            kind=Kind.DELIVERY,
            day=day,
            source=now.node[takers.states],
            first=np.cumsum(run) - run,
            run=run,
            target=self.nodes + ways.to,
            cost=ways.money + wasted,
            value=ways.money,
            cases=ways.cases,
            delivery=takers.deliveries[chance],
            link=np.where(is_stock & (ways.cases == 0), _NO_LINK, takers.links[chance]),
        )

    def _cases(self, day: int, takers: _Takers, found: Quantities, first_node: int) -> Stage:
        """From within a tier to every stock that its prices reach."""
        stops, families = found.stops, found.families
        chance = families.chance[stops.place]
        wasted = self._evenings.wasted(takers.products[chance], day, families.parts[stops.place] / PARTS)
        return Stage(
            kind=Kind.CASES,
            day=day,
            source=first_node + np.arange(len(found.entries.stock)),
            first=found.entries.first,
            run=found.entries.run,
            target=self.nodes + stops.place,
            cost=stops.money + wasted,
            value=stops.money,
            cases=stops.cases,
            delivery=takers.deliveries[chance],
        )

    def _arrive(self, takers: _Takers, found: Quantities) -> None:
        """Go on with what stands there after a delivery, and with the products that had no part in it."""
        now, place = self._states, np.flatnonzero(found.is_reached)
        others = np.delete(np.arange(len(now.node)), takers.states)
        beyond = self.nodes + len(found.is_reached) + np.arange(len(found.beyond_parts))
        chance = np.concatenate([found.families.chance[place], found.beyond_chance])
        product = np.concatenate([takers.products[chance], now.product[others]])
        parts = np.concatenate([found.families.parts[place], found.beyond_parts, now.parts[others]])
        node = np.concatenate([self.nodes + place, beyond, now.node[others]])
        order = np.argsort(product, kind="stable")
        self._states = _States(product[order], parts[order], node[order])

    def _sleep(self, day: int) -> None:
        """The evening of every product: what is sold, what that costs, what is left."""
        now, evenings, units = self._states, self._evenings, self._states.units
        left = evenings.left(now.product, day, units)
        cost = evenings.cost(now.product, day, units)
        if day == self.problem.days - 1:
            cost = cost - evenings.end_credit(now.product, units)
        products, parts, target = distinct(now.product, _parts(left))
        self.stages.append(
            Stage(
                kind=Kind.EVENING,
                day=day,
                source=now.node,
                first=np.arange(len(left)),
                run=np.ones(len(left), dtype=np.int64),
                target=self.nodes + target,
                cost=cost,
                room=left * evenings.unit_volume[now.product],
                left=left,
                product=now.product,
            )
        )
        self._states = _States(products, parts, self.nodes + np.arange(len(products)))
        self.nodes += len(products)


def _parts(units: Floats) -> Ints:
    return np.asarray(np.minimum(np.rint(units * PARTS), MOST_PARTS).astype(np.int64))
