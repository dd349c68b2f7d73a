"""The order plan: what to order, from whom, on which day, at the least expected cost.

Owns the search: column generation (exact paths of each product, a linear master problem), a whole plan
from the paths found, once more with its deliveries fixed, and the par plan beside it; the cheapest plan
that breaks no rule wins. Must not know the database, the clock or the machine: it stops by rounds, nodes
and proved gap, never by time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.ordering.checking import checked
from cloud.ordering.costing import Costing, cost_of, zone_volumes
from cloud.ordering.lattice import Lattice, Paths, Prices
from cloud.ordering.master import Column, Master, Relaxation
from cloud.ordering.model import Line, Problem
from cloud.ordering.par import best_par

Floats = NDArray[np.float64]


_FIRST_SLACK = 1e-4
_MAX_PASSES = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the search stops. `gap` is the share of the cost within which a better plan is not looked for."""

    rounds: int = 150
    nodes: int = 100
    gap: float = 2e-4


@dataclass(frozen=True, slots=True)
class ShadowPrices:
    """What one unit of money more would save: of each week's budget, of each delivery's minimum order
    value lowered, of each unit of room (zone, evening).
    """

    budget: tuple[float, ...]
    minimum: tuple[float, ...]
    room: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class OrderPlan:
    """A plan with what it costs, what it cannot be cheaper than, and what a par plan would cost.

    `method` says where it came from: optimised, par or nothing. `bound` None is not proved.
    `par_cost` is the cheapest par plan's even where that plan breaks budget or room.
    """

    lines: tuple[Line, ...]
    costing: Costing
    method: str
    bound: float | None
    par_cost: float
    par_lines: tuple[Line, ...]
    shadow_prices: ShadowPrices
    notes: tuple[str, ...]
    problem: Problem

    @property
    def gap(self) -> float | None:
        """How much cheaper than this plan any plan can at most be, as a share of its cost."""
        if self.bound is None or self.costing.total <= 0:
            return None
        return max(0.0, 1.0 - self.bound / self.costing.total)


def make_plan(problem: Problem, limits: Limits | None = None) -> OrderPlan:
    """Plan the horizon. What cannot be planned with is named in the notes; the rest is planned."""
    limits = limits or Limits()
    problem, notes = checked(problem)
    search = _Search(problem, limits)
    lines, relaxation, bound = search.run()
    (free_par, free_cost), (fitting_par, fitting_cost) = best_par(problem)
    candidates = [
        ("optimised", lines, cost_of(problem, lines)),
        ("par", fitting_par, fitting_cost),
        ("nothing", (), cost_of(problem, ())),
    ]
    method, chosen, costing = min(candidates, key=lambda c: (len(c[2].broken), c[2].total))
    return OrderPlan(
        lines=tuple(sorted(chosen)),
        costing=costing,
        method=method,
        bound=bound,
        par_cost=min(free_cost.total, fitting_cost.total),
        par_lines=free_par if free_cost.total <= fitting_cost.total else fitting_par,
        shadow_prices=_shadow_prices(relaxation),
        notes=(*notes, *search.notes),
        problem=problem,
    )


class _Search:
    """One search for one problem."""

    def __init__(self, problem: Problem, limits: Limits) -> None:
        self.problem = problem
        self.limits = limits
        self.notes: list[str] = []
        self.lattice = Lattice(problem)
        nothing = self.lattice.cheapest(_closing(self.lattice, range(len(problem.deliveries))))
        self.master = Master(problem, self.lattice, self._room(nothing))
        self.master.add(nothing)
        self.nothing = list(self.master.columns)

    def run(self) -> tuple[tuple[Line, ...], Relaxation | None, float | None]:
        self.master.add(self.lattice.cheapest(self.lattice.no_prices()))
        relaxation, bound = self.generate()
        if relaxation is None:
            return (), None, None
        return _lines(self._whole(relaxation)), relaxation, bound

    def _whole(self, relaxation: Relaxation) -> list[Column]:
        """The cheapest whole plan of the paths found; paths too dear for the first answer come in for a
        second.
        """
        plan = self.nothing
        slack = abs(relaxation.objective) * _FIRST_SLACK
        for _ in range(_MAX_PASSES):
            found = self.master.whole(plan, relaxation, slack, self.limits.nodes)
            if found and self.master.make_room([(column, 1.0) for column in found]):
                continue
            plan = found or plan
            excess = self.master.cost(plan) - relaxation.objective
            if excess <= max(slack, self.limits.gap * abs(relaxation.objective)):
                break
            slack = min(excess, slack * 10)
        return plan

    def generate(self) -> tuple[Relaxation | None, float | None]:
        """Add paths until none is worth it, or within the gap; answers the last prices and the best bound."""
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
            if not tightened and (close or not added):
                break
        return relaxation, bound

    def _room(self, nothing: Paths) -> Floats:
        """The room of each zone and evening, never less than what stands there anyway."""
        standing = zone_volumes(self.problem, nothing.left_units.tolist())
        room = np.repeat(np.array(self.problem.zone_volume)[:, None], self.problem.days, axis=1)
        return np.asarray(np.maximum(room.reshape(standing.shape), standing))


def _closing(lattice: Lattice, closed: "range | tuple[int, ...]") -> Prices:
    prices = lattice.no_prices()
    shut = set(closed)
    use = np.array([np.inf if delivery in shut else 0.0 for _, delivery in lattice.links])
    return Prices(prices.money, use, prices.room)


def _lines(columns: list[Column]) -> tuple[Line, ...]:
    return tuple(
        Line(int(delivery), column.product, int(column.cases[delivery]))
        for column in columns
        for delivery in np.flatnonzero(column.cases)
    )


def _shadow_prices(relaxation: Relaxation | None) -> ShadowPrices:
    if relaxation is None:
        return ShadowPrices((), (), ())
    return ShadowPrices(
        tuple(float(v) for v in relaxation.budget_price),
        tuple(float(v) for v in relaxation.minimum_price),
        tuple(tuple(float(v) for v in zone) for zone in relaxation.room_price),
    )
