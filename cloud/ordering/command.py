"""A plan from a file, for a person at a terminal: what to order, from whom and why. No database.

Owns the words of the command and the printing. Must not know how a plan is found.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from cloud.ordering.instances import read_problem, write_lines
from cloud.ordering.model import Line, Problem, offer_for
from cloud.ordering.packs import MixedOffer
from cloud.ordering.plan import OrderPlan, make_plan
from cloud.ordering.whatif import Question, WhatIf, ask
from cloud.ordering.why import DeliveryReason, explain, explain_limits, weekday_name

MAX_FILE_BYTES = 64 * 1024 * 1024


def main(argv: Sequence[str]) -> int:
    """Plan the orders of an instance file and print them with their reasons.

    Exit status 0: planned (notes may name what was left out); 2: the file or a word cannot be used, said on
    stderr.
    """
    arguments = _parser().parse_args(argv)
    try:
        problem = _read(arguments.file)
        plan = make_plan(problem)
        question = _question(problem, arguments)
        answer = ask(plan, question) if question else None
    except (OSError, ValueError) as fault:
        sys.stderr.write(f"{arguments.file}: {fault}\n")
        return 2
    shown = answer.plan if answer else plan
    if arguments.json:
        text = [json.dumps({"lines": write_lines(problem, shown.lines), "cost": shown.costing.total})]
    else:
        text = _pages(shown, today_only=arguments.today) + (_comparison(answer) if answer else [])
    sys.stdout.write("\n".join(text) + "\n")
    return 0


def _comparison(answer: WhatIf) -> list[str]:
    text = (
        f"Against the plan as it was: cost {answer.cost_change:+,.2f}, "
        f"purchases {answer.purchases_change:+,.2f}, lost sales {answer.lost_units_change:+.1f} units, "
        f"{len(answer.differences)} lines differ."
    )
    return ["", text]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cloud order", description="What to order, from whom and when, and why: from a file."
    )
    parser.add_argument(
        "file", type=Path, help="the instance: days, suppliers, items, weekly_budget, storage_volume"
    )
    parser.add_argument("--today", action="store_true", help="only the orders that must go out on day 0")
    parser.add_argument("--json", action="store_true", help="lines and cost as JSON instead of a text")
    parser.add_argument("--budget", type=float, metavar="MONEY", help="what if the weekly budget were this")
    parser.add_argument(
        "--service", type=float, metavar="FACTOR", help="what if lost sales weighed this much more"
    )
    parser.add_argument(
        "--closed", action="append", default=[], metavar="SUPPLIER", help="what if it took no orders"
    )
    return parser


def _read(file: Path) -> Problem:
    if file.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"more than {MAX_FILE_BYTES // 1024 // 1024} MiB; plan fewer products at once.")
    try:
        return read_problem(json.loads(file.read_text(encoding="utf-8")))
    except KeyError as missing:
        raise ValueError(f"{missing} is missing; docs/ordering.md shows the whole format.") from missing
    except (TypeError, AttributeError, json.JSONDecodeError) as fault:
        raise ValueError(f"not a planning instance ({fault}); docs/ordering.md shows the format.") from fault


def _question(problem: Problem, arguments: argparse.Namespace) -> Question | None:
    if arguments.budget is None and arguments.service is None and not arguments.closed:
        return None
    closed = [_supplier(problem, name) for name in arguments.closed]
    factor = 1.0 if arguments.service is None else arguments.service
    return Question(arguments.budget, factor, closed)


def _supplier(problem: Problem, name: str) -> int:
    if name in problem.suppliers:
        return problem.suppliers.index(name)
    if name.isdecimal() and int(name) < len(problem.suppliers):
        return int(name)
    raise ValueError(f"no supplier is called {name}; there are {', '.join(problem.suppliers)}.")


def _pages(plan: OrderPlan, *, today_only: bool) -> list[str]:
    """The plan as lines of text."""
    orders = [
        o for o in explain(plan) if not today_only or plan.problem.deliveries[o.delivery].order_day == 0
    ]
    lines = _summary(plan)
    for order in orders:
        lines += _order(plan, order)
    if not orders:
        lines += ["", "Nothing is worth ordering today." if today_only else "Nothing is worth ordering."]
    limits = explain_limits(plan)
    if limits:
        lines += ["", "What holds the plan back:", *(f"  {sentence}" for sentence in limits)]
    if plan.notes:
        lines += ["", "Notes:", *(f"  {note}" for note in plan.notes)]
    return lines


def _summary(plan: OrderPlan) -> list[str]:
    costing = plan.costing
    orders = len({line.delivery for line in plan.lines})
    money = (
        f"purchases {costing.purchases:,.2f}, fees {costing.fees:,.2f}, lost sales {costing.shortage:,.2f}"
    )
    lines = [
        f"{len(plan.lines)} lines in {orders} orders over {plan.problem.days} days",
        f"{money} ({costing.fill_rate:.1%} of the demand can be sold)",
        f"cost {costing.total:,.2f}; a par plan costs {plan.par_cost:,.2f}",
    ]
    if plan.gap is not None:
        lines.append(f"proved: no plan is more than {plan.gap:.2%} cheaper")
    if costing.broken:
        lines += ["Not every rule can be kept:", *(f"  {sentence}" for sentence in costing.broken)]
    return lines


def _order(plan: OrderPlan, order: DeliveryReason) -> list[str]:
    delivery = plan.problem.deliveries[order.delivery]
    head = (
        f"{order.supplier}: order {weekday_name(delivery.order_day)}, "
        f"comes {weekday_name(delivery.arrival_day)}, {order.money:,.2f}"
    )
    if order.minimum_order_value:
        head += f" (minimum {order.minimum_order_value:,.2f})"
    if order.fee:
        head += f" + {order.fee:,.2f} delivery"
    lines = ["", head]
    for reason in order.lines:
        cases = f"{reason.line.cases} case{'s' if reason.line.cases > 1 else ''}"
        price = f"{reason.units:>4} at {reason.unit_price:>8.2f} = {reason.money:>9.2f}"
        lines.append(f"  {reason.product:<24} {cases:>9} = {price}")
        if words := _packs(plan, reason.line):
            lines.append(f"      Ordered as {words}.")
        lines += [f"      {sentence}" for sentence in reason.sentences]
    return lines


def _packs(plan: OrderPlan, line: Line) -> str:
    """'1 x 24 and 1 x 6' where the supplier sells several packs; "" where there is only one."""
    supplier = plan.problem.deliveries[line.delivery].supplier
    offer = offer_for(plan.problem.products[line.product], supplier)
    if not isinstance(offer, MixedOffer):
        return ""
    return " and ".join(f"{count} x {pack.pack_units}" for pack, count in offer.split(line.cases))
