"""How far a scale wanders by itself, learned from its own quiet hours. Knows nothing of bottles.

The mean squared difference of two one-second means, as a function of the time between them (the structure
function), is exactly the variance that wander and drift add to a change measured over such a time.
"""

from collections import deque
from math import log2, sqrt

LAGS_S = (2, 4, 8, 16, 32, 64)
EVERY_S = 1.0
START_G2_PER_S = 0.06
"""Before anything is learned: 0.7 g over 8 s, 2 g over a minute, about what recordings under kegs show."""
START_WEIGHT = 120.0
LEAST_G2_PER_S = 1e-4
MEMORY = 7200.0
"""Older differences fade, so that a cell that gets worse is believed."""
RESTLESS_G = 15.0
"""A difference beyond this was an event, not wander."""


class Wander:
    """Squared differences of one-second means, by the time between them."""

    def __init__(self) -> None:
        self._means: deque[float] = deque(maxlen=LAGS_S[-1] + 1)
        self._last_s: float | None = None
        self._variance_g2 = [START_G2_PER_S * lag_s for lag_s in LAGS_S]
        self._weight = [START_WEIGHT] * len(LAGS_S)

    def take(self, at_s: float, mean_g: float) -> None:
        """Take the mean weight of about a second in which nothing happened."""
        if self._last_s is not None:
            since_s = at_s - self._last_s
            if since_s < EVERY_S - 0.05:
                return
            if since_s > 1.5 * EVERY_S:
                self._means.clear()
        self._last_s = at_s
        self._means.append(mean_g)
        for index, lag_s in enumerate(LAGS_S):
            if len(self._means) > lag_s:
                self._learn(index, mean_g - self._means[-1 - lag_s])

    def interrupt(self) -> None:
        """Forget the means so far: something happened."""
        self._means.clear()

    def sigma_g(self, apart_s: float) -> float:
        """Standard deviation of a difference between two means that lie apart_s apart, g."""
        place = min(max(log2(max(apart_s, 0.1) / LAGS_S[0]), 0.0), float(len(LAGS_S) - 1))
        low = min(int(place), len(LAGS_S) - 2)
        share = place - low
        variance = self._variance_g2[low] * (1 - share) + self._variance_g2[low + 1] * share
        return sqrt(variance * max(1.0, apart_s / LAGS_S[-1]))

    @property
    def rate_g2_per_s(self) -> float:
        """Variance that wander adds per second, within ten seconds: the slope of the structure function.

        The white noise of the means is in all lags alike, so it is not in the slope.
        """
        early, late = self._variance_g2[0], self._variance_g2[2]
        return max((late - early) / (LAGS_S[2] - LAGS_S[0]), LEAST_G2_PER_S)

    def _learn(self, index: int, difference_g: float) -> None:
        if abs(difference_g) > RESTLESS_G:
            return
        self._weight[index] = min(MEMORY, self._weight[index] + 1.0)
        step = (difference_g**2 - self._variance_g2[index]) / self._weight[index]
        self._variance_g2[index] += step
