"""What if: the same plan with another budget, another service, a supplier that is closed, a line of one's
own.

Owns how a question changes a problem and how two plans are compared. Must not know pages or databases.
A question is answered by planning again; of a line changed by hand only the costing changes.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from cloud.ordering.costing import Costing, cost_of
from cloud.ordering.model import Line, Problem
from cloud.ordering.plan import Limits, OrderPlan, make_plan


@dataclass(frozen=True, slots=True)
class Question:
    """What to change. `weekly_budget` None leaves the budgets as they are, infinity lifts them.

    `service_factor` multiplies safety stocks and the cost of a lost sale (1 = as it is, at most 100).
    `closed_suppliers` take no orders at all.
    """

    weekly_budget: float | None = None
    service_factor: float = 1.0
    closed_suppliers: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One line that the answer orders otherwise: cases before and after."""

    delivery: int
    product: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The plan under the question, and how it differs.

    `cost_change` compares the two plans by the answer's own rules only where the service is unchanged; with
    another service it also holds the other price of lost sales. Purchases and lost units compare in any case.
    """

    plan: OrderPlan
    cost_change: float
    purchases_change: float
    lost_units_change: float
    differences: tuple[Difference, ...]


def ask(plan: OrderPlan, question: Question, limits: Limits | None = None) -> WhatIf:
    """Plan again under the question. Raises ValueError where it names a supplier or factor there is not."""
    other = make_plan(changed(plan.problem, question), limits)
    return WhatIf(
        plan=other,
        cost_change=other.costing.total - plan.costing.total,
        purchases_change=other.costing.purchases - plan.costing.purchases,
        lost_units_change=other.costing.lost_units - plan.costing.lost_units,
        differences=differences(plan.lines, other.lines),
    )


def changed(problem: Problem, question: Question) -> Problem:
    """The problem under the question."""
    _check(problem, question)
    budgets = problem.weekly_budget
    if question.weekly_budget is not None:
        weeks = max((d.week for d in problem.deliveries), default=-1) + 1
        limit = None if question.weekly_budget == float("inf") else question.weekly_budget
        budgets = (limit,) * weeks
    deliveries = tuple(
        replace(d, is_open=d.is_open and d.supplier not in question.closed_suppliers)
        for d in problem.deliveries
    )
    factor = question.service_factor
    products = problem.products
    if factor != 1.0:
        products = tuple(
            replace(
                p, safety_stock_units=p.safety_stock_units * factor, shortage_cost=p.shortage_cost * factor
            )
            for p in products
        )
    return replace(problem, weekly_budget=budgets, deliveries=deliveries, products=products)


def edited(plan: OrderPlan, line: Line) -> tuple[tuple[Line, ...], Costing]:
    """The plan with one line set by hand (0 cases takes it out), and what that costs; its broken rules say
    more.
    """
    others = [
        other for other in plan.lines if (other.delivery, other.product) != (line.delivery, line.product)
    ]
    lines = tuple(sorted([*others, line] if line.cases > 0 else others))
    return lines, cost_of(plan.problem, lines)


def differences(before: Sequence[Line], after: Sequence[Line]) -> tuple[Difference, ...]:
    """The lines that are not the same, in order of delivery and product."""
    old = {(line.delivery, line.product): line.cases for line in before}
    new = {(line.delivery, line.product): line.cases for line in after}
    return tuple(
        Difference(*key, old.get(key, 0), new.get(key, 0))
        for key in sorted(old.keys() | new.keys())
        if old.get(key, 0) != new.get(key, 0)
    )


def _check(problem: Problem, question: Question) -> None:
    for supplier in question.closed_suppliers:
        if not 0 <= supplier < len(problem.suppliers):
            raise ValueError(f"There is no supplier {supplier}; this plan has {len(problem.suppliers)}.")
    if not 0 < question.service_factor <= 100:
        raise ValueError(f"A service factor of {question.service_factor} is not between 0 and 100.")
    if question.weekly_budget is not None and not question.weekly_budget >= 0:
        raise ValueError(f"A weekly budget of {question.weekly_budget} is not 0 or more.")
