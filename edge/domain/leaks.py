"""A bottle that grows lighter where it stands, too slowly for a hand. Knows no plateaus.

Drift, creep and temperature move a pad by a few grams in ten minutes, and a keg's scale by up to 1.3 % of its
load (recordings of a keezer); a leak goes beyond both.
"""

from collections import deque
from dataclasses import dataclass

EVERY_S = 10.0
WINDOW_S = 600.0
LEAK_MIN_G = 45.0
LEAK_LOAD_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Leak:
    """From when to when the weight fell, s, and from what to what, g."""

    start_s: float
    end_s: float
    before_g: float
    after_g: float


class LeakWatch:
    """Looks at a standing bottle every ten seconds and back over ten minutes."""

    def __init__(self) -> None:
        self._levels: deque[tuple[float, float]] = deque(maxlen=round(WINDOW_S / EVERY_S) + 1)

    def take(self, at_s: float, level_g: float) -> Leak | None:
        """Take the level of a quiet plateau; a leak is told once, then the watch begins anew."""
        if self._levels and at_s - self._levels[-1][0] < EVERY_S:
            return None
        while self._levels and at_s - self._levels[0][0] > WINDOW_S:
            self._levels.popleft()
        self._levels.append((at_s, level_g))
        start_s, before_g = max(self._levels, key=lambda one: one[1])
        lost_g = before_g - level_g
        if lost_g < max(LEAK_MIN_G, LEAK_LOAD_SHARE * before_g):
            return None
        self.reset()
        return Leak(start_s, at_s, before_g, level_g)

    def reset(self) -> None:
        """Something else happened: what was before is no measure any more."""
        self._levels.clear()
