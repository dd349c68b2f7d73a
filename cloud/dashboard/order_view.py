"""What the Orders page shows of a plan: the orders that are due, those to come, and how each figure is said.

Pure: from a kept plan, the approvals and the time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cloud.ordering.lateness import Lateness, whole_days
from cloud.ordering.suggested import ChangedCost, SuggestedLine, SuggestedOrder, Suggestion
from cloud.orders.schemas import ApprovedOrder
from cloud.stock.status import clock_time

ASKED_FOR = timedelta(days=21)
"""So long a page asks whether an order has come."""
SHOWN_CHANGES = 40
"""Lines of a what-if that are listed; more than that nobody reads."""


@dataclass(frozen=True, slots=True)
class OrderView:
    """One order of the plan and where it stands."""

    order: SuggestedOrder
    approved: ApprovedOrder | None
    is_late: bool
    """Its cut-off has passed since the plan was made."""

    @property
    def missing(self) -> float:
        """Money that is missing to the minimum."""
        return max(0.0, self.order.minimum_order_value - self.order.money)


@dataclass(frozen=True, slots=True)
class PlanView:
    """The whole page."""

    plan_no: int
    suggestion: Suggestion
    due: tuple[OrderView, ...]
    later: tuple[OrderView, ...]
    question: str
    """What was asked, in words; "" for the plan itself."""

    @property
    def changes(self) -> Sequence[str]:
        """What the answer orders otherwise, not too long."""
        return self.suggestion.changes[:SHOWN_CHANGES]


def plan_view(
    plan_no: int, suggestion: Suggestion, approved: Sequence[ApprovedOrder], now: datetime, question: str = ""
) -> PlanView:
    """Sort a plan's orders into those that must go out and those to come."""
    known = {(each.supplier_id, each.order_on): each for each in approved}
    views = [
        OrderView(order, known.get((order.supplier_id, order.order_on)), now > order.cut_off)
        for order in suggestion.orders
    ]
    return PlanView(
        plan_no,
        suggestion,
        due=tuple(view for view in views if view.order.is_due),
        later=tuple(view for view in views if not view.order.is_due),
        question=question,
    )


def waiting(approved: Sequence[ApprovedOrder], today: date) -> tuple[ApprovedOrder, ...]:
    """Approved orders that should be here by now, of which nobody has said when they came."""
    return tuple(
        each
        for each in approved
        if each.came_on is None and timedelta(0) <= today - each.arrives_on <= ASKED_FOR
    )


def lateness_words(late: Lateness) -> str:
    """How a supplier keeps its days: '3 deliveries noted, 33% on time; comes 1.0 days late on average.'"""
    if not late.deliveries:
        if not late.mean_days and not late.sigma_days:
            return "No delivery noted yet; planned as if it always came on its day."
        return f"No delivery noted yet; thought to come {_late(late.mean_days)}, ± {late.sigma_days:.1f}."
    noted = "1 delivery" if late.deliveries == 1 else f"{late.deliveries} deliveries"
    words = f"{noted} noted, {late.on_time_share or 0:.0%} on time; comes {_late(late.mean_days)} on average"
    counted = whole_days(late.mean_days)
    planned = f"Plans count on it {counted} day{'' if counted == 1 else 's'} later." if counted else ""
    return f"{words}, ± {late.sigma_days:.1f}. {planned}".strip()


def _late(days: float) -> str:
    return "on its day" if days < 0.05 else f"{days:.1f} days late"


def money(amount: float) -> str:
    """'1,240.50'; the site has one currency and everyone there knows it."""
    return f"{amount:,.2f}"


def amount(units: float) -> str:
    """Bottles: '12', '1.4'."""
    return f"{units:.0f}" if abs(units - round(units)) < 0.05 else f"{units:.1f}"


def cases(line: SuggestedLine) -> str:
    """'2 cases of 6 and 1 bottle', as it is ordered."""
    return " and ".join(_case(pack.cases, pack.pack_units) for pack in line.packs)


def _case(count: int, pack_units: int) -> str:
    if pack_units == 1:
        return f"{count} bottle{'' if count == 1 else 's'}"
    return f"{count} case{'' if count == 1 else 's'} of {pack_units}"


def day(on: date) -> str:
    """'Sat 21 Nov'."""
    return f"{on:%a} {on.day} {on:%b}"


def against_par(suggestion: Suggestion) -> str:
    """The plan's cost beside that of filling up to par."""
    saved = suggestion.par_cost - suggestion.cost
    if saved < 0.005:
        return "About what filling up to par would cost."
    return f"{money(saved)} less than filling up to par."


def par_words(line: SuggestedLine) -> str:
    """What par would order: 'Par 2 would order 1 case of 6.'"""
    whose = f"Par {amount(line.par_units)}" if line.par_is_managers else "The usual par of 1.5 weeks"
    if not line.par_cases:
        return f"{whose} would order nothing."
    return f"{whose} would order {_case(line.par_cases, line.pack_units)}."


def on_hand(line: SuggestedLine) -> str:
    """'1.4 ± 0.1 on the shelf, 6 on the way, 0.5 a day'."""
    where = "in the house" if line.store_units else "on the shelf"
    words = [f"{amount(line.on_hand_units)} {where}"]
    if line.on_hand_sigma >= 0.05:
        words[0] = f"{line.on_hand_units:.1f} ± {line.on_hand_sigma:.1f} {where}"
    if line.store_units:
        words[0] += f" ({amount(line.store_units)} of them in store)"
    if line.coming_units:
        words.append(f"{amount(line.coming_units)} on the way")
    words.append(
        f"{line.daily_units:.1f} a day" if line.daily_units >= 0.1 else f"{line.daily_units * 7:.1f} a week"
    )
    return ", ".join(words)


def change_words(change: ChangedCost) -> str:
    """What the quantities set by hand do: 'Costs 4.20 more than the plan; 12.90 less to pay.'"""
    cost, paid = change.cost_change, change.purchases_change
    if abs(cost) < 0.005 and abs(paid) < 0.005:
        return "As planned."
    words = (
        "Costs as much as the plan"
        if abs(cost) < 0.005
        else f"Costs {money(abs(cost))} {_more(cost)} than the plan"
    )
    if abs(paid) >= 0.005:
        words += f"; {money(abs(paid))} {_more(paid)} to pay"
    if abs(change.lost_units_change) >= 0.05:
        words += (
            f"; about {abs(change.lost_units_change):.1f} bottles {_more(change.lost_units_change)} run short"
        )
    return words + "."


def _more(amount_of_money: float) -> str:
    return "more" if amount_of_money > 0 else "less"


def question_words(asked: Mapping[str, str | Sequence[str]], names: Mapping[str, str]) -> str:
    """What was asked: 'a budget of 500.00 a week, Anker Drinks closed'."""
    words = []
    if budget := asked.get("budget"):
        words.append(f"a budget of {money(float(str(budget)))} a week")
    service = {"2": "running out weighs double", "0.5": "running out weighs half"}.get(
        str(asked.get("service", ""))
    )
    if service:
        words.append(service)
    words += [f"{names.get(name, name)} closed" for name in asked.get("closed", ())]
    return ", ".join(words)


def order_sheet(view: OrderView, site: str) -> str:
    """The order as a text that is copied, mailed or printed."""
    order = view.order
    lines = [
        f"Order of {site}",
        f"To {order.supplier}, {day(order.order_on)}",
        f"For delivery on {day(order.arrives_on)}",
        "",
    ]
    for line in order.lines:
        lines += [
            f"{pack.cases:>4} x {pack.pack_units:<3} {pack.article_id:<12} {line.product:<42} "
            f"{money(pack.cases * pack.pack_units * pack.unit_price):>10}"
            for pack in line.packs
        ]
    lines += ["", f"{'Goods':<64}{money(order.money):>11}"]
    if order.fee:
        lines.append(f"{'Delivery':<64}{money(order.fee):>11}")
    if order.deposit:
        lines.append(f"{'Deposit':<64}{money(order.deposit):>11}")
    return "\n".join(lines)


def made_words(made_at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """When the plan was made, as its age matters."""
    return clock_time(made_at, now, zone)
