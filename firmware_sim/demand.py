"""What guests order: a rate over the night, how popular each product is, how much is poured.

A source of orders is an iterator in order of time. Knows neither bottles nor staff.
"""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from contract.layout import Category, Product
from firmware_sim.seeds import stream

POUR_SPREAD = 0.08
"""A free pour misses its measure: standard deviation of the logarithm."""
SMALLEST_POUR_ML = 5.0

POUR_SIZES_ML: Mapping[Category, tuple[tuple[float, float], ...]] = {
    Category.SPIRIT: ((20, 0.25), (40, 0.55), (50, 0.2)),
    Category.LIQUEUR: ((20, 0.5), (30, 0.3), (40, 0.2)),
    Category.WINE: ((60, 0.2), (100, 0.55), (200, 0.25)),
    Category.MIXER: ((25, 0.5), (100, 0.2), (150, 0.3)),
    Category.BEER: ((300, 0.6), (330, 0.4)),
    Category.KEG: ((300, 0.6), (500, 0.4)),
}
"""Measures of a European bar, ml, and how often each is poured."""


@dataclass(frozen=True, slots=True)
class Order:
    """One drink: the products of its pours (one or two). ml is given for what is left of a started pour."""

    at_s: float
    products: tuple[str, ...]
    ml: float | None = None


class RateCurve:
    """Pours per hour over the minutes of a night: linear between points, the last value holds to the end."""

    def __init__(self, points: Sequence[tuple[float, float]], minutes: float) -> None:
        self._minutes = [point[0] for point in points]
        self._rates = [point[1] for point in points]
        self._grid_s = np.arange(math.ceil(minutes * 60) + 1, dtype=np.float64)
        rates = np.interp(self._grid_s / 60, self._minutes, self._rates) / 3600
        self._sum = np.concatenate([[0.0], np.cumsum((rates[1:] + rates[:-1]) / 2)])

    @property
    def pours(self) -> float:
        """Expected pours of the whole night."""
        return float(self._sum[-1])

    @property
    def peak_per_s(self) -> float:
        """The highest rate, pours per second."""
        return max(self._rates) / 3600

    def at(self, at_s: float) -> float:
        """Pours per second at a time of the night."""
        return float(np.interp(at_s / 60, self._minutes, self._rates)) / 3600

    def when(self, share: float) -> float:
        """Seconds into the night by which `share` (0..1) of the pours has been ordered."""
        return float(np.interp(share * self._sum[-1], self._sum, self._grid_s))


def popularity(products: Sequence[Product], seed: int, given: Mapping[str, float]) -> dict[str, float]:
    """Weight of each product, > 0: par level (what the bar keeps many of sells) times seeded taste."""
    dice = stream(seed, "popularity")
    weights = {}
    for product in sorted(products, key=lambda product: product.id):
        taste = math.exp(dice.gauss(0, 0.35))
        weights[product.id] = given.get(product.id, (product.par_bottles or 1.0) ** 1.2 * taste)
    return weights


def pour_ml(category: Category, dice: random.Random) -> float:
    """How much is poured this time, ml."""
    sizes = POUR_SIZES_ML[category]
    size = dice.choices([ml for ml, _ in sizes], [share for _, share in sizes])[0]
    return max(SMALLEST_POUR_ML, size * math.exp(dice.gauss(0, POUR_SPREAD)))


def poisson_orders(
    curve: RateCurve, weights: Mapping[str, float], pair_chance: float, end_s: float, dice: random.Random
) -> Iterator[Order]:
    """Yield orders whose pours follow the curve (thinning of a Poisson process at the peak rate)."""
    names = list(weights)
    shares = list(weights.values())
    orders_per_pour = 1 / (1 + pair_chance)
    peak = curve.peak_per_s * orders_per_pour
    at_s = dice.expovariate(peak) if peak > 0 else end_s
    while at_s < end_s:
        if dice.random() * curve.peak_per_s < curve.at(at_s):
            yield Order(at_s, _choose(names, shares, pair=dice.random() < pair_chance, dice=dice))
        at_s += dice.expovariate(peak)


def _choose(names: list[str], shares: list[float], *, pair: bool, dice: random.Random) -> tuple[str, ...]:
    first, second = dice.choices(names, shares, k=2)
    return (first, second) if pair and first != second else (first,)


def counted_orders(curve: RateCurve, pours: Mapping[str, int], dice: random.Random) -> Iterator[Order]:
    """Yield exactly `pours` orders of each product, spread over the night like the curve."""
    orders = [
        Order(curve.when(dice.random()), (name,)) for name, count in pours.items() for _ in range(count)
    ]
    yield from sorted(orders, key=lambda order: (order.at_s, order.products))
