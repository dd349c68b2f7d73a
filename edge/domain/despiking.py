"""Single wild samples out, everything else untouched; then down to about ten samples a second.

ESPHome users and our own traces show one-sample spikes of 10 to 30 g and full-scale values in 1-5 % of
reads on a busy Pi. A median of three replaces only what stands out, so that noise stays noise: a plain
median would correlate neighbouring samples and hide how noisy the scale is.
"""

import numpy as np

from edge.domain.calibration import Floats

SPIKE_SIGMAS = 5.0
MEMORY_SAMPLES = 600
PACE_HZ = 10.0
"""Faster cells are averaged down to this; a bottle is put down in tenths of a second."""


class Despiker:
    """Keeps two samples between runs, so that a run's end is judged with its neighbour: one sample late."""

    def __init__(self) -> None:
        self._kept_s: Floats = np.empty(0)
        self._kept_g: Floats = np.empty(0)
        self._share = 0.0
        self.spikes = 0
        self.samples = 0

    @property
    def share(self) -> float:
        """Share of lone outliers among the newest thousand samples or so."""
        return self._share if self.samples > MEMORY_SAMPLES else self.spikes / max(1, self.samples)

    def clean(
        self, at_s: Floats, weight_g: Floats, noise_g: float, *, drop: bool = False
    ) -> tuple[Floats, Floats]:
        """Return times and weights with lone outliers replaced by the median of three; no NaN.

        With `drop` they are left out instead: a repeated neighbour looks like a scale that stands still.
        """
        at_s = np.concatenate((self._kept_s, at_s))
        weight_g = np.concatenate((self._kept_g, weight_g))
        self._kept_s, self._kept_g = at_s[-2:], weight_g[-2:]
        if weight_g.size < 3:
            return at_s[:0], weight_g[:0]
        before, here, after = weight_g[:-2], weight_g[1:-1], weight_g[2:]
        middle = np.maximum(np.minimum(before, after), np.minimum(np.maximum(before, after), here))
        wild = np.abs(here - middle) > SPIKE_SIGMAS * noise_g
        self._share += (int(np.count_nonzero(wild)) / here.size - self._share) * min(
            1.0, here.size / max(MEMORY_SAMPLES, 1)
        )
        self.samples += here.size
        if not wild.any():
            return at_s[1:-1], here
        self.spikes += int(np.count_nonzero(wild))
        if drop:
            return at_s[1:-1][~wild], here[~wild]
        return at_s[1:-1], np.where(wild, middle, here)

    def reset(self) -> None:
        """Forget the neighbours: what comes next does not follow on."""
        self._kept_s, self._kept_g = np.empty(0), np.empty(0)


class Decimator:
    """Means of blocks, so that an 80/s cell is weighed like a 10/s one."""

    def __init__(self) -> None:
        self._kept_s: Floats = np.empty(0)
        self._kept_g: Floats = np.empty(0)

    def thin(self, at_s: Floats, weight_g: Floats, rate_hz: float) -> tuple[Floats, Floats]:
        """Average blocks of rate_hz / 10 samples; what does not fill a block waits for the next run."""
        block = max(1, round(rate_hz / PACE_HZ))
        if block == 1:
            return at_s, weight_g
        at_s = np.concatenate((self._kept_s, at_s))
        weight_g = np.concatenate((self._kept_g, weight_g))
        whole = weight_g.size // block * block
        self._kept_s, self._kept_g = at_s[whole:], weight_g[whole:]
        return at_s[:whole].reshape(-1, block).mean(1), weight_g[:whole].reshape(-1, block).mean(1)

    def reset(self) -> None:
        """Forget the samples that wait for their block."""
        self._kept_s, self._kept_g = np.empty(0), np.empty(0)
