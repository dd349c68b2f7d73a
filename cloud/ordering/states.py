"""Every stock a product can have on every day, and the ways from one to the next, of all products at once.

Owns the states and the arcs, laid out flat, stage by stage: the deliveries of a morning, then the evening.
Must not know prices other than the real ones, nor what is done with the arcs.

A product's states of a day are its reachable stocks (start + whole packs - demand, or zero after running
out). Nobody buys beyond what the horizon needs plus what is credited at its end, except to reach a price
break.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cloud.ordering.evening import Evenings
from cloud.ordering.menu import Choice, Menu
from cloud.ordering.model import Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_DECIMALS = 7
_NO_LINK = -1
_NO_FLOATS: Floats = np.zeros(0)
_NO_INTS: Ints = np.zeros(0, dtype=np.int64)


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
    """Stocks that can be, by product and rising, and their nodes."""

    product: Ints
    stock: Floats
    node: Ints


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
        self._states = _States(every, self._evenings.on_hand.copy(), every)
        self._coming: list[list[int]] = [[] for _ in range(problem.days)]
        for index, delivery in enumerate(problem.deliveries):
            if delivery.is_open:
                self._coming[delivery.arrival_day].append(index)

    def pass_day(self, day: int) -> None:
        """The deliveries of one morning, each product's one after the other, and the evening."""
        now = self._states
        self._states = replace(now, stock=now.stock + self._evenings.arriving[now.product, day])
        chances = [
            [d for d in self._coming[day] if self.problem.deliveries[d].supplier in menu.offers]
            for menu in self._menus
        ]
        for turn in range(max(map(len, chances), default=0)):
            self._buy(day, [(n, mine[turn]) for n, mine in enumerate(chances) if len(mine) > turn])
        self._sleep(day)

    def _buy(self, day: int, takers: Sequence[tuple[int, int]]) -> None:
        """One chance to order for each of some products: every quantity from every stock."""
        now = self._states
        numbers = [product for product, _ in takers]
        begin, end = now.product.searchsorted(numbers), now.product.searchsorted(numbers, side="right")
        choices = [
            self._menus[n].choice(self.problem.deliveries[d].supplier, day, float(now.stock[at]))
            for (n, d), at in zip(takers, begin, strict=True)
        ]
        links = len(self.links) + np.arange(len(takers))
        self.links += takers
        mine = _runs(begin, end - begin)
        state, choice, place = _ways(choices, end - begin)
        cases = np.concatenate([each.cases for each in choices])[place]
        pack = np.array([float(each.pack_units) for each in choices])[choice]
        need = np.array([each.need_units for each in choices])[choice]
        before = now.stock[mine][state]
        after = before + cases * pack
        always = np.concatenate([each.always for each in choices])[place]
        kept = np.flatnonzero(always | (after - pack < need))
        state, choice, place, cases = state[kept], choice[kept], place[kept], cases[kept]
        before, after = before[kept], after[kept]
        product = np.array(numbers)[choice]
        value = np.concatenate([each.prices for each in choices])[place]
        stocks, products, target = _distinct(product, after)
        self._add(
            day=day,
            is_evening=False,
            source=now.node[mine],
            run=np.bincount(state, minlength=len(mine)),
            target=self.nodes + target,
            cost=value + self._evenings.spoilage(product, day, before, after),
            product=product,
            value=value,
            cases=cases,
            delivery=np.array([d for _, d in takers])[choice],
            link=np.where(cases > 0, links[choice], _NO_LINK),
        )
        self._arrive(products, stocks, np.delete(np.arange(len(now.node)), mine))

    def _sleep(self, day: int) -> None:
        """The evening of every product: what is sold, what that costs, what is left."""
        now, evenings = self._states, self._evenings
        left = evenings.left(now.product, day, now.stock)
        cost = evenings.cost(now.product, day, now.stock)
        if day == self.problem.days - 1:
            cost = cost - evenings.end_credit(now.product, now.stock)
        stocks, products, target = _distinct(now.product, left)
        self._add(
            day=day,
            is_evening=True,
            source=now.node,
            run=np.ones(len(left), dtype=np.int64),
            target=self.nodes + target,
            cost=cost,
            product=now.product,
            room=left * evenings.unit_volume[now.product],
            left=left,
        )
        self._arrive(products, stocks, _NO_INTS)

    def _add(
        self,
        *,
        day: int,
        is_evening: bool,
        source: Ints,
        run: Ints,
        target: Ints,
        cost: Floats,
        product: Ints,
        value: Floats = _NO_FLOATS,
        cases: Ints = _NO_INTS,
        delivery: Ints = _NO_INTS,
        link: Ints = _NO_INTS,
        room: Floats = _NO_FLOATS,
        left: Floats = _NO_FLOATS,
    ) -> None:
        self.stages.append(
            Stage(
                day=day,
                is_evening=is_evening,
                source=source,
                first=np.cumsum(run) - run,
                run=run,
                target=target,
                cost=cost,
                value=value,
                cases=cases,
                delivery=delivery,
                link=link,
                room=room,
                left=left,
                product=product,
            )
        )

    def _arrive(self, product: Ints, stock: Floats, others: Ints) -> None:
        """Go on with new states, and with those of the products that had no part in this."""
        now = self._states
        node = self.nodes + np.arange(len(product))
        self.nodes += len(product)
        product = np.concatenate([product, now.product[others]])
        order = np.argsort(product, kind="stable")
        self._states = _States(
            product[order],
            np.concatenate([stock, now.stock[others]])[order],
            np.concatenate([node, now.node[others]])[order],
        )


def _ways(choices: Sequence[Choice], counts: Ints) -> tuple[Ints, Ints, Ints]:
    """All quantities from all states, by state: number of the state, of its choice, place in the choices'
    quantities one after another. `counts[c]` states have choice c.
    """
    lengths = np.array([len(choice.cases) for choice in choices], dtype=np.int64)
    choice_of_state = np.repeat(np.arange(len(choices)), counts)
    run = lengths[choice_of_state]
    place = _runs((np.cumsum(lengths) - lengths)[choice_of_state], run)
    return np.repeat(np.arange(len(run)), run), np.repeat(choice_of_state, run), place


def _runs(begin: Ints, length: Ints) -> Ints:
    """begin[0], begin[0] + 1, ..., length[0] of them, then begin[1], ..."""
    return np.asarray(np.repeat(begin - np.cumsum(length) + length, length) + np.arange(int(length.sum())))


def _distinct(product: Ints, stock: Floats) -> tuple[Floats, Ints, Ints]:
    """The different stocks of each product, rising, their products, and which of them each given one is."""
    rounded: Floats = np.round(stock, _DECIMALS)
    order = np.lexsort((rounded, product))
    stocks, products = rounded[order], product[order]
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (np.diff(stocks) != 0) | (np.diff(products) != 0)
    which = np.empty(len(order), dtype=np.int64)
    which[order] = np.cumsum(is_new) - 1
    return stocks[is_new], products[is_new], which
