"""From the height of a liquid's surface to the share of a full bottle, and back. Pure.

A bottle is no cylinder: shoulder and neck take a third of its height and hold a tenth of its liquid. The
curve below is that of common 700 ml bottles; pairs of a seen level and a weighed share, which the scale
delivers by itself, bend it to each product.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

CURVE: tuple[tuple[float, float], ...] = ((0.0, 0.0), (0.03, 0.01), (0.62, 0.84), (0.72, 0.95), (0.88, 1.0))
"""(level, share) of a common bottle: level is the surface's height over the bottle's height with its cap."""
CURVE_SIGMA = 0.04
"""How far bottles of other shapes lie from that curve, one sigma in share."""
TAUGHT_SIGMA = 0.015
MIN_PAIRS = 6
"""Fewer weighed pairs do not bend the curve."""
PRIOR_PAIRS = 0.5
"""Weight of each prior point against a weighed pair."""
MAX_KNOTS = 24


@dataclass(frozen=True, slots=True)
class Curve:
    """Knots (level, share), both rising, and what is to be thought of the levels that come in.

    share_sigma is the curve's own error; sigma_factor multiplies the stated sigma of a level.
    """

    knots: tuple[tuple[float, float], ...] = CURVE
    share_sigma: float = CURVE_SIGMA
    sigma_factor: float = 1.0

    def share(self, level: float) -> float:
        """Share of a full bottle, 0..1, at this level."""
        return _between(self.knots, level)

    def slope(self, level: float) -> float:
        """Change of the share per change of the level."""
        step = 0.02
        return (self.share(level + step) - self.share(level - step)) / (2 * step)

    def read(self, level: float, sigma: float) -> tuple[float, float]:
        """Return share and its sigma for a seen level and its stated sigma."""
        spread = self.sigma_factor * sigma * max(0.25, self.slope(level))
        return self.share(level), min(0.5, hypot(spread, self.share_sigma))

    def level(self, share: float) -> float:
        """The level at which a bottle holds this share."""
        return _between(tuple((b, a) for a, b in self.knots), share)


def _between(knots: Sequence[tuple[float, float]], at: float) -> float:
    if at <= knots[0][0]:
        return knots[0][1]
    if at >= knots[-1][0]:
        return knots[-1][1]
    right = bisect_right([x for x, _ in knots], at)
    (x0, y0), (x1, y1) = knots[right - 1], knots[right]
    return y0 + (y1 - y0) * (at - x0) / max(x1 - x0, 1e-9)


@dataclass(frozen=True, slots=True)
class Pair:
    """A level that the camera read, its stated sigma, and the share that the scale weighed then."""

    level: float
    sigma: float
    share: float


def taught(pairs: Sequence[Pair], base: Curve | None = None) -> Curve:
    """Bend a curve to weighed pairs; with too few it stays as it is.

    Isotonic regression (pool adjacent violators) of share on level, with the base curve's knots as weak
    pairs so that no level is left without a word; the sigma is scaled so that two thirds of the errors lie
    within one.
    """
    base = base or Curve()
    if len(pairs) < MIN_PAIRS:
        return base
    points = [(pair.level, pair.share, 1.0) for pair in pairs]
    points += [(level, share, PRIOR_PAIRS) for level, share in base.knots]
    knots = _knots(_pooled(sorted(points)))
    bent = Curve(knots, TAUGHT_SIGMA, 1.0)
    errors = sorted(
        abs(bent.share(pair.level) - pair.share) / max(1e-3, bent.read(pair.level, pair.sigma)[1])
        for pair in pairs
    )
    two_thirds = errors[min(len(errors) - 1, round(0.683 * len(errors)))]
    factor = min(4.0, max(0.5, two_thirds))
    return Curve(knots, min(0.2, TAUGHT_SIGMA * max(1.0, factor)), factor)


def _pooled(points: Sequence[tuple[float, float, float]]) -> list[tuple[float, float]]:
    """(level, share, weight) sorted by level -> (level, share), share never falling."""
    blocks: list[list[float]] = []
    for level, share, weight in points:
        blocks.append([share * weight, weight, level * weight])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    return [(level / weight, share / weight) for share, weight, level in blocks]


def _knots(steps: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """At most MAX_KNOTS of the steps, from an empty bottle to a full one, levels strictly rising."""
    every = max(1, -(-len(steps) // (MAX_KNOTS - 2)))
    thinned = [
        (
            sum(level for level, _ in steps[at : at + every]) / len(steps[at : at + every]),
            sum(share for _, share in steps[at : at + every]) / len(steps[at : at + every]),
        )
        for at in range(0, len(steps), every)
    ]
    whole = [(0.0, 0.0), *((level, min(1.0, max(0.0, share))) for level, share in thinned if 0 < level < 1)]
    kept = [whole[0], *(after for before, after in pairwise(whole) if after[0] > before[0] + 1e-6)]
    return tuple(kept) if len(kept) > 1 else CURVE


def mean_error(curve: Curve, pairs: Sequence[Pair]) -> float:
    """Mean absolute error of the shares that a curve reads, over weighed pairs; inf without pairs."""
    if not pairs:
        return float("inf")
    return sum(abs(curve.share(pair.level) - pair.share) for pair in pairs) / len(pairs)
