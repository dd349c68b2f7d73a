"""Finds plateaus in a cleaned stream of weights. Owns what "stable" means; knows nothing of bottles.

A plateau follows slow drift and creep (its level is a moving mean), and ends when three samples in a row
leave its band. A change slower than about half a gram per sample is drift by this definition: creep and
wander of real cells are that slow, a tap or a hand is not.
"""

from collections import deque
from dataclasses import dataclass, field
from itertools import islice, pairwise
from math import inf, sqrt

import numpy as np

from edge.domain.calibration import Floats

NOISE_START_G = 1.0
"""0.9-1.2 g from sample to sample in real recordings."""
NOISE_MIN_G, NOISE_MAX_G = 0.3, 5.0
BAND_SIGMAS = 5.0
BAND_MIN_G = 4.0
OUT_SAMPLES = 3
TAIL_SAMPLES = 50
"""Plateau averages use up to this many samples: real plateaus wander by 2-3 g within seconds."""
LEVEL_SHARE = 0.1
WINDOW_SAMPLES = 4
"""A bottle that is put down for a second between two hands gives five settled samples at 10 a second."""
TURN_SAMPLES, TURN_G = 10, 60.0
"""An arm that leans on a shelf presses more and then less, and stands still at the turn for a few samples.
A level is only what is come to or left faster than this in three samples: no hand moves a bottle slower."""
CORRELATION = 1.5
"""Neighbouring samples are not quite independent; slower wander is counted apart (wander.py)."""
SIGMA_FLOOR_G = 0.1


@dataclass(frozen=True, slots=True)
class Average:
    """Mean of a plateau, its standard error, the samples it rests on, and its trend first to second half."""

    weight_g: float
    sigma_g: float
    samples: int
    trend_g: float = 0.0


@dataclass(slots=True)
class Plateau:
    """A run of samples that agree with each other."""

    start_s: float
    samples: int = 0
    level_g: float = 0.0
    tail: deque[float] = field(default_factory=lambda: deque(maxlen=TAIL_SAMPLES))

    def add(self, weight_g: float) -> None:
        """Take one sample that lies in the band."""
        self.samples += 1
        self.level_g += (weight_g - self.level_g) * max(LEVEL_SHARE, 1.0 / self.samples)
        self.tail.append(weight_g)

    def add_all(self, weight_g: Floats) -> None:
        """Take a run of samples that lie in the band: as add() one by one once it is long."""
        count = weight_g.size
        self.samples += count
        kept = (1 - LEVEL_SHARE) ** np.arange(count, -1, -1)
        self.level_g = float(self.level_g * kept[0] + LEVEL_SHARE * (kept[1:] @ weight_g))
        self.tail.extend(weight_g.tolist())

    @property
    def is_frozen(self) -> bool:
        """Whether all its samples are the same to the last bit: a dead converter's, not a cell's."""
        return min(self.tail) == max(self.tail)

    def newest_g(self, samples: int) -> float:
        """Mean of the newest samples, at most as many as are kept."""
        count = min(samples, len(self.tail))
        return sum(islice(reversed(self.tail), count)) / count

    def average(
        self, noise_g: float, *, skip_first: int = 0, skip_last: int = 0, oldest: int = 0, newest: int = 0
    ) -> Average:
        """Average the newest samples (up to 50), or only the `oldest` or `newest` so many of them.

        The skipped ends belong to a hand on the bottle.
        """
        values = list(self.tail)
        if self.samples > len(values):
            skip_first = 0
        if len(values) > skip_first + skip_last + 8:
            values = values[skip_first : len(values) - skip_last]
        if oldest or newest:
            values = values[:oldest] if oldest else values[-newest:]
        count = len(values)
        mean = sum(values) / count
        spread = sqrt(sum((value - mean) ** 2 for value in values) / count)
        sigma = sqrt(max(spread, 0.5 * noise_g) ** 2 * CORRELATION / count + SIGMA_FLOOR_G**2)
        half = count // 2
        trend = sum(values[-half:]) / half - sum(values[:half]) / half if half else 0.0
        return Average(mean, sigma, count, trend)


class Settling:
    """Follows one scale sample by sample. `plateau` is None while the weight moves."""

    def __init__(self, window_samples: int = WINDOW_SAMPLES) -> None:
        """A new plateau needs `window_samples` still samples in a row."""
        self.noise_g = NOISE_START_G
        self.plateau: Plateau | None = None
        self.ended: Plateau | None = None
        self.left_s = 0.0
        """When the first sample left the plateau that ended last."""
        self.has_turned = False
        """Whether the plateau that ended last was only a turn of something that presses."""
        self._came_g = inf
        self._before: deque[float] = deque(maxlen=OUT_SAMPLES)
        self._window: deque[tuple[float, float]] = deque(maxlen=window_samples)
        self._outside: list[tuple[float, float]] = []
        self._runs = 0

    @property
    def band_g(self) -> float:
        """How far a sample may lie from its plateau's level."""
        return max(BAND_MIN_G, BAND_SIGMAS * self.noise_g)

    @property
    def is_quiet(self) -> bool:
        """Whether a long plateau stands and no sample is outside it."""
        return self.plateau is not None and self.plateau.samples >= TAIL_SAMPLES and not self._outside

    def learn_noise(self, weight_g: Floats) -> None:
        """Follow the scale's own noise from neighbouring raw samples (median: a hand is rare)."""
        values = weight_g.tolist()
        steps = sorted(abs(b - a) for a, b in pairwise(values))
        if steps:
            seen_g = steps[len(steps) // 2] * 1.4826 / sqrt(2)
            self._runs += 1
            share = max(0.02, 1.0 / (self._runs + 4))
            self.noise_g += share * (min(max(seen_g, NOISE_MIN_G), NOISE_MAX_G) - self.noise_g)

    def take(self, at_s: float, weight_g: float) -> None:
        """Take one cleaned sample; may end the plateau or find a new one."""
        if self.plateau is None:
            self._seek(at_s, weight_g)
        elif abs(weight_g - self.plateau.level_g) <= self.band_g:
            self._outside.clear()
            self.plateau.add(weight_g)
        else:
            self._outside.append((at_s, weight_g))
            if len(self._outside) >= OUT_SAMPLES:
                self._leave()

    def interrupt(self) -> None:
        """End the plateau because samples are missing or cannot be believed."""
        if self.plateau is not None:
            self.ended, self.plateau = self.plateau, None
        self._outside.clear()
        self._window.clear()
        self._before.clear()
        self.has_turned, self._came_g = False, inf

    def _leave(self) -> None:
        assert self.plateau is not None, "only a plateau is left"
        away_g = abs(self._outside[-1][1] - self.plateau.level_g)
        self.has_turned = self.plateau.samples <= TURN_SAMPLES and max(away_g, self._came_g) < TURN_G
        self.ended, self.plateau = self.plateau, None
        self.left_s = self._outside[0][0]
        self._before.clear()
        self._before.append(self.ended.level_g)
        self._window.clear()
        self._window.extend(self._outside)
        self._outside.clear()

    def _seek(self, at_s: float, weight_g: float) -> None:
        if len(self._window) == self._window.maxlen:
            self._before.append(self._window[0][1])
        self._window.append((at_s, weight_g))
        if len(self._window) == self._window.maxlen and self._is_still():
            self._came_g = abs(weight_g - self._before[0]) if self._before else inf
            self.plateau = Plateau(self._window[0][0])
            for _, value in self._window:
                self.plateau.add(value)
            self._window.clear()

    def _is_still(self) -> bool:
        values = [weight_g for _, weight_g in self._window]
        half = len(values) // 2
        first, second = sum(values[:half]) / half, sum(values[-half:]) / half
        mean = sum(values) / len(values)
        spread = sqrt(sum((value - mean) ** 2 for value in values) / len(values))
        return abs(second - first) <= 2.5 * self.noise_g and spread <= 2.0 * self.noise_g
