"""One supplier's several packs of the same product, planned with as one offer.

Owns the cheapest mixture of packs for a number of units, and how it is told apart again. Must not know plans.
A mixed offer counts in pieces of the greatest common divisor of its packs: crates of 24 and boxes of 6 make
pieces of 6, and four pieces are the crate or four boxes, whichever is cheaper.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import gcd, inf

from cloud.ordering.model import MAX_MIXED_PIECES, Offer, PriceBreak


@dataclass(frozen=True)
class MixedOffer(Offer):
    """Offers of one supplier as one; `pack_units` is that of a piece. MAX_MIXED_PIECES at once are priced.

    Price breaks count for each pack by itself, as suppliers do it.
    """

    packs: tuple[Offer, ...] = ()

    def unit_price(self, cases: int) -> float:
        """The average price of a unit in the cheapest mixture; ValueError where none makes that many."""
        price = self.price(cases)
        if not cases or price == inf:
            raise ValueError(f"no mixture of its packs holds {cases * self.pack_units} units")
        return price / (cases * self.pack_units)

    def price(self, cases: int) -> float:
        """What the cheapest mixture of exactly that many pieces costs; infinite where there is none."""
        return self._prices[cases][0] if cases < len(self._prices) else inf

    def split(self, cases: int) -> tuple[tuple[Offer, int], ...]:
        """The packs of the cheapest mixture, and how many of each."""
        counts = self._prices[cases][1]
        return tuple((pack, count) for pack, count in zip(self.packs, counts, strict=True) if count)

    @cached_property
    def _prices(self) -> list[tuple[float, tuple[int, ...]]]:
        """Price and mixture of every number of pieces."""
        nothing = (0.0, ())
        best: list[tuple[float, tuple[int, ...]]] = [nothing, *[(inf, ())] * MAX_MIXED_PIECES]
        for pack in self.packs:
            pieces = pack.pack_units // self.pack_units
            best = [_with_pack(best, pack, pieces, total) for total in range(len(best))]
        return best


def _with_pack(
    before: Sequence[tuple[float, tuple[int, ...]]], pack: Offer, pieces: int, total: int
) -> tuple[float, tuple[int, ...]]:
    least = pack.price_breaks[0].min_cases
    counts = [0, *range(least, total // pieces + 1)]
    options = [(before[total - n * pieces][0] + pack.price(n), n) for n in counts]
    price, count = min(options)
    return price, (*before[total - count * pieces][1], count)


def mixed(offers: Sequence[Offer]) -> Offer:
    """The offers of one supplier for one product as one; a single one stays as it is."""
    if len(offers) == 1:
        return offers[0]
    piece = gcd(*(offer.pack_units for offer in offers))
    whole = MixedOffer(offers[0].supplier, piece, (), packs=tuple(offers))
    steps = sorted(
        {
            b.min_cases * offer.pack_units // piece
            for offer in offers
            for b in offer.price_breaks
            if b.min_cases * offer.pack_units // piece <= MAX_MIXED_PIECES
        }
    )
    breaks = tuple(PriceBreak(n, whole.unit_price(n)) for n in steps)
    return MixedOffer(offers[0].supplier, piece, breaks, packs=tuple(offers))
