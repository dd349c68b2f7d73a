"""The order plan: what to order, from whom, on which day, at the least expected cost.

Owns what a plan is and which one wins: the searched plan, the par plan or nothing at all; the cheapest that
breaks no rule. Must not know the database, the clock or the machine.
"""

from dataclasses import dataclass

from cloud.ordering.checking import checked
from cloud.ordering.costing import Costing, cost_of
from cloud.ordering.master import Relaxation
from cloud.ordering.model import Line, Problem
from cloud.ordering.par import FACTORS, best_par
from cloud.ordering.search import Limits, Search

__all__ = ["Limits", "OrderPlan", "ShadowPrices", "make_plan"]


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
    lines, relaxation, bound = Search(problem, limits).run()
    (free_par, free_cost), (fitting_par, fitting_cost) = best_par(
        problem, FACTORS[:: max(1, len(FACTORS) // max(1, limits.par_levels))]
    )
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
        notes=notes,
        problem=problem,
    )


def _shadow_prices(relaxation: Relaxation | None) -> ShadowPrices:
    if relaxation is None:
        return ShadowPrices((), (), ())
    return ShadowPrices(
        tuple(float(v) for v in relaxation.budget_price),
        tuple(float(v) for v in relaxation.minimum_price),
        tuple(tuple(float(v) for v in zone) for zone in relaxation.room_price),
    )
