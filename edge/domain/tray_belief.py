"""Which bottle left a tray and which came back: many stories side by side, each with its own weights.

A story knows what every bottle weighs, which ones are out, how often each is lifted, and how likely all of
it is. A step of the tray's weight splits every story by what it may have been; the likeliest go on. A wrong
guess therefore does not stick: what follows fits it badly, it dies, and what it said of earlier returns too.
Knows no samples, no time and no names: bottles are numbers, and so are returns.
"""

from copy import copy
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from edge.domain import measures
from edge.domain.calibration import Floats
from edge.domain.tray_history import History, Return, Verdicts
from edge.domain.tray_odds import Act, Odds
from edge.domain.tray_stories import PLACED_SHARE, Bottles, Stories, Where

__all__ = ["Return", "TrayBelief", "Verdicts"]

STORIES = 400
"""Stories that are followed; unlikelier ones are forgotten,"""
FAR_BEHIND = 15.0
"""and so are those that are so much unlikelier than the best (natural logarithm)."""
TYPICAL_G = 1000.0
ZERO_G = 20.0
"""The zero of a tray is off by so much after a while: less is nobody's pour while the gateway was off."""
MAX_LIFTS = 400.0
"""Habits older than so many lifts fade."""


class TrayBelief:
    """The bottles of one tray. All arrays have one entry per bottle; full_g is NaN where unknown."""

    def __init__(
        self,
        weight_g: Floats,
        sigma_g: Floats,
        tare_g: Floats,
        full_g: Floats,
        *,
        lifts: Floats | None = None,
        pours: Floats | None = None,
        group: Bottles | None = None,
        density: Floats | None = None,
        usage: Floats | None = None,
        kinds: Bottles | None = None,
    ) -> None:
        """lifts: how often each bottle was lifted so far; pours: (n, BINS), its pours by size (measures.py).

        group: the same number for bottles of one product, kinds: of one kind of product; density: g/ml of
        each; usage: how much of each product this bar uses, in any unit.
        """
        count = weight_g.size
        self._stories = Stories.one(weight_g, sigma_g, np.zeros(count) if lifts is None else lifts, pours)
        self._history = History.empty()
        self._odds = Odds(tare_g, full_g, density, usage, kinds)
        self._density = np.ones(count) if density is None else density
        self._group = np.arange(count) if group is None else group

    def copy(self) -> "TrayBelief":
        """Return another belief with the same stories, to think ahead with."""
        other = copy(self)
        other._history = copy(self._history)
        return other

    @property
    def out(self) -> Floats:
        """Probability of each bottle to be in a hand."""
        return np.asarray(self._stories.share @ (self._stories.where == Where.OUT))

    @property
    def weights(self) -> tuple[Floats, Floats]:
        """Mean and standard deviation of each bottle's weight over the stories, g."""
        stories = self._stories
        mean = stories.share @ stories.weight_g
        variance = stories.share @ (stories.variance + (stories.weight_g - mean) ** 2)
        return np.asarray(mean), np.asarray(np.sqrt(np.maximum(variance, 0.0)))

    @property
    def lifts(self) -> Floats:
        """How often each bottle was lifted; older lifts fade."""
        return np.asarray(self._stories.share @ self._stories.lifts)

    @property
    def pours(self) -> Floats:
        """Counts of each bottle's pours by size (measures.py)."""
        return np.asarray(np.einsum("k,knb->nb", self._stories.share, self._stories.pours))

    @property
    def returns(self) -> range:
        """Numbers of the returns that can still be read."""
        return range(self._history.oldest, self._history.newest + 1)

    def lift(self, drop_g: float, variance: float) -> Floats:
        """Take a drop of the tray's weight; return the probability of each bottle to be out now."""
        self.step(-drop_g, variance)
        return self.out

    def put(self, rise_g: float, variance: float) -> Verdicts:
        """Take a rise of the tray's weight and say what came back."""
        self.step(rise_g, variance)
        return self.reading(-1)

    def step(
        self, step_g: float, variance: float, *, before: float | None = 0.0, after: float = 0.0
    ) -> int | None:
        """Take a step of the tray's weight; return the number of the return it may have been, or None.

        `variance` is the step's own, g^2; `before` and `after` are those of the levels on either side, and
        `before` is None where that level is the one the last step ended with.
        """
        self._stories = self._stories.level(before, after)
        blocks = self._odds.of(self._stories, step_g, variance)
        choice = self._grow(np.hstack([block.log for block in blocks]))
        act = np.concatenate([np.full(block.first.size, block.act) for block in blocks])[choice]
        first = np.concatenate([block.first for block in blocks])[choice]
        second = np.concatenate([block.second for block in blocks])[choice]
        came = np.isin(act, (Act.PUT, Act.NEW, Act.EXCHANGE))
        number = self._history.newest + 1 if step_g > 0 or came[0] else None
        if number is not None:
            self._expect(act, first, second)
        self._lift(act, first, second, -step_g, variance)
        self._put(act, first, second, step_g, variance)
        self._exchange(np.flatnonzero(act == Act.EXCHANGE), first, second, step_g, variance)
        if number is not None:
            self._came(np.flatnonzero(came), number)
        return number

    def _grow(self, likelihood: Floats) -> Bottles:
        """Split the stories and keep the likeliest, the best first; returns the choice of each."""
        score = (self._stories.log[:, None] + likelihood).ravel()
        keep = min(STORIES, int(np.count_nonzero(np.isfinite(score))))
        chosen = np.argpartition(score, -keep)[-keep:]
        chosen = chosen[np.argsort(score[chosen])[::-1]]
        chosen = chosen[score[chosen] > score[chosen[0]] - FAR_BEHIND]
        story, choice = np.divmod(chosen, likelihood.shape[1])
        self._stories = self._stories.pick(story, score[chosen])
        self._history = self._history.pick(story)
        return np.asarray(choice)

    def _expect(self, act: Bottles, first: Bottles, second: Bottles) -> None:
        """Note of a return who came and what they weighed before."""
        rows, none = np.arange(act.size), np.isin(act, (Act.NOTHING, Act.LIFT, Act.LOST))
        one = np.where(none, -1, first)
        two = np.where(act == Act.PUT, second, -1)
        weight = self._stories.weight_g
        gone = (self._stories.where[rows, one] == Where.GONE) & ~none
        labels = np.stack([one, two, act == Act.NEW, gone], axis=1).astype(np.int16)
        grams = np.zeros((act.size, 8))
        for column, bottle in enumerate((one, two)):
            grams[:, column] = np.where(bottle < 0, 0.0, weight[rows, bottle])
            grams[:, 4 + column] = np.where(bottle < 0, 0.0, self._stories.cov_g2[rows, bottle, bottle])
        self._history.add(labels, grams)

    def _lift(self, act: Bottles, first: Bottles, second: Bottles, drop_g: float, variance: float) -> None:
        """What a bottle weighs is the drop, less the error of the level before, and that of the one after."""
        lost = np.flatnonzero(act == Act.LOST)
        self._stories.know(lost, first[lost], self._signs(lost, level=-1), drop_g, variance)
        rows = np.flatnonzero(act == Act.LIFT)
        signs = self._signs(rows, first, second, level=1)
        self._stories.weigh(rows, signs, drop_g, variance)
        self._history.learn(self._stories, np.repeat((act == Act.LIFT)[:, None], self._group.size, axis=1))
        for these in (rows, lost):
            self._take_off(these, self._signs(these, first, second)[:, :-2])

    def _take_off(self, rows: Bottles, members: Floats) -> None:
        self._stories.where[rows] = np.where(members > 0, Where.OUT, self._stories.where[rows])
        lifts = self._stories.lifts[rows] + members
        fade = np.minimum(1.0, MAX_LIFTS / np.maximum(1.0, lifts.sum(axis=1)))
        self._stories.lifts[rows] = lifts * fade[:, None]

    def _put(self, act: Bottles, first: Bottles, second: Bottles, rise_g: float, variance: float) -> None:
        placed = (PLACED_SHARE * rise_g) ** 2
        alone = np.flatnonzero((act == Act.NEW) | ((act == Act.PUT) & (second < 0)))
        self._stories.know(alone, first[alone], self._signs(alone, level=1), rise_g, variance + placed)
        pair = np.flatnonzero((act == Act.PUT) & (second >= 0))
        self._stories.share_out(pair, first[pair], second[pair], rise_g)
        signs = self._signs(pair, first, second, level=-1)
        self._stories.weigh(pair, signs, rise_g, variance + placed / 2)

    def _exchange(
        self, rows: Bottles, first: Bottles, second: Bottles, step_g: float, variance: float
    ) -> None:
        """One came back while another left: it weighs what that one did, and the step."""
        signs = self._signs(rows, second, level=1)
        placed = (PLACED_SHARE * TYPICAL_G) ** 2
        self._stories.know(rows, first[rows], signs, step_g, variance + placed)
        self._take_off(rows, self._signs(rows, second)[:, :-2])

    def _came(self, rows: Bottles, number: int) -> None:
        labels = self._history.labels[-1]
        for column in (0, 1):
            these = rows[labels[rows, column] >= 0]
            bottle = labels[these, column].astype(np.intp)
            self._stories.where[these, bottle] = Where.STANDING
            self._stories.came[these, bottle] = number
            self._history.grams[-1, these, 2 + column] = self._stories.weight_g[these, bottle]
            self._history.grams[-1, these, 6 + column] = self._stories.cov_g2[these, bottle, bottle]
        alone = rows[(labels[rows, 1] < 0) & (labels[rows, 2] == 0) & (labels[rows, 3] == 0)]
        bottle = labels[alone, 0].astype(np.intp)
        poured_g = self._history.grams[-1, alone, 0] - self._history.grams[-1, alone, 2]
        measures.count(self._stories.pours, alone, bottle, poured_g / self._density[bottle])

    def _signs(self, rows: Bottles, *bottles: Bottles, level: int = 0) -> Floats:
        """Return a sum of entries per row: bottles, and `level` times the errors before less after."""
        signs = np.zeros((rows.size, self._group.size + 2))
        for bottle in bottles:
            known = np.flatnonzero(bottle[rows] >= 0)
            signs[known, bottle[rows][known]] = 1.0
        signs[:, -2], signs[:, -1] = level, -level
        return signs

    def reading(self, number: int) -> Verdicts:
        """Read a return again, as all that followed it suggests; -1 is the newest."""
        number = self._history.newest if number < 0 else number
        return self._history.verdicts(number, self._stories.share, self._group)

    def share_of(self, number: int, label: tuple[int, int, bool]) -> float:
        """Return how likely one reading of a return is by now."""
        return self._history.share_of(number, label, self._stories.share)

    def confirm(self, bottle: int) -> bool:
        """Somebody saw which bottle came back last: only stories that say so go on. False where none does."""
        if not len(self.returns):
            return False
        last = self._history.labels[-1]
        said = np.flatnonzero((last[:, 0] == bottle) | (last[:, 1] == bottle))
        if not said.size:
            return False
        self._stories = self._stories.pick(said, self._stories.log[said])
        self._history = self._history.pick(said)
        return True

    def reconcile(self, whole_g: float) -> None:
        """All stand, and together they weigh this. Where that is not what they were, any may have changed."""
        missing_g = float(self._stories.weight_g[0].sum()) - whole_g
        if abs(missing_g) < ZERO_G:
            return
        everything = np.arange(self._group.size)
        self._stories.cov_g2[:, everything, everything] += missing_g**2 / 4
        rows = np.arange(self._stories.log.size)
        signs = self._signs(rows, *(np.full(rows.size, bottle) for bottle in everything))
        self._stories.weigh(rows, signs, whole_g, ZERO_G**2)

    def forget_out(self) -> Floats:
        """What is out has been out for too long: it is gone. Returns the share of each bottle."""
        share = self.out
        where: NDArray[np.int8] = np.where(
            self._stories.where == Where.OUT, Where.GONE, self._stories.where
        ).astype(np.int8)
        self._stories = replace(self._stories, where=where)
        return share
