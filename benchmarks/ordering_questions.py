"""What-if questions and the CPU seconds until each answer: of a given instance, and of a site of its own.

The site has 200 products of 6 suppliers, a forecast's spread and three weeks ahead, all from seeded dice; it
is planned and asked as the Orders page does it.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from datetime import time as clock_time
from typing import Any

import numpy as np

from cloud.ordering.inputs import ArticleInput, Inputs, OrderSettings, ProductInput, SupplierInput
from cloud.ordering.model import Problem
from cloud.ordering.plan import make_plan
from cloud.ordering.suggestion import answer, suggest
from cloud.ordering.whatif import Question, ask

LIMIT_S = 3.0
SUPPLIERS, PRODUCTS, DAYS = 6, 200, 21


def questions(budget: float) -> dict[str, Question]:
    return {
        f"a budget of {budget:,.0f} a week": Question(weekly_budget=budget),
        "lost sales weigh double": Question(service_factor=2.0),
        "supplier 0 closed": Question(closed_suppliers=[0]),
    }


def asked_of_problem(problem: Problem) -> list[dict[str, Any]]:
    """Answers about an instance; its budget is cut to 80 %."""
    plan = make_plan(problem)
    budget = 0.8 * (plan.problem.budget(0) or plan.costing.purchases)
    return _timed(questions(budget), lambda question: len(ask(plan, question).differences))


def asked_of_site(inputs: Inputs) -> list[dict[str, Any]]:
    """Answers about a site's suggestion; its budget is 80 % of a mean week's purchases."""
    before = suggest(inputs)
    budget = 0.8 * before.purchases * 7 / before.days
    return _timed(questions(budget), lambda question: len(answer(inputs, question, before).changes))


def _timed(asked: Mapping[str, Question], ask_one: Callable[[Question], int]) -> list[dict[str, Any]]:
    rows = []
    for name, question in asked.items():
        began_s = time.process_time()
        differs = ask_one(question)
        spent_s = time.process_time() - began_s
        rows.append({"question": name, "cpu_s": round(spent_s, 2), "lines": differs})
    return rows


def site(seed: int = 3) -> Inputs:
    """A site from dice: fast and slow products, packs of 1, 6 and 12, price breaks, minimums and fees."""
    dice = np.random.default_rng(seed)
    suppliers = tuple(_supplier(dice, number) for number in range(SUPPLIERS))
    products = tuple(_product(dice, number) for number in range(PRODUCTS))
    now = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    return Inputs("dice", now, suppliers, products, OrderSettings(days=DAYS))


def _supplier(dice: np.random.Generator, number: int) -> SupplierInput:
    return SupplierInput(
        supplier_id=f"s{number}",
        name=f"Supplier {number}",
        order_weekdays=tuple(sorted(dice.choice(6, 2, replace=False).tolist())),
        cut_off=clock_time(17, 0),
        lead_days=int(dice.integers(1, 4)),
        minimum_order_value=float(dice.choice([0, 150, 300])),
        delivery_fee=float(dice.choice([0, 10, 25])),
    )


def _product(dice: np.random.Generator, number: int) -> ProductInput:
    daily, price = float(dice.gamma(1.2, 0.7) + 0.05), float(dice.uniform(3, 30))
    sellers = dice.choice(SUPPLIERS, int(dice.integers(1, 4)), replace=False)
    return ProductInput(
        product_id=f"p{number}",
        name=f"Product {number}",
        on_hand_units=daily * float(dice.uniform(0, 10)),
        on_hand_sigma=0.1,
        daily_mean=(daily,) * DAYS,
        sum_sigma={lead: 1.2 * (lead * daily) ** 0.5 for lead in (1, 7, 14)},
        articles=tuple(_article(dice, number, int(seller), price) for seller in sellers),
    )


def _article(dice: np.random.Generator, product: int, seller: int, price: float) -> ArticleInput:
    breaks = ((1, round(price * float(dice.uniform(0.95, 1.05)), 2)), (5, round(price * 0.93, 2)))
    return ArticleInput(
        f"s{seller}",
        f"a{product}-{seller}",
        int(dice.choice([1, 6, 12])),
        breaks[: int(dice.integers(1, 3))],
    )
