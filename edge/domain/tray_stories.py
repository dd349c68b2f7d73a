"""The stories of a tray, side by side: what every bottle weighs in each, and where it is. Arrays only.

Each story is a Gaussian over the weights of all bottles, with their covariance: two bottles that came back
in one step are known by their sum, and the first of them that is weighed alone tells the other. Two entries
after the bottles are the errors of the tray's level before and after the step: a level that was seen for a
moment only is wrong in both steps beside it, once up and once down.
"""

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from edge.domain.calibration import Floats
from edge.domain.measures import no_pours

Bottles = NDArray[np.intp]

SPAN_ERROR = 0.0015
"""Bottles are weighed on arrival and creep afterwards: all of a tray are off by one share of their weight."""
PLACED_SHARE = 2.5e-4
"""Put back a little elsewhere on the tray: what a bottle shows then differs by this share (datasheets of
single-point cells: 0.02-0.03 % of the load)."""
SPLIT_SHARE, SPLIT_G = 0.25, 3.0
"""Of what two bottles that came back together lost: how far either may be from half of it (deviation)."""


class Where(IntEnum):
    """Where a bottle is, in one story."""

    STANDING = 0
    OUT = 1
    GONE = 2


@dataclass(slots=True)
class Stories:
    """k stories of n bottles.

    state_g has shape (k, n + 2), cov_g2 (k, n + 2, n + 2), where, lifts and came (k, n), log (k,) with
    probabilities that sum to 1. lifts counts how often a bottle was lifted, pours (k, n, BINS)
    its pours by size; came is the number of its last
    return, -1 for none.
    Arrays are replaced by `pick` and changed in place only after it, so a shallow copy is a copy.
    """

    state_g: Floats
    cov_g2: Floats
    where: NDArray[np.int8]
    lifts: Floats
    pours: Floats
    came: NDArray[np.int32]
    log: Floats

    @classmethod
    def one(cls, weight_g: Floats, sigma_g: Floats, lifts: Floats, pours: Floats | None = None) -> "Stories":
        """Begin with one story, in which all bottles stand."""
        count = weight_g.size
        shape, cov_g2 = (1, count), np.zeros((1, count + 2, count + 2))
        cov_g2[0, :count, :count] = np.diag(sigma_g**2) + SPAN_ERROR**2 * np.outer(weight_g, weight_g)
        return cls(
            np.concatenate([weight_g, np.zeros(2)])[None].astype(np.float64),
            cov_g2,
            np.full(shape, Where.STANDING, dtype=np.int8),
            lifts[None, :].astype(np.float64),
            no_pours(1, count) if pours is None else pours[None].astype(np.float64),
            np.full(shape, -1, dtype=np.int32),
            np.zeros(1),
        )

    @property
    def share(self) -> Floats:
        """Probability of each story."""
        return np.exp(self.log)

    @property
    def weight_g(self) -> Floats:
        """Every bottle's weight, g, shape (k, n); a view."""
        return self.state_g[:, :-2]

    @property
    def variance(self) -> Floats:
        """Variance of every bottle's weight, g^2, shape (k, n)."""
        return np.diagonal(self.cov_g2, axis1=1, axis2=2)[:, :-2]

    def pick(self, story: Bottles, log: Floats) -> "Stories":
        """Return these stories, in this order, with these unnormalised log probabilities."""
        log = log - log.max()
        return Stories(
            self.state_g[story],
            self.cov_g2[story],
            self.where[story],
            self.lifts[story],
            self.pours[story],
            self.came[story],
            log - np.log(np.exp(log).sum()),
        )

    def level(self, variance_before: float | None, variance_after: float) -> "Stories":
        """Return these stories at a new step of the tray, between two levels of these variances.

        None: the level before is the one that the last step ended with, with the error that it has.
        """
        state, cov = self.state_g.copy(), self.cov_g2.copy()
        count = state.shape[1] - 2
        if variance_before is None:
            state[:, count] = state[:, count + 1]
            cov[:, count, :] = cov[:, count + 1, :]
            cov[:, :, count] = cov[:, :, count + 1]
            cov[:, count, count] = cov[:, count + 1, count + 1]
            self._forget(state, cov, count + 1, variance_after)
        else:
            self._forget(state, cov, count, variance_before)
            self._forget(state, cov, count + 1, variance_after)
        return replace(self, state_g=state, cov_g2=cov)

    @staticmethod
    def _forget(state: Floats, cov: Floats, entry: int, variance: float) -> None:
        state[:, entry], cov[:, entry, :], cov[:, :, entry] = 0.0, 0.0, 0.0
        cov[:, entry, entry] = variance

    def weigh(self, rows: Bottles, signs: Floats, seen_g: float, variance: float) -> None:
        """Learn from a measured sum of entries (a Kalman step); signs: (rows, n + 2), 0 where not in it."""
        cov, state = self.cov_g2[rows], self.state_g[rows]
        toward = np.einsum("kij,kj->ki", cov, signs)
        spread = (toward * signs).sum(axis=1) + variance
        gain = toward / spread[:, None]
        missing_g = seen_g - (state * signs).sum(axis=1)
        self.state_g[rows] = state + gain * missing_g[:, None]
        self.cov_g2[rows] = cov - gain[:, :, None] * toward[:, None, :]

    def know(self, rows: Bottles, bottle: Bottles, signs: Floats, seen_g: float, variance: float) -> None:
        """Set one bottle's weight to a measured one and a sum of entries, whatever was believed before."""
        cov = self.cov_g2[rows]
        like = np.einsum("kij,kj->ki", cov, signs)
        own = (like * signs).sum(axis=1) + variance
        weight_g = seen_g + (self.state_g[rows] * signs).sum(axis=1)
        self.cov_g2[rows, bottle, :] = like
        self.cov_g2[rows, :, bottle] = like
        self.cov_g2[rows, bottle, bottle] = own
        self.state_g[rows, bottle] = weight_g

    def share_out(self, rows: Bottles, first: Bottles, second: Bottles, rise_g: float) -> None:
        """Two bottles came back together: what is missing is of either, half of it to begin with."""
        missing_g = self.state_g[rows, first] + self.state_g[rows, second] - rise_g
        spread_g = SPLIT_SHARE * np.abs(missing_g) + SPLIT_G
        for bottle in (first, second):
            self.state_g[rows, bottle] -= missing_g / 2
            self.cov_g2[rows, bottle, bottle] += spread_g**2
