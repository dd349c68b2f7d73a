"""What a plan would be without one of its lines, in figures: when the product runs out, how likely, what it
costs.

Owns those figures: each is a difference of two costings, which a person can repeat. Must not know how the
plan was found, nor how the figures are said.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from cloud.ordering.costing import ProductCosting, cost_product
from cloud.ordering.model import Line, Offer, Product, offer_for
from cloud.ordering.plan import OrderPlan


@dataclass(frozen=True, slots=True)
class Reason:
    """One line explained. Money in the site's own, days counted from the day of planning.

    `runs_out_day` is the first day that loses sales without this line, from its arrival on (None: never),
    `risk_without` the probability of running out before `next_arrival_day`, the next chance to get the
    product. `saves` is what the plan without the line would cost more, `last_case_saves` what one case
    less would; both before delivery fees.
    """

    line: Line
    product: str
    supplier: str
    units: int
    unit_price: float
    money: float
    runs_out_day: int | None
    risk_without: float
    next_arrival_day: int | None
    saves: float
    last_case_saves: float
    sentences: tuple[str, ...]


class Story:
    """The plan's arrivals and costings, and how they change without a line.

    `spent` is the money of each delivery that is used.
    """

    def __init__(self, plan: OrderPlan) -> None:
        self.problem = plan.problem
        self.costings = plan.costing.products
        self.arrivals = np.zeros((len(self.problem.products), self.problem.days))
        self.spent: defaultdict[int, float] = defaultdict(float)
        for line in plan.lines:
            delivery, offer = self.problem.deliveries[line.delivery], self.offer(line)
            self.arrivals[line.product, delivery.arrival_day] += line.cases * offer.pack_units
            self.spent[line.delivery] += offer.price(line.cases)

    def reason(self, line: Line) -> Reason:
        """What one line is for. Raises ValueError where its supplier does not sell the product."""
        offer = self.offer(line)
        delivery = self.problem.deliveries[line.delivery]
        without = self.without(line)
        saves = self._saving(line, 0, without)
        following = self._next_arrival(line)
        product = self.problem.products[line.product]
        days = range(delivery.arrival_day, self.problem.days)
        runs_out = next((day for day in days if is_out(product, without, day)), None)
        return Reason(
            line=line,
            product=product.name,
            supplier=self.problem.suppliers[delivery.supplier],
            units=line.cases * offer.pack_units,
            unit_price=offer.unit_price(line.cases),
            money=offer.price(line.cases),
            runs_out_day=runs_out,
            risk_without=self._risk(line, without, following),
            next_arrival_day=following,
            saves=saves,
            last_case_saves=self._saving(line, line.cases - 1) if self._can_buy_less(line) else saves,
            sentences=(),
        )

    def without(self, line: Line) -> ProductCosting:
        """The product's costing without the line."""
        return self._costing(line, 0)

    def offer(self, line: Line) -> Offer:
        """What the line's supplier sells. Raises ValueError where it does not sell the product."""
        supplier = self.problem.deliveries[line.delivery].supplier
        offer = offer_for(self.problem.products[line.product], supplier)
        if offer is None:
            raise ValueError("A line that its supplier does not sell; explain a plan with its own problem.")
        return offer

    def _can_buy_less(self, line: Line) -> bool:
        return line.cases - 1 >= self.offer(line).price_breaks[0].min_cases

    def _costing(self, line: Line, cases: int) -> ProductCosting:
        """The product's costing with another number of cases in this line."""
        arrivals = self.arrivals[line.product].copy()
        arrivals[self.problem.deliveries[line.delivery].arrival_day] -= (line.cases - cases) * self.offer(
            line
        ).pack_units
        return cost_product(self.problem.products[line.product], self.problem.rules, arrivals)

    def _saving(self, line: Line, cases: int, costing: ProductCosting | None = None) -> float:
        offer = self.offer(line)
        other = costing or self._costing(line, cases)
        spared = offer.price(line.cases) - offer.price(cases)
        return other.total - self.costings[line.product].total - spared

    def _next_arrival(self, line: Line) -> int | None:
        """The next morning on which this product could come instead."""
        sellers = {offer.supplier for offer in self.problem.products[line.product].offers}
        arrival = self.problem.deliveries[line.delivery].arrival_day
        later = [
            d.arrival_day
            for d in self.problem.deliveries
            if d.is_open and d.supplier in sellers and d.arrival_day > arrival
        ]
        return min(later, default=None)

    def _risk(self, line: Line, without: ProductCosting, following: int | None) -> float:
        """Probability that the shelf is empty on an evening before the next arrival, without the line."""
        product = self.problem.products[line.product]
        if not product.surprise_units:
            return float(any(is_out(product, without, day) for day in self._days_alone(line, following)))
        net = self._net_units(line)
        risks = [_empty_risk(product, *net[day], day) for day in self._days_alone(line, following)]
        return max(risks, default=0.0)

    def _days_alone(self, line: Line, following: int | None) -> range:
        """The days that this line alone has to cover."""
        arrival = self.problem.deliveries[line.delivery].arrival_day
        return range(arrival, self.problem.days if following is None else following)

    def _net_units(self, line: Line) -> list[tuple[float, float]]:
        """Stock of each morning and evening without the line, were demand as expected.

        The evening's is below zero where more is wanted than there is, until something arrives.
        """
        product = self.problem.products[line.product]
        arrivals = self.arrivals[line.product].copy()
        arrivals[self.problem.deliveries[line.delivery].arrival_day] -= (
            line.cases * self.offer(line).pack_units
        )
        arrivals += np.array(product.arriving_units or (0.0,) * self.problem.days)
        net, days = product.on_hand_units, []
        for day in range(self.problem.days):
            if arrivals[day] > 0:
                net = max(0.0, net) + float(arrivals[day])
            days.append((net, net - product.demand_units[day]))
            net = days[-1][1]
        return days


def _empty_risk(product: Product, morning: float, evening: float, day: int) -> float:
    """Share of the surprises that use up the evening's stock; what is empty in the morning stays so."""
    if morning <= 1e-9:
        return 1.0
    return float((np.asarray(product.surprise_units[day]) >= evening).mean())


def is_out(product: Product, costing: ProductCosting, day: int) -> bool:
    """Whether the expected demand of the day is more than there is."""
    if product.surprise_units:
        return costing.left_units[day] <= 1e-9
    return costing.lost_units[day] > 1e-9
