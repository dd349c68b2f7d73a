"""What each story of a tray says of every return so far: which bottle, from what weight to what. Arrays only.

Bounded: of more than MAX_RETURNS the oldest is forgotten, and what was last said of it stands.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.domain.calibration import Floats
from edge.domain.tray_stories import Bottles, Stories

MAX_RETURNS = 128


@dataclass(frozen=True, slots=True)
class Part:
    """One bottle of a return: what it weighed before and after, g, and the variance of the difference."""

    bottle: int
    before_g: float
    after_g: float
    variance: float


@dataclass(frozen=True, slots=True)
class Return:
    """The likeliest reading of a return. second is -1 unless two bottles came at once."""

    bottle: int
    second: int
    parts: tuple["Part", ...]
    is_new: bool
    was_gone: bool

    @property
    def label(self) -> tuple[int, int, bool]:
        """What must stay the same for what was said to stand."""
        return self.bottle, self.second, self.is_new

    @property
    def poured_g(self) -> float:
        """What is missing of all that came, g."""
        return sum(part.before_g - part.after_g for part in self.parts)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a return was, over all stories: share per bottle, and the likeliest reading (None: no bottle)."""

    share: Floats
    best: Return | None
    sure: float
    """Share of the stories that read it as `best` does."""


@dataclass(slots=True)
class History:
    """labels (returns, stories, 4): first, second, is new, was gone.

    grams (returns, stories, 8): before, after, variance before, variance after, each of first and second.
    """

    labels: NDArray[np.int16]
    grams: Floats
    oldest: int = 0

    @classmethod
    def empty(cls) -> "History":
        """Nothing has come back yet."""
        return cls(np.zeros((0, 1, 4), dtype=np.int16), np.zeros((0, 1, 8)))

    @property
    def newest(self) -> int:
        """Number of the newest return; less than `oldest` where there is none."""
        return self.oldest + len(self.labels) - 1

    def pick(self, story: Bottles) -> "History":
        """Return the history of these stories."""
        return History(self.labels[:, story], self.grams[:, story], self.oldest)

    def add(self, labels: NDArray[np.int16], grams: Floats) -> None:
        """Append a return: arrays of shape (stories, 4) and (stories, 8)."""
        self.labels = np.concatenate([self.labels, labels[None]])
        self.grams = np.concatenate([self.grams, grams[None]])
        if len(self.labels) > MAX_RETURNS:
            self.labels, self.grams, self.oldest = self.labels[1:], self.grams[1:], self.oldest + 1

    def learn(self, stories: Stories, bottles: NDArray[np.bool_]) -> None:
        """Bottles of some stories were weighed again: their last returns had left them that heavy."""
        rows, bottle = np.nonzero(bottles & (stories.came >= self.oldest))
        at = stories.came[rows, bottle] - self.oldest
        second = (self.labels[at, rows, 1] == bottle).astype(np.intp)
        self.grams[at, rows, 2 + second] = stories.weight_g[rows, bottle]
        self.grams[at, rows, 6 + second] = stories.cov_g2[rows, bottle, bottle]

    @property
    def doubtful(self) -> list[int]:
        """Numbers of the returns that not all stories read alike."""
        differ = (self.labels != self.labels[:, :1]).any(axis=(1, 2))
        return [self.oldest + int(at) for at in np.flatnonzero(differ)]

    def share_of(self, number: int, label: tuple[int, int, bool], share: Floats) -> float:
        """Return the probability of one reading of a return."""
        labels = self.labels[number - self.oldest]
        return float(share[(labels[:, :3] == np.array(label)).all(axis=1)].sum())

    def verdicts(self, number: int, share: Floats, group: Bottles) -> Verdicts:
        """Read a return, as all that followed suggests; bottles of one `group` are of one product."""
        labels = self.labels[number - self.oldest].astype(np.intp)
        shares = np.zeros(group.size)
        for column in (0, 1):
            known = labels[:, column] >= 0
            np.add.at(shares, labels[known, column], share[known])
        kinds = np.concatenate([_grouped(labels[:, :2], group), labels[:, 2:3]], axis=1)
        chosen = _heaviest(kinds, share, np.ones(share.size, dtype=bool))
        sure = float(share[chosen].sum())
        chosen = _heaviest(labels, share, chosen)
        likeliest = int(np.argmax(np.where(chosen, share, -1.0)))
        one, two, new, gone = labels[likeliest].tolist()
        if one < 0:
            return Verdicts(shares, None, sure)
        grams = self.grams[number - self.oldest, likeliest]
        parts = [
            Part(bottle, float(grams[at]), float(grams[2 + at]), float(grams[4 + at] + grams[6 + at]))
            for at, bottle in enumerate((one, two))
            if bottle >= 0
        ]
        return Verdicts(shares, Return(one, two, tuple(parts), bool(new), bool(gone)), sure)


def _grouped(bottles: Bottles, group: Bottles) -> Bottles:
    return np.sort(np.where(bottles < 0, -1, group[bottles]), axis=1)


def _heaviest(kinds: Bottles, share: Floats, among: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which stories are of the kind that most of the probability `among` them is of."""
    _, inverse = np.unique(kinds, axis=0, return_inverse=True)
    sums = np.bincount(inverse.ravel(), weights=share * among)
    return np.asarray((inverse.ravel() == int(sums.argmax())) & among)
