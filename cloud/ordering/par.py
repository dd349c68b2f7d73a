"""The plan a bar makes by hand: fill up to a par level at every delivery.

Owns the par policy over a grid of levels, with or without the weekly budget. It is what the planner must
beat, and what it falls back to.
Must not know the planner.

Par of a product = factor x its average use over lead time + days to the next delivery, + safety stock,
ordered from its cheapest supplier in whole cases; an order under the supplier's minimum waits for the next
delivery.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.ordering.costing import Costing, cost_of, run_stock
from cloud.ordering.model import Delivery, Line, Offer, Problem, Product, offer_for

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FACTORS = tuple(round(0.5 + 0.1 * n, 1) for n in range(21))
"""Levels tried, as shares of the average use until the delivery after the next."""


def best_par(
    problem: Problem, *, within_budget: bool, factors: Sequence[float] = FACTORS
) -> tuple[tuple[Line, ...], Costing]:
    """The cheapest par plan; with `within_budget` among those that break no rule, if there is one."""
    plans = [par_plan(problem, factor, within_budget=within_budget) for factor in factors]
    totals = _totals(problem, plans)
    for number in np.argsort(totals, kind="stable"):
        costing = cost_of(problem, plans[number])
        if not (within_budget and costing.broken):
            return plans[number], costing
    cheapest = plans[int(np.argmin(totals))]
    return cheapest, cost_of(problem, cheapest)


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
    for product, rows in zip(problem.products, arrivals, strict=True):
        totals += run_stock(product, problem.rules, rows).total
    return totals


def par_plan(problem: Problem, factor: float, *, within_budget: bool) -> tuple[Line, ...]:
    """Order up to par at every delivery, day by day; the longest-lasting products go without where money
    is short.
    """
    sources = [_cheapest(problem, product) for product in problem.products]
    on_hand = np.array([max(0.0, p.on_hand_units) for p in problem.products])
    arriving = np.array([p.arriving_units or (0.0,) * problem.days for p in problem.products])
    arriving = arriving.reshape(len(problem.products), problem.days)
    use = np.array([p.demand_units for p in problem.products]).reshape(arriving.shape)
    left = {week: problem.budget(week) for week in range(problem.days)} if within_budget else {}
    lines: list[Line] = []
    for day in range(problem.days):
        on_hand += arriving[:, day]
        for number, delivery in enumerate(problem.deliveries):
            if delivery.order_day != day or not delivery.is_open:
                continue
            mine = [n for n, offer in enumerate(sources) if offer and offer.supplier == delivery.supplier]
            position = on_hand[mine] + arriving[mine, day + 1 :].sum(axis=1)
            span = _days_to_cover(problem, delivery)
            cover = _Cover(span * factor, left.get(delivery.week))
            order = _fill_up(problem, mine, position, sources, cover)
            money = sum(_offer(sources[n]).price(cases) for n, cases in order.items())
            if not order or money < delivery.minimum_order_value:
                continue
            for n, cases in order.items():
                arriving[n, delivery.arrival_day] += cases * _offer(sources[n]).pack_units
                lines.append(Line(number, n, cases))
            budget = left.get(delivery.week)
            if budget is not None:
                left[delivery.week] = budget - money
        on_hand = np.maximum(0.0, on_hand - use[:, day])
    return tuple(lines)


def _fill_up(
    problem: Problem, mine: Sequence[int], position: Floats, sources: Sequence[Offer | None], cover: "_Cover"
) -> dict[int, int]:
    """Cases of each product up to its par; the shortest cover first while the budget lasts."""
    budget = cover.budget
    wanted = []
    for n, units in zip(mine, position, strict=True):
        product, offer = problem.products[n], _offer(sources[n])
        average = sum(product.demand_units) / problem.days
        par = average * cover.span_days + product.safety_stock_units
        cases = int(np.ceil(max(0.0, par - units) / offer.pack_units - 1e-9))
        if cases and average:
            wanted.append((float(units) / average, n, max(cases, offer.price_breaks[0].min_cases)))
    order: dict[int, int] = {}
    for _, n, cases in sorted(wanted):
        money = _offer(sources[n]).price(cases)
        if budget is not None and money > budget:
            continue
        order[n] = cases
        budget = budget - money if budget is not None else None
    return order


@dataclass(frozen=True, slots=True)
class _Cover:
    span_days: float
    budget: float | None


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


def _cheapest(problem: Problem, product: Product) -> Offer | None:
    delivering = {d.supplier for d in problem.deliveries if d.is_open}
    offers = [o for o in product.offers if o.supplier in delivering and offer_for(product, o.supplier) == o]
    return min(offers, key=lambda o: o.price_breaks[0].unit_price, default=None)


def _offer(offer: Offer | None) -> Offer:
    assert offer is not None
    return offer
