"""Which bottle stands where when several were in hands at once. Pure weights and probabilities; no samples.

Each bottle weighed something before and each pad carries something after. A story gives every bottle a pad;
it is as likely as the pours it implies, times the chance that hands mix bottles up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from math import exp, log, pi, sqrt

MAX_OUT = 4
"""Bottles that are weighed against each other; more hands than these meet one by one."""
MIXED_UP = 0.1
"""Per bottle on another's place: two bottles out at once change places about once in a hundred times."""
UNSEEN = 0.01
"""Density, per gram, of what a pad that still waits for its bottle will say."""
POUR_MEDIAN_G, POUR_SPREAD = 45.0, 0.9
"""Measures from 10 to 200 ml: a broad lognormal, so that no bar's own measure is preferred."""


@dataclass(frozen=True, slots=True)
class Out:
    """A bottle that was out, all weights less the zero of the scale that told them, g.

    before_g is its own; after_g is what its pad carries now, None while that is still empty.
    """

    before_g: float
    after_g: float | None
    tare_g: float
    full_g: float | None
    sigma_g: float


@dataclass(frozen=True, slots=True)
class Story:
    """Where each bottle stands: target[i] is the pad of bottle i; and how likely each bottle is at home."""

    target: tuple[int, ...]
    at_home: tuple[float, ...]

    def cycle(self, start: int) -> list[int]:
        """Return the bottles that changed places with each other, beginning with `start`."""
        members, at = [start], self.target[start]
        while at != start:
            members.append(at)
            at = self.target[at]
        return members


def best_story(out: Sequence[Out]) -> Story:
    """Weigh every way in which at most MAX_OUT bottles can stand; raises AssertionError for more."""
    assert 1 <= len(out) <= MAX_OUT, f"{len(out)} bottles out, at most {MAX_OUT} are compared"
    table = [[log(_likelihood(bottle, pad)) for pad in out] for bottle in out]
    stories = list(permutations(range(len(out))))
    scores = [sum(_score(table, i, pad) for i, pad in enumerate(story)) for story in stories]
    top = max(scores)
    weights = [exp(score - top) for score in scores]
    total = sum(weights)
    at_home = [
        sum(w for w, story in zip(weights, stories, strict=True) if story[i] == i) / total
        for i in range(len(out))
    ]
    return Story(stories[scores.index(top)], tuple(at_home))


def _score(table: list[list[float]], bottle: int, pad: int) -> float:
    return table[bottle][pad] + (0.0 if bottle == pad else log(MIXED_UP))


def _likelihood(bottle: Out, pad: Out) -> float:
    """Density of what the pad says if this bottle stands on it, per gram."""
    if pad.after_g is None:
        return UNSEEN
    poured_g = bottle.before_g - pad.after_g
    sigma_g = max(1.5, bottle.sigma_g if bottle is pad else sqrt(bottle.sigma_g**2 + 3.0**2))
    density = 0.12 * _normal(poured_g, sigma_g) + 1e-7
    if poured_g > 0:
        density += 0.85 * _lognormal(poured_g) + (5e-6 if poured_g < 1000 else 0.0)
    if pad.after_g < bottle.tare_g - 25.0:
        density *= 1e-3
    if bottle is pad and bottle.full_g is not None:
        density += 0.01 * _normal(pad.after_g - bottle.full_g, 10.0)
    return density


def _normal(value: float, sigma: float) -> float:
    return exp(-0.5 * (value / sigma) ** 2) / (sigma * sqrt(2 * pi))


def _lognormal(value: float) -> float:
    return _normal(log(value / POUR_MEDIAN_G), POUR_SPREAD) / value
