"""Every stock a product can have on every day, and the cheapest way through: the exact dynamic programme.

Owns what a way through the stages costs under prices, of all products in one pass. The states do not depend
on prices of money or room, so they are built once and priced many times. Must not know the master problem: it
is given a price for each delivery's money, use and each evening's room.

Among the states and quantities that are laid out, the cheapest path is exact.
"""

from dataclasses import dataclass

import numpy as np

from cloud.ordering.model import Problem
from cloud.ordering.stages import Floats, Ints, Kind, Stage
from cloud.ordering.states import states_of

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
class Priced:
    """The cost of the best way on from every node, and through every arc of each stage."""

    worth: Floats
    charged: list[Floats]


class Lattice:
    """The priced states of every product of a problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.links, self.stages, self.size = states_of(problem)
        self.starts: Ints = np.arange(len(problem.products))
        self._zones: Ints = np.array([p.zone for p in problem.products], dtype=np.int64)
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
        for stage in reversed(self.stages):
            total = worth[stage.target] + stage.cost
            if stage.kind is Kind.EVENING:
                if prices.room.any():
                    total += stage.room * prices.room[:, stage.day][self._zones[stage.product]]
                worth[stage.source] = total
            else:
                total += stage.value * prices.money[stage.delivery]
                if stage.kind is Kind.DELIVERY:
                    total += use[stage.link]
                worth[stage.source] = stage.least(total)
            charged.append(total)
        charged.reverse()
        return Priced(worth, charged)

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
            if stage.kind is Kind.EVENING:
                left[at, stage.day] = stage.left[arc]
            else:
                cases[at, stage.delivery[arc]] += stage.cases[arc]
                money[at, stage.delivery[arc]] += stage.value[arc]
        return Paths(cost, priced.worth[self.starts], cases, money, left)


def _best_arc(stage: Stage, total: Floats, rows: Ints) -> Ints:
    """The first cheapest arc out of each of some of a stage's source nodes."""
    if stage.kind is Kind.EVENING:
        return rows
    arcs, parents = stage.arcs_from(rows)
    begin = np.searchsorted(parents, np.arange(len(rows)))
    least = np.minimum.reduceat(total[arcs], begin)
    ties = np.flatnonzero(total[arcs] <= least[parents])
    return np.asarray(arcs[ties[np.searchsorted(ties, begin)]])
