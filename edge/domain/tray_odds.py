"""How likely each reading of a step of a tray is, in every story. Pure probabilities; changes nothing.

A reading is an act with one or two bottles. Sizes follow from what the bottles weigh, how often each is
lifted, and what is usually poured.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from edge.domain import measures
from edge.domain.calibration import Floats
from edge.domain.tray_stories import Bottles, Stories, Where

PAIR_LIFTED, PAIR_PUT = 0.1, 0.3
"""Chance that a step of the tray was two bottles at once: lifted; put back by hands that hold two."""
EXCHANGE = 0.03
"""Chance that one bottle was put back and another lifted so fast that the tray shows one step."""
SOMETHING_ELSE = 1e-8
"""Density, per gram, of a step that was no bottle: a towel, a glass, a hand."""
LOST = 1e-7
"""Density, per gram, of a bottle that weighs what nobody expected: refilled, or mistaken long ago."""
FULL_ARRIVES, FULL_SIGMA_G = 0.02, 7.0
"""Full bottles of one product: a gram in a hundred of glass, and what the filling line leaves (EU 76/211)."""
GLASS_SIGMA_G = 6.0
LEFT_OVER_G, CONTENT_G, NOT_EMPTY = 12.0, 700.0, 0.05
"""A bottle that is replaced has so many grams left on average, but for one in twenty with any content."""
LIGHTER_THAN_GLASS = -12.0
"""Log odds against a bottle that weighs far less than its glass, at most."""
BACK_AGAIN = 0.2
"""A bottle that was gone for minutes comes back."""
PAIR_SPREAD = 0.7
NOTHING_POURED, NO_MEASURE = 0.12, 1e-9
HABIT = 3.0
"""Lifts that a bottle is thought to have had before any was seen, on average; more where more are kept."""


class Act(IntEnum):
    """What a step of the tray was, in one story."""

    NOTHING = 0
    LIFT = 1
    LOST = 2
    PUT = 3
    NEW = 4
    EXCHANGE = 5


@dataclass(frozen=True, slots=True)
class Block:
    """Readings of one kind: their bottles (-1: none), and their log likelihood, shape (stories, readings)."""

    act: Act
    first: Bottles
    second: Bottles
    log: Floats


class Odds:
    """The bottles of one tray: tare_g and full_g of each, g; full_g is NaN where unknown."""

    def __init__(
        self,
        tare_g: Floats,
        full_g: Floats,
        density: Floats | None = None,
        usage: Floats | None = None,
        kinds: Bottles | None = None,
    ) -> None:
        """density: g/ml of each; usage: how much of each is used, in any unit; kinds: see measures.py."""
        count = tare_g.size
        self._tare_g, self._full_g = tare_g, full_g
        self._density = np.ones(count) if density is None else density
        self._kinds = np.zeros(count, dtype=np.intp) if kinds is None else kinds
        usage = np.ones(count) if usage is None else usage
        self._habit = HABIT * usage / usage.mean()
        self._first, self._second = np.triu_indices(tare_g.size, 1)
        self._singles = np.arange(tare_g.size), np.full(tare_g.size, -1)
        self._back, self._away = np.divmod(np.arange(tare_g.size**2), tare_g.size)

    def of(self, stories: Stories, step_g: float, variance: float) -> list[Block]:
        """Return all readings of a step, g."""
        blocks = [_nothing(stories)]
        if step_g > 0:
            blocks += self._puts(stories, step_g, variance)
        else:
            blocks += self._lifts(stories, -step_g, variance)
        if (stories.where == Where.OUT).any():
            blocks.append(self._exchanges(stories, step_g, variance))
        return blocks

    def _lifts(self, stories: Stories, drop_g: float, variance: float) -> list[Block]:
        here = stories.where == Where.STANDING
        habit = np.log(self._habits(stories))
        single, pair = self._single(stories, variance, 1), self._pair(stories, variance, 1)
        one = _normal(drop_g - single[0], single[1])
        one = np.where(here, one + habit, -np.inf)
        both = here[:, self._first] & here[:, self._second]
        two = _normal(drop_g - pair[0], pair[1])
        two = two + self._sums(habit) + np.log(2 * PAIR_LIFTED)
        fits = here & (drop_g > self._tare_g - 3 * GLASS_SIGMA_G)
        fits &= ~(drop_g > self._full_g + 3 * FULL_SIGMA_G)
        lost = np.where(fits, habit + np.log(LOST), -np.inf)
        return [
            Block(Act.LIFT, *self._singles, one),
            Block(Act.LIFT, self._first, self._second, np.where(both, two, -np.inf)),
            Block(Act.LOST, *self._singles, lost),
        ]

    def _puts(self, stories: Stories, rise_g: float, variance: float) -> list[Block]:
        out, gone = stories.where == Where.OUT, stories.where == Where.GONE
        each = -np.log(np.maximum(1, out.sum(axis=1)))[:, None]
        single, pair = self._single(stories, variance, -1), self._pair(stories, variance, -1)
        one = self._pour(stories, single[0] - rise_g, single[1], self._singles[0]) + each
        one = one + self._glass(np.asarray(rise_g))
        one = np.where(out, one, np.where(gone, one + np.log(BACK_AGAIN), -np.inf))
        both = out[:, self._first] & out[:, self._second]
        two = _both_poured(pair[0] - rise_g, pair[1]) + np.log(PAIR_PUT)
        new = _normal(rise_g - self._full_g, np.full(self._full_g.size, FULL_SIGMA_G**2))
        new = np.where(np.isnan(new), -np.inf, new) + np.log(FULL_ARRIVES)
        new = new + self._emptied(stories.weight_g)
        return [
            Block(Act.PUT, *self._singles, one),
            Block(Act.PUT, self._first, self._second, np.where(both, two, -np.inf)),
            Block(Act.NEW, *self._singles, np.where(out | gone, new, -np.inf)),
        ]

    def _glass(self, weight_g: Floats) -> Floats:
        """Log odds against what is lighter than its glass, which is known to some grams."""
        return np.asarray(np.maximum(-0.5 * _under(self._tare_g - weight_g) ** 2, LIGHTER_THAN_GLASS))

    def _emptied(self, weight_g: Floats) -> Floats:
        """Log odds for a bottle of this weight to be replaced, against one of any content."""
        left_g = weight_g - self._tare_g
        empty = np.exp(-np.maximum(left_g, 0.0) / LEFT_OVER_G - 0.5 * _under(-left_g) ** 2) / LEFT_OVER_G
        return np.asarray(np.log((1 - NOT_EMPTY) * CONTENT_G * empty + NOT_EMPTY))

    def _exchanges(self, stories: Stories, step_g: float, variance: float) -> Block:
        back, away = self._back, self._away
        weight, own = self._single(stories, variance, -1)
        poured_g = weight[:, back] - stories.weight_g[:, away] - step_g
        possible = (stories.where[:, back] == Where.OUT) & (stories.where[:, away] == Where.STANDING)
        together = stories.cov_g2[:, back, away] - self._with_level(stories)[:, away]
        spread = own[:, back] + stories.variance[:, away] - 2 * together
        log = self._pour(stories, poured_g, np.maximum(spread, 0.01), back)
        log = log + np.log(EXCHANGE) + np.log(self._habits(stories))[:, away]
        return Block(Act.EXCHANGE, back, away, np.where(possible, log, -np.inf))

    def _pour(self, stories: Stories, poured_g: Floats, variance: Floats, bottle: Bottles) -> Floats:
        """Log density of what is missing when a bottle comes back: nothing, or a measure."""
        density = self._density[bottle]
        measure = measures.density(stories.pours, poured_g / density, bottle, self._kinds) / density
        return _missing(poured_g, variance, measure)

    def _habits(self, stories: Stories) -> Floats:
        """Chance of each bottle to be the next that is lifted, by how often it was (Dirichlet, mean rule)."""
        seen = stories.lifts + self._habit
        return np.asarray(seen / seen.sum(axis=1, keepdims=True))

    def _sums(self, values: Floats) -> Floats:
        return np.asarray(values[:, self._first] + values[:, self._second])

    def _single(self, stories: Stories, variance: float, sign: int) -> tuple[Floats, Floats]:
        """Mean and variance of each bottle and sign times the level's error before the step less after it."""
        level_g, level = _level(stories)
        together = self._with_level(stories)
        mean = stories.weight_g + sign * level_g[:, None]
        return mean, stories.variance + 2 * sign * together + level[:, None] + variance

    def _pair(self, stories: Stories, variance: float, sign: int) -> tuple[Floats, Floats]:
        """The same of two bottles at once."""
        mean, spread = self._single(stories, 0.0, sign)
        level_g, level = _level(stories)
        together = 2 * stories.cov_g2[:, self._first, self._second]
        both_g = self._sums(mean) - sign * level_g[:, None]
        return both_g, self._sums(spread) + together - level[:, None] + variance

    def _with_level(self, stories: Stories) -> Floats:
        count, cov = self._tare_g.size, stories.cov_g2
        return np.asarray(cov[:, :count, count] - cov[:, :count, count + 1])


def _level(stories: Stories) -> tuple[Floats, Floats]:
    """Mean and variance of the level's error before the step less that after it."""
    cov = stories.cov_g2
    spread = cov[:, -2, -2] + cov[:, -1, -1] - 2 * cov[:, -2, -1]
    return stories.state_g[:, -2] - stories.state_g[:, -1], spread


def _under(missing_g: Floats) -> Floats:
    return np.asarray(np.maximum(missing_g, 0.0) / GLASS_SIGMA_G)


def _nothing(stories: Stories) -> Block:
    none: NDArray[np.intp] = np.full(1, -1)
    return Block(Act.NOTHING, none, none, np.full((stories.log.size, 1), np.log(SOMETHING_ELSE)))


def _normal(difference_g: Floats, variance: Floats) -> Floats:
    return np.asarray(-0.5 * difference_g**2 / variance - 0.5 * np.log(2 * np.pi * variance))


def _missing(poured_g: Floats, variance: Floats, measure: Floats) -> Floats:
    nothing = np.exp(_normal(poured_g, np.maximum(variance, 2.0)))
    return np.asarray(np.log(NOTHING_POURED * nothing + (1 - NOTHING_POURED) * measure + NO_MEASURE))


def _both_poured(poured_g: Floats, variance: Floats) -> Floats:
    """The same of two bottles that came back at once."""
    positive = np.maximum(poured_g, 1e-3)
    measure = np.exp(-0.5 * (np.log(positive / (2 * measures.MEDIAN_ML)) / PAIR_SPREAD) ** 2)
    measure = measure / (positive * PAIR_SPREAD * np.sqrt(2 * np.pi))
    return _missing(poured_g, variance, np.where(poured_g > 0, measure, 0.0))
