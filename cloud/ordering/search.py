"""The search for the cheapest plan: paths and prices in turn, a whole plan, then other choices of deliveries.

Owns the order of these steps and where they stop: rounds, nodes and neighbours counted, never seconds, so
that the answer does not move with the load of the machine. Must not know where a plan comes from besides, nor
what is done with it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from cloud.ordering.costing import zone_volumes
from cloud.ordering.lattice import Lattice, Paths, Prices
from cloud.ordering.master import Column, Master, Relaxation
from cloud.ordering.model import Line, Problem
from cloud.ordering.nearby import nearly_cheapest

Floats = NDArray[np.float64]

_FIRST_SLACK = 1e-4
_MAX_PASSES = 3
_GOOD_ENOUGH = 5e-4


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the search stops. `gap` is the share of the cost within which a better plan is not looked for.

    `neighbours` other choices of deliveries are tried where the first plan is not within 0.05 % of its bound,
    fewer for many products (`neighbour_work` / products). A whole plan is chosen among at most `paths` for
    the cheapest to add, in `nodes` nodes. `par_levels` of the 21 levels of the par plan are tried beside it.
    """

    rounds: int = 150
    nodes: int = 30
    paths: int = 400
    widening: int = 900
    gap: float = 2e-4
    neighbours: int = 30
    neighbour_work: int = 800
    par_levels: int = 21


class Search:
    """One search for one problem."""

    def __init__(self, problem: Problem, limits: Limits) -> None:
        self.problem = problem
        self.limits = limits
        self.lattice = Lattice(problem)
        nothing = self.lattice.cheapest(_closing(self.lattice, range(len(problem.deliveries))))
        self.master = Master(problem, self.lattice, self._room(nothing))
        self.master.add(nothing)
        self.nothing = list(self.master.columns)

    def run(self) -> tuple[tuple[Line, ...], Relaxation | None, float | None]:
        """The lines of the cheapest plan found, the last prices of the whole problem, and the bound they
        prove.
        """
        self.master.add(self.lattice.cheapest(self.lattice.no_prices()))
        relaxation, bound = self._generate()
        if relaxation is None or bound is None:
            return (), None, None
        plan = self._whole(relaxation, self.nothing)
        enough = max(_GOOD_ENOUGH, self.limits.gap) * abs(bound)
        if self.master.cost(plan) - bound > enough:
            self._widen(relaxation, self.master.cost(plan) - bound)
            plan = self._whole(relaxation, plan)
        if self.master.cost(plan) - bound > enough:
            plan = self._try_neighbours(plan, relaxation)
        return _lines(plan), relaxation, bound

    def _generate(self, cutoff: float = inf) -> tuple[Relaxation | None, float | None]:
        """Add paths until none is worth it, within the gap, or nothing under `cutoff` is possible."""
        bound: float | None = None
        relaxation: Relaxation | None = None
        for _ in range(self.limits.rounds):
            newer = self.master.relax()
            if newer is None:
                break
            relaxation = newer
            paths = self.lattice.cheapest(relaxation.prices)
            proved = relaxation.bound(paths)
            bound = proved if bound is None else max(bound, proved)
            added = self.master.add(paths, relaxation.path_worth)
            tightened = self.master.tighten(relaxation.answer)
            close = relaxation.objective - bound <= self.limits.gap * abs(relaxation.objective)
            if bound >= cutoff or (not tightened and (close or not added)):
                break
        return relaxation, bound

    def _whole(self, relaxation: Relaxation, plan: list[Column]) -> list[Column]:
        """The cheapest whole plan of the paths found, at worst the given one.

        Few paths are weighed first; those too dear for them come in where the answer is not close.
        """
        slack = abs(relaxation.objective) * _FIRST_SLACK
        for _ in range(_MAX_PASSES):
            found = self._choose(relaxation, plan, slack)
            if found and self.master.cost(found) < self.master.cost(plan):
                plan = found
            excess = self.master.cost(plan) - relaxation.objective
            if excess <= max(slack, self.limits.gap * abs(relaxation.objective)):
                break
            slack = min(excess, slack * 10)
        return plan

    def _try_neighbours(self, plan: list[Column], root: Relaxation) -> list[Column]:
        """Fix the deliveries and look for what suits exactly these; then with one delivery more or less."""
        plan = self._fixed(self.master.used(plan), plan)
        count = min(self.limits.neighbours, self.limits.neighbour_work // max(1, len(self.problem.products)))
        for move in self._moves(plan, root)[:count]:
            plan = self._fixed(self.master.used(plan) ^ move, plan)
        return plan

    def _moves(self, plan: list[Column], root: Relaxation) -> list[frozenset[int]]:
        """One delivery more or less, or another day of the same supplier.

        Those come first about which the linear answer agrees least with the plan.
        """
        used = self.master.used(plan)
        deliveries = self.problem.deliveries
        shares = root.answer.columns[: len(deliveries)]
        doubt = {
            d: abs(float(shares[d]) - (d in used)) for d in range(len(deliveries)) if deliveries[d].is_open
        }
        moves = [frozenset({d}) for d in doubt]
        moves += [
            frozenset({old, new})
            for old in sorted(used)
            for new in doubt
            if new not in used and deliveries[old].supplier == deliveries[new].supplier
        ]
        return sorted(moves, key=lambda move: (-sum(doubt[d] for d in move) / len(move), sorted(move)))

    def _fixed(self, used: Collection[int], plan: list[Column]) -> list[Column]:
        """The cheapest whole plan that uses exactly these deliveries, if it is cheaper than the given one."""
        self.master.fix(used)
        best = self.master.cost(plan)
        relaxation, bound = self._generate(best)
        if relaxation is None or bound is None or relaxation.objective >= best:
            return plan
        self._widen(relaxation, best - relaxation.objective)
        start = plan if self.master.used(plan) == used else None
        found = self._choose(relaxation, start, best - relaxation.objective)
        return found if found and self.master.cost(found) < best - 1e-6 else plan

    def _widen(self, relaxation: Relaxation, slack: float) -> None:
        """Add the nearly cheapest paths of every product: no better plan needs one dearer than `slack`."""
        priced = self.lattice.priced(relaxation.prices)
        most = max(2, self.limits.widening // max(1, len(self.problem.products)))
        for product in range(len(self.problem.products)):
            self.master.add_nearby(product, nearly_cheapest(self.lattice, priced, product, slack, most))

    def _choose(
        self, relaxation: Relaxation, start: list[Column] | None, slack: float
    ) -> list[Column] | None:
        """A whole plan of the paths within `slack`; None without one, or where a room is too small for it."""
        found = self.master.whole(start, relaxation, slack, self.limits)
        return None if found and self.master.make_room([(column, 1.0) for column in found]) else found

    def _room(self, nothing: Paths) -> Floats:
        """The room of each zone and evening, never less than what stands there anyway."""
        standing = zone_volumes(self.problem, nothing.left_units.tolist())
        room = np.repeat(np.array(self.problem.zone_volume)[:, None], self.problem.days, axis=1)
        return np.asarray(np.maximum(room.reshape(standing.shape), standing))


def _closing(lattice: Lattice, closed: Collection[int]) -> Prices:
    prices = lattice.no_prices()
    use = np.array([np.inf if delivery in closed else 0.0 for _, delivery in lattice.links])
    return Prices(prices.money, use, prices.room)


def _lines(columns: list[Column]) -> tuple[Line, ...]:
    return tuple(
        Line(int(delivery), column.product, int(column.cases[delivery]))
        for column in columns
        for delivery in np.flatnonzero(column.cases)
    )
