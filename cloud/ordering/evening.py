"""What a product costs from one morning to the next: holding, shortage, too little in reserve, what
spoils, what is left.

Owns the charge of one product's stock, as arrays over many stocks at once; under certainty it is the
deterministic rule (sell while there is stock), under uncertainty the expectation over the product's
surprises. Must not know deliveries, prices or plans.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cloud.ordering.model import CostRules, Product, credit_cap

Floats = NDArray[np.float64]


def left_in_the_evening(product: Product, day: int, stock_units: Floats) -> Floats:
    """Expected stock after the day's demand; never below zero, because a sale is never refused nor owed."""
    return np.maximum(0.0, stock_units - product.demand_units[day])


def evening_cost(product: Product, rules: CostRules, day: int, stock_units: Floats) -> Floats:
    """Holding + shortage + under safety stock of one day that begins with `stock_units` (after its
    deliveries).
    """
    left = left_in_the_evening(product, day, stock_units)
    short_of_safety = np.maximum(0.0, product.safety_stock_units - left)
    return (
        product.shortage_cost * expected_lost(product, day, stock_units)
        + product.holding_cost_per_day * expected_left(product, day, stock_units)
        + rules.under_safety_share * product.shortage_cost * short_of_safety
    )


def expected_left(product: Product, day: int, stock_units: Floats) -> Floats:
    """Expected units that stand there in the evening and tie up money."""
    net = stock_units - product.demand_units[day]
    surprises = _surprises(product, day)
    if surprises == (0.0,):
        return np.maximum(0.0, net)
    above = np.maximum(0.0, net[..., None] - _values(surprises))
    return np.asarray(np.add.reduce(above, axis=-1) / len(surprises))


def expected_lost(product: Product, day: int, stock_units: Floats) -> Floats:
    """Units of the day's demand that nobody can be sold.

    Under uncertainty the rise of the expected backlog over the day (Tempelmeier, Inventory Management in
    Supply Networks, the fill-rate of a cycle as backlog at its end - backlog at its beginning), and never
    less than what the expected demand exceeds the expected stock by (Jensen): a backlog grows slowly on a
    shelf that is empty already, but everything that is asked for there is lost.
    """
    net = stock_units - product.demand_units[day]
    before = (
        product.surprise_units[day - 1] if day and product.surprise_units else product.stock_surprise_units
    )
    rise = _backlog(_surprises(product, day), net) - _backlog(before or (0.0,), stock_units)
    return np.maximum(rise, np.maximum(0.0, -net))


def end_credit(product: Product, rules: CostRules, stock_units: Floats) -> Floats:
    """Expected value of what the last day, begun with `stock_units`, leaves; negative beyond all need."""
    last = len(product.demand_units) - 1
    net = stock_units - product.demand_units[last]
    surprises = _surprises(product, last)
    if surprises == (0.0,):
        return _credit(product, rules, np.maximum(0.0, net))
    left = np.maximum(0.0, net[..., None] - np.asarray(surprises))
    return np.asarray(_credit(product, rules, left).mean(axis=-1))


def _credit(product: Product, rules: CostRules, left_units: Floats) -> Floats:
    cap = credit_cap(product, rules)
    kept = np.minimum(left_units, cap) * product.unit_cost * rules.credit_share
    return kept - np.maximum(0.0, left_units - cap) * rules.surplus_cost


def spoilage_cost(product: Product, day: int, before_units: Floats, after_units: Floats) -> Floats:
    """Value of what a delivery on `day` adds beyond what is used within its shelf life (first in, first
    out).
    """
    if product.shelf_life_days is None:
        return np.zeros(np.broadcast_shapes(before_units.shape, after_units.shape))
    usable = use_within(product, day, product.shelf_life_days)
    added = np.maximum(0.0, after_units - usable) - np.maximum(0.0, before_units - usable)
    return np.asarray(added * product.unit_cost)


def use_within(product: Product, day: int, span_days: int) -> float:
    """Expected demand of `span_days` from `day`; beyond the horizon at its average."""
    inside = product.demand_units[day : day + span_days]
    average = sum(product.demand_units) / max(1, len(product.demand_units))
    return sum(inside) + average * (span_days - len(inside))


def _backlog(surprises: tuple[float, ...], net_units: Floats) -> Floats:
    if surprises == (0.0,):
        return np.maximum(0.0, -net_units)
    short = np.maximum(0.0, _values(surprises) - net_units[..., None])
    return np.asarray(np.add.reduce(short, axis=-1) / len(surprises))


@lru_cache(maxsize=100_000)
def _values(surprises: tuple[float, ...]) -> Floats:
    """Read by many stocks of many plans; made once."""
    return np.array(surprises)


def _surprises(product: Product, day: int) -> tuple[float, ...]:
    return product.surprise_units[day] if product.surprise_units else (0.0,)
