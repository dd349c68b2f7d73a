"""What can be ordered of a product at once: quantities, their prices, and how much is of use at all.

Owns which quantities the search weighs. Must not know stocks on other days, nor what else is ordered.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cloud.ordering.model import CostRules, Offer, Product, credit_cap
from cloud.ordering.packs import MixedOffer

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

MAX_STEPS = 256
MAX_MIXTURES = 96
"""Quantities weighed up to a product's whole need; where more are possible, only every so manieth is."""
_NO_END = 2**31


@dataclass(frozen=True, slots=True)
class Tier:
    """From `least_cases` to `last_cases` a case more costs `case_price` more, and so does each before it."""

    least_cases: int
    last_cases: int
    case_price: float


NO_TIER = Tier(1, 0, 0.0)


@dataclass(frozen=True, slots=True)
class Choice:
    """One product's chance at one delivery: `step_cases` cases more or less, at the price of their tier.

    Beyond `need_units` another unit is neither sold nor credited. `cases` are quantities with `prices` of
    their own: those that just reach a price break, which may be bought beyond the need (`is_break`), and
    every one where there are no tiers.
    """

    pack_units: int
    step_cases: int
    need_units: float
    tiers: tuple[Tier, ...]
    cases: Ints
    prices: Floats
    is_break: Flags


class Menu:
    """One product's offers, and its need from each day on."""

    def __init__(self, product: Product, rules: CostRules) -> None:
        self.offers: dict[int, Offer] = {}
        for offer in product.offers:
            self.offers.setdefault(offer.supplier, offer)
        later = np.cumsum(product.demand_units[::-1])[::-1]
        self._needs = [float(need) + credit_cap(product, rules) for need in later]
        self._known: dict[int, Choice] = {}

    def choice(self, supplier: int, day: int) -> Choice:
        """What may be ordered of `supplier` for the morning of `day`."""
        if supplier not in self._known:
            self._known[supplier] = _choice(self.offers[supplier], self._needs[0])
        return replace(self._known[supplier], need_units=self._needs[day])


def _choice(offer: Offer, need_units: float) -> Choice:
    most = int(np.ceil(need_units / offer.pack_units))
    is_mixture = isinstance(offer, MixedOffer)
    step = -(-most // (MAX_MIXTURES if is_mixture else MAX_STEPS)) or 1
    breaks = np.unique([max(step, b.min_cases) for b in offer.price_breaks])
    cases, tiers = breaks, _tiers(offer)
    if is_mixture:
        cases, tiers = np.union1d(breaks, np.arange(step, most + step, step)), ()
    prices = np.array([offer.price(int(count)) for count in cases])
    is_break, is_sold = np.isin(cases, breaks), np.isfinite(prices)
    return Choice(
        offer.pack_units, step, need_units, tiers, cases[is_sold], prices[is_sold], is_break[is_sold]
    )


def _tiers(offer: Offer) -> tuple[Tier, ...]:
    ends = [*(b.min_cases for b in offer.price_breaks), _NO_END]
    return tuple(
        Tier(least, following - 1, each.unit_price * offer.pack_units)
        for each, (least, following) in zip(offer.price_breaks, pairwise(ends), strict=True)
        if least < following
    )
