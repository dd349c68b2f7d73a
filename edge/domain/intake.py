"""Raw counts in, clean grams at about ten a second out: calibration, belief, spikes, pace. No bottles."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.domain.calibration import Calibrated, Floats, to_grams
from edge.domain.despiking import PACE_HZ, Decimator, Despiker
from edge.domain.settling import Settling
from edge.domain.trouble import Trouble

GAP_S = 1.5
"""Samples that are missing for longer than this may hide a movement."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Clean times and weights of one run; broken_at_s says that samples are missing from then on."""

    at_s: Floats
    weight_g: Floats
    broken_at_s: float | None = None


class Intake:
    """The front of one scale. What it hands on is free of NaN, of lone spikes and of disbelieved samples."""

    def __init__(self, tare_counts: float, counts_per_g: float, settling: Settling) -> None:
        self.trouble = Trouble()
        self.last_sample_s: float | None = None
        self.pace_hz = PACE_HZ
        self._tare_counts, self._counts_per_g = tare_counts, counts_per_g
        self._settling = settling
        self._despiker = Despiker()
        self._decimator = Decimator()

    @property
    def spike_share(self) -> float:
        """Share of the newest samples that were lone outliers."""
        return self._despiker.share

    def take(self, start_s: float, rate_hz: float, counts: Sequence[int | None]) -> Taken:
        """Take one run of equally spaced raw samples."""
        calibrated = to_grams(counts, self._tare_counts, self._counts_per_g)
        believed = self.trouble.judge(counts, calibrated, rate_hz)
        at_s = start_s + np.arange(len(counts)) / rate_hz
        return self._take(at_s, rate_hz, calibrated, believed=believed)

    def take_grams(self, start_s: float, rate_hz: float, weight_g: Floats) -> Taken:
        """Take one run that is already in grams: a recorded trace. What is not finite counts as missing."""
        at_s = start_s + np.arange(weight_g.size) / rate_hz
        finite = np.isfinite(weight_g)
        missing = int(weight_g.size - np.count_nonzero(finite))
        calibrated = Calibrated(np.where(finite, weight_g, np.nan), missing, 0)
        return self._take(at_s, rate_hz, calibrated, believed=True)

    def reset(self) -> None:
        """Forget the neighbours of the last sample: what comes next does not follow on."""
        self._despiker.reset()
        self._decimator.reset()

    def _take(self, at_s: Floats, rate_hz: float, calibrated: Calibrated, *, believed: bool) -> Taken:
        weight_g = calibrated.weight_g
        if calibrated.null or calibrated.saturated:
            valid = ~np.isnan(weight_g)
            at_s, weight_g = at_s[valid], weight_g[valid]
        if not believed or not weight_g.size:
            self.reset()
            return Taken(at_s[:0], at_s[:0], float(at_s[0]) if at_s.size else self.last_sample_s or 0.0)
        broken_at_s = self._gap(float(at_s[0]))
        self.last_sample_s = float(at_s[-1])
        self._settling.learn_noise(weight_g)
        self.pace_hz = min(rate_hz, PACE_HZ)
        at_s, weight_g = self._despiker.clean(
            at_s, weight_g, self._settling.noise_g, drop=rate_hz < 2 * PACE_HZ
        )
        return Taken(*self._decimator.thin(at_s, weight_g, rate_hz), broken_at_s)

    def _gap(self, first_s: float) -> float | None:
        if self.last_sample_s is None or first_s - self.last_sample_s <= GAP_S:
            return None
        self.reset()
        return self.last_sample_s
