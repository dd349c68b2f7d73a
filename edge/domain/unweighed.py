"""How much is in a bottle that stands on no scale, believed over many looks. Pure; volumes in ml.

People pour measures out of bottles and put full ones in their place; little else happens to a bottle on a
shelf. A reading is right within its stated sigma or, now and then, anything at all: a label's edge, a
reflection. Both are kept apart by a hidden Markov chain over STEPS volumes (Rabiner, Proc. IEEE 77(2), 1989):
a level that rises without being full is rather a reading that went wrong, until looks go on saying it.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from contract.sightings import FigureSource
from edge.domain.fusion import Volume

Floats = NDArray[np.float64]

STEPS = 240
ROOM = 1.02
"""Of a full bottle: fuller bottles are readings of full ones."""
HANDLED = 0.2
"""Chance that a bottle was poured from between two looks."""
MEASURE_ML, MOST_ML = 40.0, 200.0
"""A measure: exponential with this mean, never more."""
FRESH, FRESH_WHEN_LOW, LOW_SHARE = 0.002, 0.1, 0.12
"""Chance that a fresh bottle came, at any level and when this share of a full one was left."""
EXCHANGED = 0.01
"""Chance that an open bottle of another level came,"""
EXCHANGED_WHEN_AWAY = 0.15
"""and the same where the place was seen empty in between."""
FULL_SIGMA = 0.015
"""Of a full bottle: how far fresh ones are from it, one sigma."""
ANYTHING = 0.05
"""Share of readings that mean nothing."""
NOISE_SHARE = 0.4
"""Of the stated sigma, what differs from look to look; the rest is the bottle's own and stays."""
STILL_ML = 12.0
"""Grows the stated doubt, one sigma, for each look at which nothing could be read."""
MOST_UNREAD = 30
DOUBTED_SIGMAS = 2.0
"""A reading further from the belief that it led to is held for one that went wrong."""


class SightBelief:
    """What is believed of the bottle in one slot without a scale. Speaks like fusion.BottleBelief."""

    liar = None

    def __init__(self, full_ml: float) -> None:
        self._full_ml = full_ml
        self._at: Floats = np.linspace(0.0, ROOM, STEPS) * full_ml
        self._share: Floats = np.full(STEPS, 1.0 / STEPS)
        self._unread, self._is_heard, self._own_ml = 0, False, 0.0
        self._doubted = self._was_away = False

    def take(self, seen: Volume | None, *, was_away: bool) -> None:
        """A look went by; `seen` is None where nothing could be read; `was_away`: seen empty before it."""
        self._unread = min(self._unread + 1, MOST_UNREAD)
        self._was_away = self._was_away or was_away
        if seen is None:
            return
        if self._was_away:
            self._share = (1 - EXCHANGED_WHEN_AWAY) * self._share + EXCHANGED_WHEN_AWAY / STEPS
            self._was_away = False
        step = _step(self._full_ml)
        for _ in range(self._unread):
            self._share = self._share @ step
        self._unread, self._is_heard = 0, True
        self._hear(seen)

    def _hear(self, seen: Volume) -> None:
        noise_ml = max(NOISE_SHARE * seen.sigma_ml, self._full_ml / STEPS)
        self._own_ml = (1 - NOISE_SHARE**2) ** 0.5 * seen.sigma_ml
        fits = np.exp(-0.5 * ((self._at - min(seen.ml, ROOM * self._full_ml)) / noise_ml) ** 2)
        self._share *= (1 - ANYTHING) * fits / fits.sum() + ANYTHING / STEPS
        self._share /= self._share.sum()
        self._doubted = abs(self.volume.ml - seen.ml) > DOUBTED_SIGMAS * seen.sigma_ml

    def forget_camera(self) -> None:
        """The camera gives no figure any more."""
        self._is_heard = False

    @property
    def volume(self) -> Volume:
        """The middle of the belief, and one sigma of it."""
        below = np.cumsum(self._share)
        middle = float(np.interp(0.5, below - self._share / 2, self._at))
        spread = float(np.sqrt(self._share @ (self._at - middle) ** 2))
        return Volume(
            min(middle, self._full_ml),
            float(np.sqrt(spread**2 + self._own_ml**2 + STILL_ML**2 * self._unread)),
        )

    @property
    def source(self) -> FigureSource | None:
        """The camera, once it has read something."""
        return FigureSource.CAMERA if self._is_heard else None

    @property
    def is_waiting(self) -> bool:
        """Whether the newest reading is held for one that went wrong, until the next say the same."""
        return self._doubted


@lru_cache(maxsize=64)
def _step(full_ml: float) -> Floats:
    """Chance of each volume (row) to have become each other one (column) between two looks."""
    at = np.linspace(0.0, ROOM, STEPS) * full_ml
    less = at[:, None] - at[None, :]
    pour = np.where((less > 0) & (less <= MOST_ML), np.exp(-less / MEASURE_ML), 0.0)
    pour[0, 0] = 1.0
    pour /= pour.sum(axis=1, keepdims=True)
    fresh = np.exp(-0.5 * ((at - full_ml) / (FULL_SIGMA * full_ml)) ** 2)
    fresh /= fresh.sum()
    came = np.where(at < LOW_SHARE * full_ml, FRESH_WHEN_LOW, FRESH)[:, None]
    stays = 1.0 - HANDLED - came - EXCHANGED
    step: Floats = stays * np.eye(STEPS) + HANDLED * pour + came * fresh + EXCHANGED / STEPS
    return step
