"""The plan of a site as a manager reads it: per supplier and cut-off what to order, why, and beside it par.

Owns the step from inputs to that answer, and what a change by hand or another question makes of it. Pure: the
same inputs give the same suggestion, figure by figure. Must not know databases, pages or clocks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from math import ceil

from cloud.ordering.checking import checked
from cloud.ordering.classic import rule_of_thumb_par
from cloud.ordering.costing import Costing, cost_of
from cloud.ordering.inputs import Inputs, ProductInput
from cloud.ordering.inputs_json import fingerprint
from cloud.ordering.lateness import whole_days
from cloud.ordering.model import Line, Offer, Problem, offer_for
from cloud.ordering.order_limits import broken_limits
from cloud.ordering.plan import Limits, OrderPlan, make_plan
from cloud.ordering.site_problem import problem_of
from cloud.ordering.story import Reason
from cloud.ordering.suggested import (
    ChangedCost,
    Enough,
    PackCount,
    SuggestedLine,
    SuggestedOrder,
    Suggestion,
)
from cloud.ordering.whatif import Question, changed
from cloud.ordering.why import DeliveryReason, explain, explain_limits, weekday_name

SITE_LIMITS = Limits(neighbours=8)
ASKED_LIMITS = Limits(rounds=60, nodes=15, neighbours=0, gap=1e-3, par_levels=7)
"""For a question somebody waits for."""
MAX_CASES = 10_000


def suggest(inputs: Inputs) -> Suggestion:
    """Plan a site from its inputs."""
    problem, notes = problem_of(inputs)
    return _said(inputs, make_plan(problem, SITE_LIMITS), notes)


def answer(inputs: Inputs, question: Question, before: Suggestion) -> Suggestion:
    """Plan again under a question; `changes` says in words what is ordered otherwise."""
    problem, notes = problem_of(inputs)
    plan = make_plan(_asked(problem, question), ASKED_LIMITS)
    told = _said(inputs, plan, notes)
    return replace(told, changes=tuple(_differences(before, told)))


def _asked(problem: Problem, question: Question) -> Problem:
    """The problem under the question; reserves stay: they are numbers that the manager gave."""
    other = changed(problem, question)
    pairs = zip(problem.products, other.products, strict=True)
    kept = tuple(replace(new, safety_stock_units=old.safety_stock_units) for old, new in pairs)
    return replace(other, products=kept)


def recost(inputs: Inputs, before: Suggestion, cases: Mapping[str, int]) -> ChangedCost:
    """What other cases for some lines (by key) cost. Raises ValueError for an impossible key or number."""
    problem = checked(problem_of(inputs)[0])[0]
    lines = {line.key: line.cases for order in before.orders for line in order.lines}
    after = _checked(problem, {**lines, **cases})
    was, now = cost_of(problem, _as_lines(lines)), cost_of(problem, _as_lines(after))
    return ChangedCost(
        cost_change=now.total - was.total,
        purchases_change=now.purchases + now.fees - was.purchases - was.fees,
        lost_units_change=now.lost_units - was.lost_units,
        order_money=_money(problem, after),
        broken=now.broken,
    )


def limits_broken(
    inputs: Inputs, delivery: int, cases: Mapping[str, int], spent_this_week: float
) -> tuple[str, ...]:
    """What keeps one order, with these cases by key, from going out. Raises ValueError as recost()."""
    problem = checked(problem_of(inputs)[0])[0]
    names = [weekday_name(day, first_weekday=inputs.now.weekday()) for day in range(problem.days)]
    lines = _as_lines(_checked(problem, cases))
    return broken_limits(problem, delivery, lines, spent_this_week=spent_this_week, day_names=names)


def regrouped(inputs: Inputs, order: SuggestedOrder, cases: Mapping[str, int]) -> tuple[PackCount, ...]:
    """The articles of one order under quantities set by hand (by key). Raises ValueError as recost()."""
    problem = checked(problem_of(inputs)[0])[0]
    packs: list[PackCount] = []
    for line in _as_lines(_checked(problem, cases)):
        offer = offer_for(problem.products[line.product], problem.deliveries[line.delivery].supplier)
        if offer is None or line.delivery != order.delivery:
            raise ValueError(f"{problem.products[line.product].name} is not sold by {order.supplier}.")
        packs += _packs(offer, line.cases)
    return tuple(packs)


def key_of(line: Line) -> str:
    """How a line is called on a page."""
    return f"{line.delivery}-{line.product}"


def _as_lines(cases: Mapping[str, int]) -> tuple[Line, ...]:
    named = [(*map(int, key.split("-")), count) for key, count in cases.items() if count > 0]
    return tuple(sorted(Line(delivery, product, count) for delivery, product, count in named))


def _checked(problem: Problem, cases: Mapping[str, int]) -> Mapping[str, int]:
    for key, count in cases.items():
        delivery, _, product = key.partition("-")
        known = delivery.isdecimal() and product.isdecimal()
        if not known or int(delivery) >= len(problem.deliveries) or int(product) >= len(problem.products):
            raise ValueError(f"There is no line {key[:40]!r} in this plan.")
        if not 0 <= count <= MAX_CASES:
            raise ValueError(f"{count} cases cannot be ordered; give 0 to {MAX_CASES}.")
    return cases


def _money(problem: Problem, cases: Mapping[str, int]) -> dict[int, float]:
    spent: dict[int, float] = {}
    for line in _as_lines(cases):
        offer = offer_for(problem.products[line.product], problem.deliveries[line.delivery].supplier)
        if offer is not None:
            spent[line.delivery] = spent.get(line.delivery, 0.0) + offer.price(line.cases)
    return spent


def _said(inputs: Inputs, plan: OrderPlan, notes: Sequence[str]) -> Suggestion:
    names = partial(weekday_name, first_weekday=inputs.now.weekday())
    orders = tuple(_order(inputs, plan, order) for order in explain(plan, names))
    ordered = {line.product_id for order in orders for line in order.lines}
    costing = plan.costing
    return Suggestion(
        made_at=inputs.now,
        days=plan.problem.days,
        orders=orders,
        enough=tuple(
            _enough(inputs, product) for product in inputs.products if product.product_id not in ordered
        ),
        notes=(*notes, *plan.notes, *costing.broken),
        limits=explain_limits(plan, names),
        method=plan.method,
        cost=costing.total,
        par_cost=plan.par_cost,
        purchases=costing.purchases,
        fees=costing.fees,
        shortage=costing.shortage,
        fill_rate=costing.fill_rate,
        gap=plan.gap,
        fingerprint=_fingerprint(plan.lines, costing),
    )


def _fingerprint(lines: Sequence[Line], costing: Costing) -> str:
    return fingerprint([[[line.delivery, line.product, line.cases] for line in lines], costing.total.hex()])


def _order(inputs: Inputs, plan: OrderPlan, told: DeliveryReason) -> SuggestedOrder:
    delivery = plan.problem.deliveries[told.delivery]
    supplier = inputs.suppliers[delivery.supplier]
    today = inputs.now.date()
    order_on = today + timedelta(days=delivery.order_day)
    lines = tuple(_line(inputs, plan, told.delivery, reason) for reason in told.lines)
    expected_on = today + timedelta(days=delivery.arrival_day)
    promised_on = expected_on - timedelta(days=whole_days(supplier.late_days))
    deposit = sum(pack.cases * pack.pack_units * pack.deposit for line in lines for pack in line.packs)
    return SuggestedOrder(
        delivery=told.delivery,
        supplier_id=supplier.supplier_id,
        supplier=supplier.name,
        order_on=order_on,
        cut_off=datetime.combine(order_on, supplier.cut_off, inputs.now.tzinfo),
        arrives_on=promised_on,
        expected_on=expected_on if expected_on != promised_on else None,
        is_due=delivery.order_day == 0,
        money=told.money,
        deposit=deposit,
        fee=told.fee,
        minimum_order_value=told.minimum_order_value,
        lines=lines,
    )


def _line(inputs: Inputs, plan: OrderPlan, delivery: int, reason: Reason) -> SuggestedLine:
    given = inputs.products[reason.line.product]
    product = plan.problem.products[reason.line.product]
    offer = offer_for(product, plan.problem.deliveries[delivery].supplier)
    assert offer is not None, "a plan has lines only of what its suppliers sell"
    daily = sum(product.demand_units) / len(product.demand_units)
    par, is_managers = _par(given, daily)
    coming = sum(product.arriving_units)
    return SuggestedLine(
        key=key_of(reason.line),
        product_id=given.product_id,
        product=given.name,
        cases=reason.line.cases,
        pack_units=offer.pack_units,
        units=reason.units,
        unit_price=reason.unit_price,
        money=reason.money,
        packs=_packs(offer, reason.line.cases),
        on_hand_units=given.on_hand_units,
        on_hand_sigma=given.on_hand_sigma,
        store_units=given.store_units,
        coming_units=coming,
        daily_units=daily,
        par_units=par,
        par_is_managers=is_managers,
        par_cases=max(0, ceil((par - given.on_hand_units - coming) / offer.pack_units - 1e-9)),
        risk_without=reason.risk_without,
        saves=reason.saves,
        last_case_saves=reason.last_case_saves,
        sentences=reason.sentences,
    )


def _packs(offer: Offer, cases: int) -> tuple[PackCount, ...]:
    return tuple(
        PackCount(pack.article, count, pack.pack_units, pack.unit_price(count), pack.deposit)
        for pack, count in offer.split(cases)
    )


def _par(product: ProductInput, daily: float) -> tuple[float, bool]:
    """The manager's par, else the usual rule of thumb."""
    if product.par_units is not None:
        return product.par_units, True
    return rule_of_thumb_par(daily), False


def _enough(inputs: Inputs, product: ProductInput) -> Enough:
    left, until = product.on_hand_units, None
    for day, mean in enumerate(product.daily_mean):
        left -= mean
        if left < 0:
            until = inputs.now.date() + timedelta(days=day)
            break
    daily = sum(product.daily_mean) / max(1, len(product.daily_mean))
    return Enough(product.product_id, product.name, product.on_hand_units, daily, until)


def _differences(before: Suggestion, after: Suggestion) -> Iterator[str]:
    """What is ordered otherwise, in words, in order of supplier and day."""
    was, now = _amounts(before), _amounts(after)
    for key in sorted(was.keys() | now.keys()):
        supplier, order_on, product = key
        old, new = was.get(key, 0), now.get(key, 0)
        if old != new:
            yield f"{product} at {supplier}, {order_on:%a %d %b}: {new} instead of {old} bottles."


def _amounts(said: Suggestion) -> dict[tuple[str, date, str], int]:
    return {
        (order.supplier, order.order_on, line.product): line.units
        for order in said.orders
        for line in order.lines
    }
