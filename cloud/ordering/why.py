"""Why each line of a plan is there, in words and money.

Owns the reasons: when the product runs out without the line, what line and last case save, why this
supplier, whether it fills an order up to a minimum; and what a little more budget or a lower minimum would
be worth. Must not know how the plan was found: every figure is a difference of two costings, which a
person can repeat.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cloud.ordering.costing import ProductCosting, cost_product
from cloud.ordering.model import Line, Offer, Product, offer_for
from cloud.ordering.packs import MixedOffer
from cloud.ordering.plan import OrderPlan

Floats = NDArray[np.float64]
DayName = Callable[[int], str]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CENT = 0.005


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


@dataclass(frozen=True, slots=True)
class DeliveryReason:
    """One order to one supplier: its money against its minimum, its fee, and what the minimum costs the
    plan.
    """

    delivery: int
    supplier: str
    money: float
    minimum_order_value: float
    fee: float
    minimum_price: float
    lines: tuple[Reason, ...]


def weekday_name(day: int, first_weekday: int = 0) -> str:
    """Thursday, Thursday in a week, or Thursday in 2 weeks; `first_weekday` is day 0's, Monday 0."""
    name = WEEKDAYS[(first_weekday + day) % 7]
    weeks = day // 7
    return name if not weeks else f"{name} in a week" if weeks == 1 else f"{name} in {weeks} weeks"


def explain(plan: OrderPlan, day_name: DayName = weekday_name) -> tuple[DeliveryReason, ...]:
    """Every order of the plan with its lines explained, in order of day and supplier."""
    story = _Story(plan, day_name)
    reasons: defaultdict[int, list[Reason]] = defaultdict(list)
    for line in plan.lines:
        reasons[line.delivery].append(story.reason(line))
    prices = plan.shadow_prices.minimum
    orders = []
    for number in sorted(reasons, key=lambda n: (plan.problem.deliveries[n].order_day, n)):
        delivery = plan.problem.deliveries[number]
        orders.append(
            DeliveryReason(
                delivery=number,
                supplier=plan.problem.suppliers[delivery.supplier],
                money=story.spent[number],
                minimum_order_value=delivery.minimum_order_value,
                fee=delivery.fee,
                minimum_price=prices[number] if number < len(prices) else 0.0,
                lines=tuple(sorted(reasons[number], key=lambda r: (-r.saves, r.product))),
            )
        )
    return tuple(orders)


def explain_limits(plan: OrderPlan, day_name: DayName = weekday_name) -> tuple[str, ...]:
    """What more budget, lower minimums and more room are worth, where they hold the plan back."""
    problem, prices = plan.problem, plan.shadow_prices
    sentences = [
        f"{_week_name(week)}: 100 more budget would save about {100 * price:.2f}."
        for week, price in enumerate(prices.budget)
        if 100 * price >= _CENT
    ]
    sentences += [
        f"{problem.suppliers[d.supplier]}, {day_name(d.order_day)}: "
        f"a minimum lower by 10 would save about {10 * price:.2f}."
        for d, price in zip(problem.deliveries, prices.minimum, strict=False)
        if 10 * price >= _CENT
    ]
    for zone, days in enumerate(prices.room):
        if sum(days) * 10 >= _CENT:
            sentences.append(
                f"Room for 10 more in {problem.zone_name(zone)} would save about {10 * sum(days):.2f}."
            )
    return tuple(sentences)


def _week_name(week: int) -> str:
    return "This week" if week == 0 else "Next week" if week == 1 else f"In {week} weeks"


class _Story:
    """The plan's arrivals and costings, and how they change without a line."""

    def __init__(self, plan: OrderPlan, day_name: DayName) -> None:
        self.problem = plan.problem
        self.costings = plan.costing.products
        self.day_name = day_name
        self.arrivals = np.zeros((len(self.problem.products), self.problem.days))
        self.spent: defaultdict[int, float] = defaultdict(float)
        for line in plan.lines:
            delivery, offer = self.problem.deliveries[line.delivery], self._offer(line)
            self.arrivals[line.product, delivery.arrival_day] += line.cases * offer.pack_units
            self.spent[line.delivery] += offer.price(line.cases)

    def reason(self, line: Line) -> Reason:
        """Explain one line."""
        offer = self._offer(line)
        delivery = self.problem.deliveries[line.delivery]
        without = self._costing(line, 0)
        saves = self._saving(line, 0, without)
        following = self._next_arrival(line)
        product = self.problem.products[line.product]
        days = range(delivery.arrival_day, self.problem.days)
        runs_out = next((day for day in days if _is_out(product, without, day)), None)
        reason = Reason(
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
        return replace(reason, sentences=self._sentences(reason, offer))

    def _offer(self, line: Line) -> Offer:
        supplier = self.problem.deliveries[line.delivery].supplier
        offer = offer_for(self.problem.products[line.product], supplier)
        if offer is None:
            raise ValueError("A line that its supplier does not sell; explain a plan with its own problem.")
        return offer

    def _can_buy_less(self, line: Line) -> bool:
        return line.cases - 1 >= self._offer(line).price_breaks[0].min_cases

    def _costing(self, line: Line, cases: int) -> ProductCosting:
        """The product's costing with another number of cases in this line."""
        arrivals = self.arrivals[line.product].copy()
        arrivals[self.problem.deliveries[line.delivery].arrival_day] -= (line.cases - cases) * self._offer(
            line
        ).pack_units
        return cost_product(self.problem.products[line.product], self.problem.rules, arrivals)

    def _saving(self, line: Line, cases: int, costing: ProductCosting | None = None) -> float:
        offer = self._offer(line)
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
            return float(any(_is_out(product, without, day) for day in self._days_alone(line, following)))
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
            line.cases * self._offer(line).pack_units
        )
        arrivals += np.array(product.arriving_units or (0.0,) * self.problem.days)
        net, days = product.on_hand_units, []
        for day in range(self.problem.days):
            if arrivals[day] > 0:
                net = max(0.0, net) + float(arrivals[day])
            days.append((net, net - product.demand_units[day]))
            net = days[-1][1]
        return days

    def _sentences(self, reason: Reason, offer: Offer) -> tuple[str, ...]:
        return tuple(
            sentence
            for sentence in (
                self._why_now(reason),
                self._reserve(reason),
                self._why_so_many(reason, offer),
                self._why_here(reason, offer),
                self._why_at_all(reason),
            )
            if sentence
        )

    def _why_now(self, reason: Reason) -> str:
        if reason.runs_out_day is None:
            if reason.risk_without >= 0.01:
                likely = f"{reason.risk_without:.0%}"
                until = (
                    "by the end of the plan"
                    if reason.next_arrival_day is None
                    else "before the next delivery"
                )
                return f"Without it the shelf is empty with {likely} {until}."
            return ""
        words = self._empties(reason)
        if reason.next_arrival_day is None:
            return f"{words}; this is the last delivery of the plan."
        words += f"; the delivery after this one comes on {self.day_name(reason.next_arrival_day)}"
        if 0.01 <= reason.risk_without < 0.995:
            words += f" ({reason.risk_without:.0%} likely too late)"
        return f"{words}."

    def _reserve(self, reason: Reason) -> str:
        """Where nothing runs out without the line, but the reserve would be touched."""
        if reason.runs_out_day is not None:
            return ""
        line, wanted = reason.line, self.problem.products[reason.line.product].safety_stock_units
        left = self._costing(line, 0).left_units
        arrival = self.problem.deliveries[line.delivery].arrival_day
        touched = next((day for day in range(arrival, self.problem.days) if left[day] < wanted - 1e-9), None)
        if touched is None:
            return ""
        return f"Without it fewer than the {wanted:g} to keep are left from {self.day_name(touched)} on."

    def _empties(self, reason: Reason) -> str:
        assert reason.runs_out_day is not None
        product, costing = self.problem.products[reason.line.product], self.costings[reason.line.product]
        arrival = self.problem.deliveries[reason.line.delivery].arrival_day
        if reason.runs_out_day == arrival and arrival and _is_out(product, costing, arrival - 1):
            return "Runs out before this delivery can come, and stays empty without it"
        return f"Runs out on {self.day_name(reason.runs_out_day)} without it"

    def _why_so_many(self, reason: Reason, offer: Offer) -> str:
        cases = reason.line.cases
        if cases < 2 or reason.last_case_saves < _CENT:
            return ""
        before, now = offer.unit_price(cases - 1), reason.unit_price
        if now < before - 1e-9:
            return (
                f"{cases} {_noun(offer)} take the price from {before:.2f} to {now:.2f} a unit: "
                f"the last one saves {reason.last_case_saves:.2f}."
            )
        return f"The last of the {cases} {_noun(offer)} saves {reason.last_case_saves:.2f}."

    def _why_here(self, reason: Reason, offer: Offer) -> str:
        others = [
            (other.unit_price(cases), other.supplier)
            for other in self.problem.products[reason.line.product].offers
            if other.supplier != offer.supplier
            and (cases := -(-reason.units // other.pack_units)) >= other.price_breaks[0].min_cases
        ]
        if not others:
            return ""
        price, supplier = min(others)
        name = self.problem.suppliers[supplier]
        difference = price - reason.unit_price
        if abs(difference) < _CENT:
            return f"{name} asks the same."
        if difference > 0:
            return f"{difference:.2f} a unit cheaper than {name}."
        return f"{-difference:.2f} a unit dearer than {name}, {self._why_not(supplier, reason)}."

    def _why_not(self, supplier: int, reason: Reason) -> str:
        """Why a cheaper supplier is not asked."""
        arrival = self.problem.deliveries[reason.line.delivery].arrival_day
        open_days = [d.arrival_day for d in self.problem.deliveries if d.is_open and d.supplier == supplier]
        if not open_days:
            return "which takes no order"
        if min(open_days) > arrival:
            return f"which cannot come before {self.day_name(min(open_days))}"
        return "whose days, packs, fee or minimum would cost more than that"

    def _why_at_all(self, reason: Reason) -> str:
        delivery = self.problem.deliveries[reason.line.delivery]
        rest = self.spent[reason.line.delivery] - reason.money
        if reason.saves >= _CENT:
            return f"The line saves {reason.saves:.2f} against leaving it out."
        if rest < delivery.minimum_order_value:
            return (
                f"It costs {-reason.saves:.2f} more than leaving it out, but brings the order to its minimum "
                f"of {delivery.minimum_order_value:.2f}."
            )
        return ""


def _noun(offer: Offer) -> str:
    """What a quantity of this offer counts."""
    if offer.pack_units == 1:
        return "bottles"
    return f"times {offer.pack_units}" if isinstance(offer, MixedOffer) else "cases"


def _empty_risk(product: Product, morning: float, evening: float, day: int) -> float:
    """Share of the surprises that use up the evening's stock; what is empty in the morning stays so."""
    if morning <= 1e-9:
        return 1.0
    return float((np.asarray(product.surprise_units[day]) >= evening).mean())


def _is_out(product: Product, costing: ProductCosting, day: int) -> bool:
    """Whether the expected demand of the day is more than there is."""
    if product.surprise_units:
        return costing.left_units[day] <= 1e-9
    return costing.lost_units[day] > 1e-9
