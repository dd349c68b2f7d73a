"""Which bottle left a tray and which came back: many stories side by side, each with its own weights.

A story knows what every bottle weighs, which ones are out, and how likely it is. A drop of the tray's weight
splits every story by the bottles it may have been, a rise by those that may have come back; the likeliest
stories go on. A wrong guess therefore does not stick: the next weights fit it badly and it dies.
Knows no samples, no time and no names: bottles are numbers.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from edge.domain.calibration import Floats

STORIES = 160
"""Stories that are followed; unlikelier ones are forgotten."""
PAIR = 0.1
"""Chance that a step of the tray was two bottles at once."""
EXCHANGE = 0.03
"""Chance that one bottle was put back and another lifted so fast that the tray shows one step."""
SOMETHING_ELSE = 1e-8
"""Density, per gram, of a step that was no bottle: a towel, a glass, a hand."""
FULL_ARRIVES, FULL_SIGMA_G = 0.02, 10.0
NEARLY_EMPTY_G, NOT_EMPTY = 30.0, 0.05
"""A bottle that is replaced is empty, but for one in twenty."""
LIGHTER_THAN_GLASS = -12.0
"""Log odds against a bottle that weighs clearly less than its glass."""
POUR_MEDIAN_G, POUR_SPREAD = 45.0, 0.9
PLACED_G2 = 0.1
"""Put back a little elsewhere on the tray: squared off-centre error, g^2."""


class Where(IntEnum):
    """Where a bottle is, in one story."""

    STANDING = 0
    OUT = 1
    GONE = 2


class Act(IntEnum):
    """What a step of the tray was, in one story."""

    LIFT = 0
    PUT = 1
    NEW = 2
    EXCHANGE = 3
    NOTHING = 4


@dataclass(frozen=True, slots=True)
class Return:
    """The likeliest reading of a rise. second is -1 unless two bottles came at once."""

    bottle: int
    second: int
    poured_g: float
    before_g: float
    is_new: bool


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a rise was, over all stories: share per bottle, and the likeliest reading (None: no bottle)."""

    share: Floats
    best: Return | None


@dataclass(frozen=True, slots=True)
class _Rise:
    """How each story reads one rise; arrays with an entry per story, bottles -1 where there was none."""

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    before_g: Floats
    rise_g: Floats
    is_new: NDArray[np.bool_]

    def of(self, stories: NDArray[np.intp]) -> "_Rise":
        """Return the readings of some stories."""
        return _Rise(
            self.first[stories],
            self.second[stories],
            self.before_g[stories],
            self.rise_g[stories],
            self.is_new[stories],
        )


@dataclass(frozen=True, slots=True)
class _Block:
    """Readings of one kind: their bottles, and their log likelihood of shape (stories, readings)."""

    act: Act
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    log: Floats


class TrayBelief:
    """The bottles of one tray. All arrays have one entry per bottle; full_g is NaN where unknown."""

    def __init__(self, weight_g: Floats, sigma_g: Floats, tare_g: Floats, full_g: Floats) -> None:
        self._weight_g = weight_g[None, :].astype(np.float64).copy()
        self._variance = (sigma_g**2)[None, :].astype(np.float64).copy()
        self._where: NDArray[np.int8] = np.full(self._weight_g.shape, Where.STANDING, dtype=np.int8)
        self._log = np.zeros(1)
        self._came: list[_Rise] = []
        self._is_over = False
        self._tare_g, self._full_g = tare_g, full_g
        self._first, self._second = np.triu_indices(weight_g.size, 1)

    def copy(self) -> "TrayBelief":
        """Return another belief with the same stories, to think ahead with."""
        other = object.__new__(TrayBelief)
        other._weight_g, other._variance = self._weight_g.copy(), self._variance.copy()
        other._where, other._log, other._came = self._where.copy(), self._log, list(self._came)
        other._is_over = self._is_over
        other._tare_g, other._full_g = self._tare_g, self._full_g
        other._first, other._second = self._first, self._second
        return other

    @property
    def out(self) -> Floats:
        """Probability of each bottle to be in a hand."""
        return np.asarray(np.exp(self._log) @ (self._where == Where.OUT))

    @property
    def weights(self) -> tuple[Floats, Floats]:
        """Mean and standard deviation of each bottle's weight over the stories, g."""
        share = np.exp(self._log)
        mean = share @ self._weight_g
        variance = share @ (self._variance + (self._weight_g - mean) ** 2)
        return np.asarray(mean), np.asarray(np.sqrt(variance))

    def lift(self, drop_g: float, variance: float) -> Floats:
        """Take a drop of the tray's weight; return the probability of each bottle to be out now."""
        self.step(-drop_g, variance)
        return self.out

    def put(self, rise_g: float, variance: float) -> Verdicts:
        """Take a rise of the tray's weight and say what came back."""
        self.step(rise_g, variance)
        return self.reading(-1)

    def step(self, step_g: float, variance: float) -> bool:
        """Take a step of the tray's weight; whether a bottle came back in it, by the likeliest story."""
        blocks = [
            self._nothing(),
            *(self._puts(step_g, variance) if step_g > 0 else self._lifts(step_g, variance)),
        ]
        if (self._where == Where.OUT).any():
            blocks.append(self._exchanges(step_g, variance))
        choice = self._grow(np.hstack([block.log for block in blocks]))
        act = np.concatenate([np.full(block.first.size, block.act) for block in blocks])[choice]
        first = np.concatenate([block.first for block in blocks])[choice]
        second = np.concatenate([block.second for block in blocks])[choice]
        came = self._apply(act, first, second, step_g, variance)
        return bool(came)

    def _nothing(self) -> "_Block":
        none = np.full(1, -1)
        log = np.full((len(self._log), 1), np.log(SOMETHING_ELSE))
        return _Block(Act.NOTHING, none, none, log)

    def _lifts(self, step_g: float, variance: float) -> list["_Block"]:
        here, drop_g = self._where == Where.STANDING, -step_g
        one = self._normal(drop_g - self._weight_g, self._variance + variance)
        one = np.where(here, one, -np.inf) - np.log(self._tare_g.size)
        both = here[:, self._first] & here[:, self._second]
        two = self._normal(drop_g - self._pairs(self._weight_g), self._pairs(self._variance) + variance)
        two = np.where(both, two, -np.inf) + np.log(PAIR / max(1, self._first.size))
        return [_Block(Act.LIFT, *self._singles(), one), _Block(Act.LIFT, self._first, self._second, two)]

    def _puts(self, step_g: float, variance: float) -> list["_Block"]:
        out = self._where == Where.OUT
        one = self._pour(self._weight_g - step_g, self._variance + variance, POUR_MEDIAN_G)
        one = np.where(step_g < self._tare_g - 25.0, one + LIGHTER_THAN_GLASS, one)
        both = out[:, self._first] & out[:, self._second]
        pair_v = self._pairs(self._variance) + variance
        two = self._pour(self._pairs(self._weight_g) - step_g, pair_v, 2 * POUR_MEDIAN_G)
        new = self._normal(step_g - self._full_g, np.full(self._full_g.size, FULL_SIGMA_G**2))
        new = np.where(np.isnan(new), -np.inf, new) + np.log(FULL_ARRIVES)
        is_empty = out & (self._weight_g - self._tare_g <= NEARLY_EMPTY_G)
        new = np.where(is_empty, new, new + np.log(NOT_EMPTY))
        return [
            _Block(Act.PUT, *self._singles(), np.where(out, one, -np.inf)),
            _Block(Act.PUT, self._first, self._second, np.where(both, two, -np.inf)),
            _Block(Act.NEW, *self._singles(), np.where(self._where == Where.STANDING, -np.inf, new)),
        ]

    def _exchanges(self, step_g: float, variance: float) -> "_Block":
        count = self._tare_g.size
        back, away = np.divmod(np.arange(count * count), count)
        poured_g = self._weight_g[:, back] - self._weight_g[:, away] - step_g
        possible = (self._where[:, back] == Where.OUT) & (self._where[:, away] == Where.STANDING)
        spread = self._variance[:, back] + self._variance[:, away] + variance
        log = self._pour(poured_g, spread, POUR_MEDIAN_G) + np.log(EXCHANGE / count)
        return _Block(Act.EXCHANGE, back, away, np.where(possible, log, -np.inf))

    def _singles(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        return np.arange(self._tare_g.size), np.full(self._tare_g.size, -1)

    def _pairs(self, values: Floats) -> Floats:
        return np.asarray(values[:, self._first] + values[:, self._second])

    def _apply(
        self,
        act: NDArray[np.intp],
        first: NDArray[np.intp],
        second: NDArray[np.intp],
        step_g: float,
        variance: float,
    ) -> bool:
        """Carry out each story's own reading of the step; remember what came back."""
        came = np.isin(act, (Act.PUT, Act.NEW, Act.EXCHANGE))
        before_g, rise_g = np.zeros(act.size), np.full(act.size, step_g)
        rows = zip(act.tolist(), first.tolist(), second.tolist(), strict=True)
        for row, (what, one, two) in enumerate(rows):
            if what == Act.LIFT:
                self._take_off(row, [one] if two < 0 else [one, two], -step_g, variance)
            elif what == Act.EXCHANGE:
                before_g[row], rise_g[row] = self._weight_g[row, one], self._weight_g[row, two] + step_g
                spread = float(self._variance[row, two]) + variance
                self._set(row, one, -1, rise_g[row], spread)
                self._where[row, two] = Where.OUT
            elif what != Act.NOTHING:
                before_g[row] = self._weight_g[row, [one] if two < 0 else [one, two]].sum()
                self._set(row, one, two, step_g, variance)
        if step_g > 0 or came[0]:
            self._remember(act, np.where(came, first, -1), second, before_g, rise_g)
        return bool(came[0])

    def _remember(
        self,
        act: NDArray[np.intp],
        first: NDArray[np.intp],
        second: NDArray[np.intp],
        before_g: Floats,
        rise_g: Floats,
    ) -> None:
        if self._is_over:
            self._came, self._is_over = [], False
        second = np.where(act == Act.PUT, second, -1)
        self._came.append(_Rise(first, second, before_g, rise_g, act == Act.NEW))

    def _take_off(self, row: int, members: list[int], drop_g: float, variance: float) -> None:
        """Learn the weights of what left from the drop (a Kalman step), and note that it is out."""
        own = self._variance[row, members]
        gain = own / (own.sum() + variance)
        self._weight_g[row, members] += gain * (drop_g - self._weight_g[row, members].sum())
        self._variance[row, members] = own * (1 - gain)
        self._where[row, members] = Where.OUT

    def reading(self, number: int) -> Verdicts:
        """Read a rise of this episode again, as all that followed it suggests."""
        rise, weight = self._came[number], np.exp(self._log)
        share = self._shares(rise.first, rise.second)
        labels = np.stack([rise.first, rise.second, rise.is_new.astype(np.intp)], axis=1)
        kinds, inverse = np.unique(labels, axis=0, return_inverse=True)
        sums = np.bincount(inverse.ravel(), weights=weight)
        top = int(sums.argmax())
        one, two, new = kinds[top].tolist()
        if one < 0:
            return Verdicts(share, None)
        chosen = inverse.ravel() == top
        likeliest = int(np.argmax(np.where(chosen, weight, -1.0)))
        before_g, rise_g = float(rise.before_g[likeliest]), float(rise.rise_g[likeliest])
        return Verdicts(share, Return(one, two, before_g - rise_g, before_g, bool(new)))

    def end_episode(self) -> None:
        """All bottles are back: with the next rise another count of readings begins."""
        self._is_over = True

    def confirm(self, bottle: int) -> bool:
        """Somebody saw which bottle came back last: only stories that say so go on. False where none does."""
        if not self._came:
            return False
        last = self._came[-1]
        said = np.flatnonzero((last.first == bottle) | (last.second == bottle))
        if not said.size:
            return False
        log = self._log[said]
        self._log = log - log.max() - np.log(np.exp(log - log.max()).sum())
        self._weight_g, self._variance = self._weight_g[said], self._variance[said]
        self._where = self._where[said]
        self._came = [rise.of(said) for rise in self._came]
        return True

    def forget_out(self) -> Floats:
        """What is out has been out for too long: it is gone. Returns the share of each bottle."""
        share = self.out
        self._where = np.where(self._where == Where.OUT, Where.GONE, self._where).astype(np.int8)
        return share

    def _grow(self, likelihood: Floats) -> NDArray[np.intp]:
        """Split the stories and keep the likeliest; returns the choice of each."""
        score = (self._log[:, None] + likelihood).ravel()
        keep = min(STORIES, int(np.count_nonzero(np.isfinite(score))))
        chosen = np.argpartition(score, -keep)[-keep:]
        chosen = chosen[np.argsort(score[chosen])[::-1]]
        chosen = chosen[score[chosen] > score[chosen[0]] - 16.0]
        story, choice = np.divmod(chosen, likelihood.shape[1])
        log = score[chosen] - score[chosen[0]]
        self._log = log - np.log(np.exp(log).sum())
        self._weight_g, self._variance = self._weight_g[story], self._variance[story]
        self._where = self._where[story]
        self._came = [rise.of(story) for rise in self._came]
        return np.asarray(choice)

    def _set(self, row: int, one: int, two: int, rise_g: float, variance: float) -> None:
        if two < 0:
            self._weight_g[row, one], self._variance[row, one] = rise_g, variance + PLACED_G2
            self._where[row, one] = Where.STANDING
            return
        members = [one, two]
        poured_g = self._weight_g[row, members].sum() - rise_g
        self._weight_g[row, members] -= poured_g / 2
        self._variance[row, members] += (poured_g / 4) ** 2 + variance
        self._where[row, members] = Where.STANDING

    def _shares(self, first: NDArray[np.intp], second: NDArray[np.intp]) -> Floats:
        share = np.zeros(self._tare_g.size)
        for bottles in (first, second):
            known = bottles >= 0
            np.add.at(share, bottles[known], np.exp(self._log[known]))
        return share

    @staticmethod
    def _normal(difference_g: Floats, variance: Floats) -> Floats:
        return np.asarray(-0.5 * difference_g**2 / variance - 0.5 * np.log(2 * np.pi * variance))

    def _pour(self, poured_g: Floats, variance: Floats, median_g: float) -> Floats:
        """Log density of what is missing when a bottle comes back: nothing, or a measure."""
        positive = np.maximum(poured_g, 1e-3)
        measure = np.exp(-0.5 * (np.log(positive / median_g) / POUR_SPREAD) ** 2)
        measure = measure / (positive * POUR_SPREAD * np.sqrt(2 * np.pi))
        measure = np.where(poured_g > 0, measure, 0.0)
        nothing = np.exp(self._normal(poured_g, np.maximum(variance, 2.0)))
        return np.asarray(np.log(0.12 * nothing + 0.87 * measure + 1e-9))
