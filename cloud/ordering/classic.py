"""The classic figures of a product, for understanding and override: ABC, EOQ, safety stock, reorder point,
par.

Owns textbook formulas, one function each. None of them plans anything: the plan weighs them all together,
these are what a person checks it against.
Must not know plans, suppliers' calendars or a database. Sources: Snyder and Shen, Fundamentals of Supply
Chain Theory (2nd ed.); Silver, Pyke and Thomas, Inventory and Production Management (4th ed.).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt
from statistics import NormalDist

A_SHARE, B_SHARE = 0.80, 0.95
"""Products that make up the first 80 % of the value used are A, up to 95 % B, the rest C."""
DAYS_PER_WEEK = 7.0
RULE_OF_THUMB_WEEKS = 1.5
"""The usual par of bars: one and a half weeks of average use."""


def abc_classes(values: Sequence[float]) -> tuple[str, ...]:
    """A, B or C of each product from its value used in a period (money, 0 or more); without any value all
    are C.
    """
    total = sum(values)
    classes = ["C"] * len(values)
    reached = 0.0
    for index in sorted(range(len(values)), key=lambda i: (-values[i], i)):
        if values[index] > 0 and reached < A_SHARE * total:
            classes[index] = "A"
        elif values[index] > 0 and reached < B_SHARE * total:
            classes[index] = "B"
        reached += values[index]
    return tuple(classes)


def economic_order_quantity(demand: float, order_cost: float, holding_cost: float) -> float:
    """Units to order at once: sqrt(2 x order cost x demand / holding cost); demand and holding cost per
    same time.

    Without holding cost there is no limit (infinity), without demand nothing is ordered.
    """
    _check_amounts(demand=demand, order_cost=order_cost, holding_cost=holding_cost)
    if not demand or not order_cost:
        return 0.0
    return sqrt(2 * order_cost * demand / holding_cost) if holding_cost else inf


def economic_order_quantity_with_breaks(
    demand: float, order_cost: float, holding_rate: float, breaks: Sequence[tuple[float, float]]
) -> tuple[float, float]:
    """The quantity and the cost per time under all-units price breaks (least quantity, unit price).

    `holding_rate` is the share of a unit's price that holding it for that time costs (above 0).
    """
    if not breaks or holding_rate <= 0:
        raise ValueError("Give at least one price break and a holding rate above 0.")
    found = []
    for least, price in breaks:
        quantity = max(economic_order_quantity(demand, order_cost, holding_rate * price), least)
        held = holding_rate * price * quantity / 2
        found.append(
            (price * demand + (order_cost * demand / quantity if quantity else 0.0) + held, quantity)
        )
    cost, quantity = min(found)
    return quantity, cost


def critical_fractile(under_cost: float, over_cost: float) -> float:
    """Share of cases in which the demand should be met: Cu / (Cu + Co); 0 where both cost nothing."""
    _check_amounts(under_cost=under_cost, over_cost=over_cost)
    return under_cost / (under_cost + over_cost) if under_cost + over_cost else 0.0


def normal_quantity(mean: float, sigma: float, service: float) -> float:
    """The stock that covers a normal demand with probability `service` (0..1, both excluded)."""
    return mean + _safety_factor(service) * sigma


def lead_time_sigma(
    daily_mean: float, daily_sigma: float, lead_days: float, lead_sigma_days: float = 0.0
) -> float:
    """Standard deviation of the demand over a lead time that itself varies: sqrt(L sd^2 + mean^2 sL^2)."""
    return sqrt(lead_days * daily_sigma**2 + daily_mean**2 * lead_sigma_days**2)


def safety_stock(service: float, sigma: float) -> float:
    """Units above the mean that cover the lead-time demand with probability `service`; never below zero."""
    return max(0.0, _safety_factor(service) * sigma)


def reorder_point(daily_mean: float, lead_days: float, safety_units: float) -> float:
    """Stock (with what is on order) at which the next order must go out."""
    return daily_mean * lead_days + safety_units


def par_level(
    daily_mean: float, daily_sigma: float, lead_days: float, review_days: float, service: float
) -> float:
    """Stock to fill up to at each review: covers lead time + review period with probability `service`."""
    span = lead_days + review_days
    return daily_mean * span + safety_stock(service, lead_time_sigma(daily_mean, daily_sigma, span))


def rule_of_thumb_par(daily_mean: float) -> float:
    """What bars use without a forecast: 1.5 weeks of average use."""
    return RULE_OF_THUMB_WEEKS * DAYS_PER_WEEK * daily_mean


@dataclass(frozen=True, slots=True)
class ClassicFigures:
    """One product's classic figures; units but for the fractile and the class. The economic order quantity is
    None where holding costs nothing: then no order is too large.
    """

    abc_class: str
    economic_order_quantity: float | None
    critical_fractile: float
    safety_stock_units: float
    reorder_point_units: float
    par_units: float
    rule_of_thumb_par_units: float


def classic_figures(
    *,
    abc_class: str,
    daily_mean: float,
    daily_sigma: float,
    lead_days: float,
    review_days: float,
    order_cost: float,
    holding_cost_per_day: float,
    shortage_cost: float,
    lead_sigma_days: float = 0.0,
) -> ClassicFigures:
    """All of them for one product; the service level is its own critical fractile over a review period."""
    fractile = critical_fractile(shortage_cost, holding_cost_per_day * review_days)
    service = min(max(fractile, 0.5), 0.999)
    sigma = lead_time_sigma(daily_mean, daily_sigma, lead_days, lead_sigma_days)
    safety = safety_stock(service, sigma)
    at_once = economic_order_quantity(daily_mean, order_cost, holding_cost_per_day)
    return ClassicFigures(
        abc_class=abc_class,
        economic_order_quantity=at_once if at_once < inf else None,
        critical_fractile=fractile,
        safety_stock_units=safety,
        reorder_point_units=reorder_point(daily_mean, lead_days, safety),
        par_units=par_level(daily_mean, daily_sigma, lead_days, review_days, service),
        rule_of_thumb_par_units=rule_of_thumb_par(daily_mean),
    )


def _safety_factor(service: float) -> float:
    if not 0 < service < 1:
        raise ValueError(f"A service level of {service} cannot be planned for; give one between 0 and 1.")
    return NormalDist().inv_cdf(service)


def _check_amounts(**amounts: float) -> None:
    for name, amount in amounts.items():
        if amount < 0:
            raise ValueError(f"{name} must be 0 or more, not {amount}.")
