"""What a plan costs and which rules it breaks, however it was found.

Owns the arithmetic a person could do with a pencil: purchases, fees, the stock of every evening, what runs
short. Must not know how plans are found; the planner's own sums are checked against this one.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.ordering.evening import Evenings
from cloud.ordering.model import CostRules, Line, Problem, Product, offer_for

Floats = NDArray[np.float64]

TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class ProductCosting:
    """One product over the horizon: money by kind, units lost, stock each evening (0 until the end)."""

    holding: float
    shortage: float
    under_safety: float
    spoilage: float
    credit: float
    lost_units: tuple[float, ...]
    left_units: tuple[float, ...]

    @property
    def total(self) -> float:
        """All of it but purchases and fees; the credit counts against it."""
        return self.holding + self.shortage + self.under_safety + self.spoilage - self.credit


@dataclass(frozen=True, slots=True)
class Costing:
    """A plan's money by kind, and each rule it breaks as a sentence."""

    purchases: float
    fees: float
    holding: float
    shortage: float
    under_safety: float
    spoilage: float
    credit: float
    lost_units: float
    demand_units: float
    broken: tuple[str, ...]
    products: tuple[ProductCosting, ...]

    @property
    def total(self) -> float:
        """What the plan costs; what is left at the end is credited."""
        stock = self.holding + self.shortage + self.under_safety + self.spoilage
        return self.purchases + self.fees + stock - self.credit

    @property
    def fill_rate(self) -> float:
        """Share of the demand that can be sold; 1 where there is no demand."""
        return 1.0 - self.lost_units / self.demand_units if self.demand_units else 1.0


def cost_of(problem: Problem, lines: Sequence[Line]) -> Costing:
    """Charge a plan. Lines of a product nobody of that delivery sells break a rule and cost nothing."""
    cases: defaultdict[tuple[int, int], int] = defaultdict(int)
    for line in lines:
        cases[line.product, line.delivery] += line.cases
    spent, arrivals, broken = _buy(problem, cases)
    products = _costings(Evenings(problem.products, problem.rules, problem.days), arrivals)
    return Costing(
        purchases=sum(spent.values()),
        fees=sum(problem.deliveries[d].fee for d in spent),
        holding=sum(p.holding for p in products),
        shortage=sum(p.shortage for p in products),
        under_safety=sum(p.under_safety for p in products),
        spoilage=sum(p.spoilage for p in products),
        credit=sum(p.credit for p in products),
        lost_units=sum(sum(p.lost_units) for p in products),
        demand_units=sum(sum(p.demand_units) for p in problem.products),
        broken=(*broken, *_broken_money(problem, spent), *_broken_room(problem, products)),
        products=products,
    )


def cost_product(product: Product, rules: CostRules, arrivals: Floats) -> ProductCosting:
    """Charge one product; `arrivals[t]` are the units ordered for the morning of day t, on top of open
    orders.
    """
    return _costings(Evenings((product,), rules, len(arrivals)), arrivals[None])[0]


def _costings(evenings: Evenings, arrivals: Floats) -> tuple[ProductCosting, ...]:
    """Charge every product for arrivals [product, day]."""
    run = run_stock(evenings, arrivals[:, None])
    return tuple(
        ProductCosting(
            holding=float(run.holding[n, 0]),
            shortage=float(run.shortage[n, 0]),
            under_safety=float(run.under_safety[n, 0]),
            spoilage=float(run.spoilage[n, 0]),
            credit=float(run.credit[n, 0]),
            lost_units=tuple(run.lost_units[n, 0].tolist()),
            left_units=tuple(run.left_units[n, 0].tolist()),
        )
        for n in range(len(arrivals))
    )


@dataclass(frozen=True, slots=True)
class StockRun:
    """Products under several plans at once: money [product, plan], units lost and left each day, last."""

    holding: Floats
    shortage: Floats
    under_safety: Floats
    spoilage: Floats
    credit: Floats
    lost_units: Floats
    left_units: Floats

    @property
    def total(self) -> Floats:
        """All of it but purchases and fees."""
        return self.holding + self.shortage + self.under_safety + self.spoilage - self.credit


def run_stock(evenings: Evenings, arrivals: Floats) -> StockRun:
    """Let the days pass for arrivals [product, plan, day] of units ordered, on top of open orders."""
    shape = arrivals.shape[:-1]
    rows = np.repeat(np.arange(shape[0]), shape[1])
    ordered = arrivals.reshape(len(rows), evenings.days)
    stock = evenings.on_hand[rows]
    holding, spoilage = np.zeros(len(rows)), np.zeros(len(rows))
    lost, left = np.zeros(ordered.shape), np.zeros(ordered.shape)
    credit = np.zeros(len(rows))
    for day in range(evenings.days):
        before = stock + evenings.arriving[rows, day]
        stock = before + ordered[:, day]
        spoilage += evenings.spoilage(rows, day, before, stock)
        lost[:, day], held = evenings.lost_and_held(rows, day, stock)
        holding += held * evenings.holding[rows]
        credit = evenings.end_credit(rows, stock) if day == evenings.days - 1 else credit
        stock = evenings.left(rows, day, stock)
        left[:, day] = stock
    under = np.maximum(0.0, evenings.safety[rows, None] - left).sum(axis=1)
    shortage = lost.sum(axis=1) * evenings.shortage[rows]
    under_safety = under * evenings.shortage[rows] * evenings.rules.under_safety_share
    return StockRun(
        holding=holding.reshape(shape),
        shortage=shortage.reshape(shape),
        under_safety=under_safety.reshape(shape),
        spoilage=spoilage.reshape(shape),
        credit=credit.reshape(shape),
        lost_units=lost.reshape(arrivals.shape),
        left_units=left.reshape(arrivals.shape),
    )


def zone_volumes(problem: Problem, left_units: Iterable[Sequence[float]]) -> Floats:
    """Volume in each zone each evening, [zone, day], from each product's stock each evening."""
    volumes = np.zeros((len(problem.zone_volume), problem.days))
    for product, left in zip(problem.products, left_units, strict=True):
        if product.zone < len(volumes):
            volumes[product.zone] += np.asarray(left) * product.unit_volume
    return volumes


def _buy(problem: Problem, cases: dict[tuple[int, int], int]) -> tuple[dict[int, float], Floats, list[str]]:
    spent: defaultdict[int, float] = defaultdict(float)
    arrivals = np.zeros((len(problem.products), problem.days))
    broken = []
    for (index, number), count in sorted(cases.items()):
        delivery, product = problem.deliveries[number], problem.products[index]
        offer = offer_for(product, delivery.supplier)
        if count <= 0:
            continue
        if offer is None:
            broken.append(f"{product.name} is not sold by {problem.suppliers[delivery.supplier]}")
            continue
        if not delivery.is_open:
            broken.append(
                f"{problem.suppliers[delivery.supplier]} takes no order on day {delivery.order_day}"
            )
        spent[number] += offer.price(count)
        arrivals[index, delivery.arrival_day] += count * offer.pack_units
    return spent, arrivals, broken


def _broken_money(problem: Problem, spent: dict[int, float]) -> list[str]:
    broken = []
    weeks: defaultdict[int, float] = defaultdict(float)
    for number, money in sorted(spent.items()):
        delivery = problem.deliveries[number]
        weeks[delivery.week] += money
        if money < delivery.minimum_order_value - TOLERANCE:
            broken.append(
                f"the order to {problem.suppliers[delivery.supplier]} on day {delivery.order_day} is "
                f"{money:.2f}, under its minimum of {delivery.minimum_order_value:.2f}"
            )
    for week, money in sorted(weeks.items()):
        budget = problem.budget(week)
        if budget is not None and money > budget + TOLERANCE:
            broken.append(f"week {week} spends {money:.2f} of {budget:.2f}")
    return broken


def _broken_room(problem: Problem, products: Sequence[ProductCosting]) -> list[str]:
    volumes = zone_volumes(problem, [p.left_units for p in products])
    return [
        f"{problem.zone_name(zone)} stores {volumes[zone, day]:.1f} of {problem.zone_volume[zone]:.1f} "
        f"on day {day}"
        for zone, day in zip(
            *np.nonzero(volumes > np.array(problem.zone_volume)[:, None] + TOLERANCE), strict=True
        )
    ]
