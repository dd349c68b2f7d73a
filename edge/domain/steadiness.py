"""Is this cell standing still, and at what counts? In counts, because a scale is not calibrated yet.

The settling band is centred on the median of the last three seconds and four times as wide, either way, as
the cell's own noise, which is taken from neighbouring samples: a hand or a swinging bottle does not widen it.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import median

from contract.device import COUNTS_MAX, COUNTS_MIN

WINDOW_S = 3.0
TRACE_S = 20.0
BAND_NOISES = 4.0
INSIDE_SHARE = 0.9
PRESENT_SHARE = 0.8
TREND_NOISES = 1.5
CALM_SHARE, CALM_MEAN = 0.9, 0.657
CORRELATION = 3.0
"""Neighbouring samples of real cells are not independent: n of them are worth about n / 3."""
MAX_SAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Hold:
    """A cell at rest: mean counts, standard error of the mean, noise of one sample, samples it rests on."""

    counts: float
    sigma_counts: float
    noise_counts: float
    samples: int


@dataclass(frozen=True, slots=True)
class Band:
    """Counts between which a sample belongs to a cell at rest."""

    low: float
    high: float


class Steadiness:
    """Follows one cell. Feed it the runs of its frames, in order."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int | None]] = deque(maxlen=MAX_SAMPLES)
        self._now_s = 0.0
        self._rate_hz = 10.0

    def take(self, rate_hz: float, counts: Sequence[int | None]) -> None:
        """Take a run of samples."""
        self._rate_hz = rate_hz
        for value in counts:
            self._now_s += 1 / rate_hz
            self._samples.append((self._now_s, value))
        while self._samples and self._samples[0][0] < self._now_s - TRACE_S:
            self._samples.popleft()

    @property
    def trace(self) -> list[tuple[float, int | None]]:
        """The last 20 seconds: (age in s, counts or None), oldest first."""
        return [(self._now_s - at_s, counts) for at_s, counts in self._samples]

    @property
    def band(self) -> Band | None:
        """The settling band; None while there is too little to say."""
        values = self._window()
        if len(values) < 6:
            return None
        centre, width = median(values), BAND_NOISES * _noise(values)
        return Band(centre - width, centre + width)

    @property
    def problem(self) -> str | None:
        """Why this cell cannot be calibrated at all, or None."""
        expected = round(WINDOW_S * self._rate_hz)
        newest = [counts for _, counts in list(self._samples)[-expected:]]
        present = [counts for counts in newest if counts is not None]
        if len(newest) < expected:
            return None
        if not present:
            return "the converter gives no values: check its plug"
        if any(not COUNTS_MIN < counts < COUNTS_MAX for counts in present):
            return "the converter is at full scale: take the load off and check the wiring"
        if len(set(present)) == 1:
            return "the converter gives the same value again and again: check its plug, then change it"
        return None

    @property
    def hold(self) -> Hold | None:
        """The cell at rest; None while it moves, while samples are missing, or after less than 3 s."""
        values, band = self._window(), self.band
        expected = round(WINDOW_S * self._rate_hz)
        if band is None or self.problem or len(values) < PRESENT_SHARE * expected:
            return None
        if self._now_s < WINDOW_S - 0.5 / self._rate_hz:
            return None
        inside = [counts for counts in values if band.low <= counts <= band.high]
        noise = _noise(values)
        half = len(inside) // 2
        if len(inside) < INSIDE_SHARE * len(values) or half < 2:
            return None
        trend = sum(inside[-half:]) / half - sum(inside[:half]) / half
        if abs(trend) > TREND_NOISES * noise:
            return None
        mean = sum(inside) / len(inside)
        return Hold(mean, noise * sqrt(CORRELATION / len(inside)), noise, len(inside))

    def forget(self) -> None:
        """Start anew: what comes next belongs to another step."""
        self._samples.clear()
        self._now_s = 0.0

    def _window(self) -> list[int]:
        since_s = self._now_s - WINDOW_S + 0.5 / self._rate_hz
        return [counts for at_s, counts in self._samples if counts is not None and at_s > since_s]


def _noise(values: Sequence[int]) -> float:
    """Noise of one sample, counts, at least one: the mean of the smaller 90 % of neighbours' differences.

    For a normal distribution that mean is 0.657 of a sigma; the largest tenth is where spikes and hands are.
    """
    steps = sorted(abs(b - a) for a, b in pairwise(values))
    kept = steps[: max(1, int(CALM_SHARE * len(steps)))]
    return max(1.0, sum(kept) / len(kept) / CALM_MEAN / sqrt(2))
