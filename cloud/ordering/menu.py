"""What can be ordered of a product at once: quantities, their prices, and how much is of use at all.

Owns which quantities the search weighs. Must not know stocks on other days, nor what else is ordered.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.ordering.model import CostRules, Offer, Product, credit_cap
from cloud.ordering.packs import MixedOffer

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

MAX_CHOICES = 96
"""Quantities weighed for one product and delivery; where more are possible they are thinned evenly."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One product's chance at one delivery: quantities, what each costs, and which are weighed even where
    fewer reach `need_units`: none, and those that just reach a price break.
    """

    pack_units: int
    need_units: float
    cases: Ints
    prices: Floats
    always: Flags


class Menu:
    """One product's offers, and its need from each day on."""

    def __init__(self, product: Product, rules: CostRules) -> None:
        self.offers: dict[int, Offer] = {}
        for offer in product.offers:
            self.offers.setdefault(offer.supplier, offer)
        self._product, self._credited = product, credit_cap(product, rules)
        self._known: dict[tuple[int, int], tuple[Ints, Floats, Flags]] = {}

    def choice(self, supplier: int, day: int, least_stock: float) -> Choice:
        """What may be ordered of `supplier` for the morning of `day`, from stocks of `least_stock` up."""
        offer = self.offers[supplier]
        # Beyond this stock another unit is neither sold nor credited.
        need = sum(self._product.demand_units[day:]) + self._credited
        most = max(0, int(np.ceil(max(0.0, need - least_stock) / offer.pack_units)))
        known = self._known.get((supplier, most))
        if known is None:
            known = self._known[supplier, most] = _quantities(offer, most)
        return Choice(offer.pack_units, need, *known)


def _quantities(offer: Offer, most: int) -> tuple[Ints, Floats, Flags]:
    """Zero, every number of cases up to `most`, and each price break; only what has a price."""
    steps = np.array([b.min_cases for b in offer.price_breaks])
    every = np.arange(steps.min(), most + 1)
    if len(every) > MAX_CHOICES:
        every = every[np.unique(np.linspace(0, len(every) - 1, MAX_CHOICES).astype(np.int64))]
    cases = np.array(sorted({0, *every.tolist(), *steps.tolist()}), dtype=np.int64)
    prices, breaks = _line_prices(offer, cases)
    priced = np.isfinite(prices)
    return cases[priced], prices[priced], ((cases == 0) | breaks)[priced]


def _line_prices(offer: Offer, cases: Ints) -> tuple[Floats, Flags]:
    """What each number of cases costs, and whether it just reaches a price break."""
    if isinstance(offer, MixedOffer):
        steps = {b.min_cases for b in offer.price_breaks}
        prices = np.array([offer.price(int(n)) for n in cases])
        return prices, np.array([int(n) in steps for n in cases])
    least = np.array([b.min_cases for b in offer.price_breaks])
    unit = np.array([b.unit_price for b in offer.price_breaks])
    reached = np.searchsorted(least, cases, side="right") - 1
    money = np.asarray(unit[np.maximum(reached, 0)] * cases * offer.pack_units, dtype=np.float64)
    return money, (reached >= 0) & (least[np.maximum(reached, 0)] == cases)
