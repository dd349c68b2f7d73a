"""Why each line of a plan is there, in words and money.

Owns the words: when the product runs out without the line, what line and last case save, why this supplier,
whether it fills an order up to a minimum; and what a little more budget or a lower minimum would be worth.
Must not know how the plan was found; its figures are those of story.py.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace

from cloud.ordering.model import Offer
from cloud.ordering.packs import MixedOffer
from cloud.ordering.plan import OrderPlan
from cloud.ordering.story import Reason, Story, is_out

DayName = Callable[[int], str]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CENT = 0.005


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
    story = Story(plan)
    words = _Words(story, day_name)
    reasons: defaultdict[int, list[Reason]] = defaultdict(list)
    for line in plan.lines:
        reason = story.reason(line)
        reasons[line.delivery].append(replace(reason, sentences=words.sentences(reason)))
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


class _Words:
    """What is said of a line."""

    def __init__(self, story: Story, day_name: DayName) -> None:
        self._story = story
        self._problem = story.problem
        self._day_name = day_name

    def sentences(self, reason: Reason) -> tuple[str, ...]:
        """Why the line is there, most important first."""
        offer = self._story.offer(reason.line)
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
        words += f"; the delivery after this one comes on {self._day_name(reason.next_arrival_day)}"
        if 0.01 <= reason.risk_without < 0.995:
            words += f" ({reason.risk_without:.0%} likely too late)"
        return f"{words}."

    def _reserve(self, reason: Reason) -> str:
        """Where nothing runs out without the line, but the reserve would be touched."""
        if reason.runs_out_day is not None:
            return ""
        line, wanted = reason.line, self._problem.products[reason.line.product].safety_stock_units
        left = self._story.without(line).left_units
        arrival = self._problem.deliveries[line.delivery].arrival_day
        touched = next((day for day in range(arrival, self._problem.days) if left[day] < wanted - 1e-9), None)
        if touched is None:
            return ""
        return f"Without it fewer than the {wanted:g} to keep are left from {self._day_name(touched)} on."

    def _empties(self, reason: Reason) -> str:
        assert reason.runs_out_day is not None
        product, costing = (
            self._problem.products[reason.line.product],
            self._story.costings[reason.line.product],
        )
        arrival = self._problem.deliveries[reason.line.delivery].arrival_day
        if reason.runs_out_day == arrival and arrival and is_out(product, costing, arrival - 1):
            return "Runs out before this delivery can come, and stays empty without it"
        return f"Runs out on {self._day_name(reason.runs_out_day)} without it"

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
            for other in self._problem.products[reason.line.product].offers
            if other.supplier != offer.supplier
            and (cases := -(-reason.units // other.pack_units)) >= other.price_breaks[0].min_cases
        ]
        if not others:
            return ""
        price, supplier = min(others)
        name = self._problem.suppliers[supplier]
        difference = price - reason.unit_price
        if abs(difference) < _CENT:
            return f"{name} asks the same."
        if difference > 0:
            return f"{difference:.2f} a unit cheaper than {name}."
        return f"{-difference:.2f} a unit dearer than {name}, {self._why_not(supplier, reason)}."

    def _why_not(self, supplier: int, reason: Reason) -> str:
        """Why a cheaper supplier is not asked."""
        arrival = self._problem.deliveries[reason.line.delivery].arrival_day
        open_days = [d.arrival_day for d in self._problem.deliveries if d.is_open and d.supplier == supplier]
        if not open_days:
            return "which takes no order"
        if min(open_days) > arrival:
            return f"which cannot come before {self._day_name(min(open_days))}"
        return "whose days, packs, fee or minimum would cost more than that"

    def _why_at_all(self, reason: Reason) -> str:
        delivery = self._problem.deliveries[reason.line.delivery]
        rest = self._story.spent[reason.line.delivery] - reason.money
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
