"""What products cost from one morning to the next: holding, shortage, too little in reserve, what spoils,
what is left.

Owns the charge of a stock; under certainty it is the deterministic rule (sell while there is stock), under
uncertainty the expectation over the product's surprises. Many stocks of many products are charged at once:
`rows[m]` says which product the m-th stock is of. Must not know deliveries, prices or plans.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cloud.ordering.model import CostRules, Product, credit_cap

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CERTAIN = (0.0,)
_BLOCK = 8_192
"""Stocks charged at once: their surprises stay in the processor's cache."""


class Evenings:
    """The money of every evening of some products' stocks."""

    def __init__(self, products: Sequence[Product], rules: CostRules, days: int) -> None:
        self.rules = rules
        self.days = days
        shape = (len(products), days)
        self.demand: Floats = np.array([p.demand_units for p in products]).reshape(shape)
        self.arriving: Floats = np.array([p.arriving_units or (0.0,) * days for p in products]).reshape(shape)
        self.on_hand: Floats = np.array([max(0.0, p.on_hand_units) for p in products])
        self.holding: Floats = np.array([p.holding_cost_per_day for p in products])
        self.shortage: Floats = np.array([p.shortage_cost for p in products])
        self.safety: Floats = np.array([p.safety_stock_units for p in products])
        self.unit_cost: Floats = np.array([p.unit_cost for p in products])
        self.unit_volume: Floats = np.array([p.unit_volume for p in products])
        self.cap: Floats = np.array([credit_cap(p, rules) for p in products])
        self._before = _Surprises([p.stock_surprise_units or _CERTAIN for p in products])
        self._surprises = [
            _Surprises([p.surprise_units[day] if p.surprise_units else _CERTAIN for p in products])
            for day in range(days)
        ]
        self._spoils = any(p.shelf_life_days is not None for p in products)
        self._usable = [_usable(products, day) for day in range(days)] if self._spoils else []

    def left(self, rows: Ints, day: int, stock_units: Floats) -> Floats:
        """Expected stock after the day's demand; never below zero: a sale is never refused nor owed."""
        return np.asarray(np.maximum(0.0, stock_units - self.demand[rows, day]))

    def lost_and_held(self, rows: Ints, day: int, stock_units: Floats) -> tuple[Floats, Floats]:
        """Units of the day's demand that nobody can be sold, and those that tie up money in the evening.

        Under uncertainty the loss is the rise of the expected backlog over the day (Tempelmeier, Inventory
        Management in Supply Networks, the fill-rate of a cycle as backlog at its end - backlog at its
        beginning), and never less than what the expected demand exceeds the expected stock by (Jensen): a
        backlog grows slowly on a shelf that is empty already, but everything that is asked for there is lost.
        """
        net = stock_units - self.demand[rows, day]
        today = self._surprises[day]
        yesterday = self._surprises[day - 1] if day else self._before
        backlog = today.backlog(rows, net)
        rise = backlog - yesterday.backlog(rows, stock_units)
        lost = np.maximum(rise, np.maximum(0.0, -net))
        return lost, np.maximum(0.0, net - today.mean[rows] + backlog)

    def cost(self, rows: Ints, day: int, stock_units: Floats) -> Floats:
        """Holding + shortage + under safety stock of one day that begins with `stock_units` (after its
        deliveries).
        """
        short_of_safety = np.maximum(0.0, self.safety[rows] - self.left(rows, day, stock_units))
        lost, held = self.lost_and_held(rows, day, stock_units)
        return np.asarray(
            self.shortage[rows] * lost
            + self.holding[rows] * held
            + self.rules.under_safety_share * self.shortage[rows] * short_of_safety
        )

    def end_credit(self, rows: Ints, stock_units: Floats) -> Floats:
        """Expected value of what the last day, begun with `stock_units`, leaves; negative beyond all need."""
        last = self.days - 1
        net, cap = stock_units - self.demand[rows, last], self.cap[rows]
        beyond = self._surprises[last].surplus(rows, net - cap)
        kept = (self._surprises[last].surplus(rows, net) - beyond) * self.unit_cost[rows]
        return np.asarray(kept * self.rules.credit_share - beyond * self.rules.surplus_cost)

    def spoilage(self, rows: Ints, day: int, before_units: Floats, after_units: Floats) -> Floats:
        """Value of what a delivery on `day` adds beyond what is used within its shelf life (first in, first
        out).
        """
        return self.wasted(rows, day, after_units) - self.wasted(rows, day, before_units)

    def wasted(self, rows: Ints, day: int, stock_units: Floats) -> Floats:
        """Value of what of these stocks is not used within its shelf life from `day` on."""
        if not self._spoils:
            return np.zeros(len(rows))
        return np.asarray(np.maximum(0.0, stock_units - self._usable[day][rows]) * self.unit_cost[rows])


class _Surprises:
    """Equally likely surprises of one evening, for each product; fewer than others have are filled up with
    -inf, which nobody misses.
    """

    def __init__(self, values: Sequence[tuple[float, ...]]) -> None:
        levels = max(map(len, values), default=1)
        self.count: Floats = np.array([float(len(v)) for v in values])
        self.mean: Floats = np.array([sum(v) / len(v) for v in values])
        self._values: Floats = np.array([(*v, *(-np.inf,) * (levels - len(v))) for v in values])
        self.are_certain = levels == 1 and not self._values.any()

    def backlog(self, rows: Ints, net_units: Floats) -> Floats:
        """Mean of what is missing, max(0, surprise - net)."""
        if self.are_certain:
            return np.maximum(0.0, -net_units)
        short = np.empty(len(net_units))
        for begin in range(0, len(net_units), _BLOCK):
            part = slice(begin, begin + _BLOCK)
            each = self._values[rows[part]]
            each -= net_units[part, None]
            np.maximum(each, 0.0, out=each)
            short[part] = each.sum(axis=1)
        return np.asarray(short / self.count[rows])

    def surplus(self, rows: Ints, net_units: Floats) -> Floats:
        """Mean of what is left, max(0, net - surprise)."""
        if self.are_certain:
            return np.maximum(0.0, net_units)
        return np.maximum(0.0, net_units - self.mean[rows] + self.backlog(rows, net_units))


def use_within(product: Product, day: int, span_days: int) -> float:
    """Expected demand of `span_days` from `day`; beyond the horizon at its average."""
    inside = product.demand_units[day : day + span_days]
    average = sum(product.demand_units) / max(1, len(product.demand_units))
    return sum(inside) + average * (span_days - len(inside))


def _usable(products: Sequence[Product], day: int) -> Floats:
    """Units of use within each product's shelf life from `day`; infinite for what keeps."""
    return np.array(
        [np.inf if p.shelf_life_days is None else use_within(p, day, p.shelf_life_days) for p in products]
    )
