"""The plan a bar makes by hand: fill up to a par level at every delivery.

Owns the par policy over a grid of levels, with or without the weekly budget. It is what the planner must
beat, and what it falls back to.
Must not know the planner.

Par of a product = factor x its average use over lead time + days to the next delivery, + safety stock,
ordered from its cheapest supplier in whole cases; an order under the supplier's minimum waits for the next
delivery.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cloud.ordering.costing import Costing, cost_of, run_stock
from cloud.ordering.evening import Evenings
from cloud.ordering.model import Delivery, Line, Offer, Problem, Product, offer_for

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FACTORS = tuple(round(0.5 + 0.1 * n, 1) for n in range(21))
"""Levels tried, as shares of the average use until the delivery after the next."""


ParPlan = tuple[tuple[Line, ...], Costing]


def best_par(problem: Problem, factors: Sequence[float] = FACTORS) -> tuple[ParPlan, ParPlan]:
    """The cheapest par plan of a bar that ignores budget and room, and the cheapest that breaks no rule.

    Where all of those break one, the second is the cheapest of them and its costing says what it breaks.
    """
    habits = _Habits(problem)
    free = [habits.plan(factor, within_budget=False) for factor in factors]
    fitting = [habits.plan(factor, within_budget=True) for factor in factors]
    totals = _totals(problem, [*free, *fitting])
    free_costs, fitting_costs = np.split(totals, 2)
    cheapest = free[int(np.argmin(free_costs))]
    return (cheapest, cost_of(problem, cheapest)), _first_sound(problem, fitting, fitting_costs)


def _first_sound(problem: Problem, plans: Sequence[tuple[Line, ...]], costs: Floats) -> ParPlan:
    order = np.argsort(costs, kind="stable")
    for number in order:
        costing = cost_of(problem, plans[number])
        if not costing.broken:
            return plans[number], costing
    return plans[order[0]], cost_of(problem, plans[order[0]])


def par_plan(problem: Problem, factor: float, *, within_budget: bool) -> tuple[Line, ...]:
    """Order up to par at every delivery, day by day.

    Where money is short the products that last longest go without.
    """
    return _Habits(problem).plan(factor, within_budget=within_budget)


def _totals(problem: Problem, plans: Sequence[Sequence[Line]]) -> Floats:
    """The cost of many plans at once."""
    arrivals = np.zeros((len(problem.products), len(plans), problem.days))
    totals = np.zeros(len(plans))
    for number, lines in enumerate(plans):
        for line in lines:
            delivery = problem.deliveries[line.delivery]
            offer = _offer(offer_for(problem.products[line.product], delivery.supplier))
            arrivals[line.product, number, delivery.arrival_day] += line.cases * offer.pack_units
            totals[number] += offer.price(line.cases)
        totals[number] += sum(problem.deliveries[d].fee for d in {line.delivery for line in lines})
    evenings = Evenings(problem.products, problem.rules, problem.days)
    return np.asarray(totals + run_stock(evenings, arrivals).total.sum(axis=0))


class _Habits:
    """Where each product is bought and what it uses a day: the same for every par level."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        shape = (len(problem.products), problem.days)
        delivering = {d.supplier for d in problem.deliveries if d.is_open}
        self.offers = [_cheapest(product, delivering) for product in problem.products]
        self.use = np.array([p.demand_units for p in problem.products]).reshape(shape)
        self.arriving = np.array([p.arriving_units or (0.0,) * problem.days for p in problem.products])
        self.arriving = self.arriving.reshape(shape)
        self.on_hand = np.array([max(0.0, p.on_hand_units) for p in problem.products])
        self.safety = np.array([p.safety_stock_units for p in problem.products])
        self.average = self.use.mean(axis=1)
        self.pack = np.array([o.pack_units if o else 1 for o in self.offers])
        self.least = np.array([o.price_breaks[0].min_cases if o else 0 for o in self.offers])
        source = np.array([o.supplier if o else -1 for o in self.offers])
        self.sold = [np.flatnonzero((source == d.supplier) & (self.average > 0)) for d in problem.deliveries]
        self.span_days = [_days_to_cover(problem, d) for d in problem.deliveries]

    def plan(self, factor: float, *, within_budget: bool) -> tuple[Line, ...]:
        """The par plan at one level."""
        problem = self.problem
        on_hand, arriving = self.on_hand.copy(), self.arriving.copy()
        left = {week: problem.budget(week) for week in range(problem.days)} if within_budget else {}
        lines: list[Line] = []
        for day in range(problem.days):
            on_hand += arriving[:, day]
            for number, delivery in enumerate(problem.deliveries):
                if delivery.order_day != day or not delivery.is_open:
                    continue
                position = on_hand + arriving[:, day + 1 :].sum(axis=1)
                wanted = self._wanted(number, position, factor)
                order, money = self._afford(wanted, left.get(delivery.week))
                if not order or money < delivery.minimum_order_value:
                    continue
                for n, cases in order.items():
                    arriving[n, delivery.arrival_day] += cases * self.pack[n]
                    lines.append(Line(number, n, cases))
                budget = left.get(delivery.week)
                if budget is not None:
                    left[delivery.week] = budget - money
            on_hand = np.maximum(0.0, on_hand - self.use[:, day])
        return tuple(lines)

    def _wanted(self, number: int, position: Floats, factor: float) -> list[tuple[int, int]]:
        """Products and cases up to par, the shortest cover first."""
        mine = self.sold[number]
        par = self.average[mine] * self.span_days[number] * factor + self.safety[mine]
        missing = np.maximum(0.0, par - position[mine]) / self.pack[mine]
        cases = np.ceil(missing - 1e-9).astype(np.int64)
        cases = np.where(cases > 0, np.maximum(cases, self.least[mine]), 0)
        order = np.argsort(position[mine] / self.average[mine], kind="stable")
        return [(int(mine[n]), int(cases[n])) for n in order if cases[n] > 0]

    def _afford(
        self, wanted: Sequence[tuple[int, int]], budget: float | None
    ) -> tuple[dict[int, int], float]:
        """As much of what is wanted as the budget pays for, and what it costs."""
        order: dict[int, int] = {}
        spent = 0.0
        for n, cases in wanted:
            money = _offer(self.offers[n]).price(cases)
            if budget is not None and spent + money > budget:
                continue
            order[n] = cases
            spent += money
        return order, spent


def _days_to_cover(problem: Problem, delivery: Delivery) -> float:
    """From the order until the delivery after it arrives; the supplier's average gap after the last one."""
    arrivals = sorted(
        {d.arrival_day for d in problem.deliveries if d.is_open and d.supplier == delivery.supplier}
    )
    later = [day for day in arrivals if day > delivery.arrival_day]
    if later:
        return later[0] - delivery.order_day
    gap = (arrivals[-1] - arrivals[0]) / (len(arrivals) - 1) if len(arrivals) > 1 else 7.0
    return delivery.arrival_day - delivery.order_day + gap


def _cheapest(product: Product, delivering: set[int]) -> Offer | None:
    offers = [offer for offer in product.offers if offer.supplier in delivering]
    return min(offers, key=lambda o: o.price_breaks[0].unit_price, default=None)


def _offer(offer: Offer | None) -> Offer:
    assert offer is not None
    return offer
