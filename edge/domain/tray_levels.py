"""The levels a tray stood at, and the step between the last two with its uncertainty. Knows no bottles."""

from dataclasses import dataclass
from math import sqrt

from edge.domain.settling import Average, Plateau, Settling
from edge.domain.tray_belief import TrayBelief
from edge.domain.wander import Wander

SURE_S = 2.4
LEAST_WINDOW = 5
SHORT_SAMPLES, UNSETTLED_G2 = 8, 0.25
"""A level that was seen for less than so many samples may not have been settled: its extra variance, g^2."""
STEP_G2 = 0.02
"""Squared error of a step that is in no level: creep between the two, g^2."""
HAND_SAMPLES = 2
SETTLE_SAMPLES = 2


@dataclass(frozen=True, slots=True)
class TrayStep:
    """A step of the tray's weight, g, and the variances of it and of the levels on either side, g^2."""

    grams: float
    variance: float
    before: float | None
    after: float

    def taken_by(self, belief: TrayBelief) -> int | None:
        """Have the belief take it; the number of the return it may have been."""
        return belief.step(self.grams, self.variance, before=self.before, after=self.after)


class Levels:
    """Remembers the level that was left last. `settling` and `wander` are the scale's own."""

    def __init__(self, settling: Settling, wander: Wander) -> None:
        self._settling, self._wander = settling, wander
        self.last: Average | None = None
        self.left_s = 0.0
        self._variance_g2: float | None = 0.0
        self._is_taken = False

    def leave(self, plateau: Plateau, left_s: float, pace_hz: float) -> None:
        """A plateau is over: what it showed last is the level before the next step."""
        window = self._window(pace_hz)
        self.last = plateau.average(self._settling.noise_g, skip_last=HAND_SAMPLES, newest=window)
        tied = plateau.samples < 2 * window and self._is_taken
        self._variance_g2 = None if tied else self._variance(self.last, plateau, pace_hz)
        self._is_taken = False
        self.left_s = left_s

    def note_taken(self) -> None:
        """The step to the present plateau was taken: its level is known with an error of its own."""
        self._is_taken = True

    def step_to(self, plateau: Plateau, pace_hz: float) -> TrayStep | None:
        """Return the step to this plateau; None where there is nothing to compare with."""
        if self.last is None:
            return None
        window = self._window(pace_hz)
        after = plateau.average(self._settling.noise_g, skip_first=SETTLE_SAMPLES, oldest=window)
        apart_s = max(0.0, plateau.start_s - self.left_s)
        variance = self._wander.rate_g2_per_s * apart_s + STEP_G2
        after_g2 = self._variance(after, plateau, pace_hz)
        return TrayStep(after.weight_g - self.last.weight_g, variance, self._variance_g2, after_g2)

    def _window(self, pace_hz: float) -> int:
        """Samples to average next to a step: white noise wants more of them, wander fewer.

        The variance of n samples' mean at their end is noise^2 / n + rate n / 3, least where n is
        sqrt(3 noise^2 / rate).
        """
        best = sqrt(3 * self._settling.noise_g**2 * pace_hz / self._wander.rate_g2_per_s)
        return min(max(round(best), LEAST_WINDOW), round(SURE_S * pace_hz))

    def _variance(self, level: Average, plateau: Plateau, pace_hz: float) -> float:
        """Variance of a level that was seen over a window, g^2."""
        wander = self._wander.rate_g2_per_s * level.samples / pace_hz / 3
        return level.sigma_g**2 + wander + (UNSETTLED_G2 if plateau.samples < SHORT_SAMPLES else 0.0)
