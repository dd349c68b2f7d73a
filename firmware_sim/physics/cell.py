"""Load cells with their converters: true load in grams in, frames of 24-bit counts out.

A bank holds all cells of a bar as arrays, so that one call makes one frame of every cell. Order of what
happens to a load: mechanics and filter, creep, zero (error, drift, wander, temperature), span (error,
temperature), counts, white noise, rounding, missed pulses, full scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.device import COUNTS_MAX, COUNTS_MIN
from contract.layout import Scale
from firmware_sim.physics.profile import CALIBRATED_GAIN, CellProfile, Converter
from firmware_sim.physics.response import SUBSTEPS, Array, Response
from firmware_sim.physics.slow import Creep, Drift, Sway, Wander

CALIBRATION_TEMPERATURE_C = 21.0
SPIKE_BITS = 23
"""A missed clock pulse shifts ones in: 2^n - 1 for n = 1..23."""


@dataclass(frozen=True, slots=True)
class Samples:
    """counts and ready, both of shape (cells, samples); where ready is False the converter gave nothing."""

    counts: NDArray[np.int64]
    ready: NDArray[np.bool_]


class CellBank:
    """All load cells of a bar."""

    def __init__(
        self,
        scales: Sequence[Scale],
        load_g: Array,
        profile: CellProfile,
        converter: Converter,
        dice: np.random.Generator,
    ) -> None:
        """Start with `load_g` (one per scale) having stood there for long."""
        count = len(scales)
        self._profile = profile
        self._converter = converter
        self._dice = dice
        gain = converter.gain / CALIBRATED_GAIN
        self._tare = np.array([scale.tare_counts for scale in scales]) * gain
        self._counts_per_g = np.array([scale.counts_per_g for scale in scales]) * gain
        self._zero_g = dice.normal(0, 1, count) * profile.zero_error_g
        self._span = 1 + dice.normal(0, 1, count) * profile.span_error
        self._zero_per_k = dice.normal(0, 1, count) * profile.zero_g_per_k
        self._span_per_k = dice.normal(0, 1, count) * profile.span_ppm_per_k * 1e-6
        self._response = Response(profile, converter.rate_hz, load_g)
        self._creep = Creep(profile, load_g, dice)
        self._wander = Wander(profile, count, dice)
        self._drift = Drift(profile, count, dice)
        self._sway = Sway(profile, count, dice)

    @property
    def substeps_per_s(self) -> int:
        """How many loads a second of one cell takes."""
        return self._converter.rate_hz * SUBSTEPS

    def frame(self, load_g: Array, temperature_c: Array) -> Samples:
        """Make one frame.

        load_g: true load, g, shape (cells, samples * 8), equally spaced; temperature_c: shape (cells,).
        """
        filtered = self._response.samples(load_g)
        times_s = np.arange(1, filtered.shape[1] + 1) / self._converter.rate_hz
        warmer_k = (temperature_c - CALIBRATION_TEMPERATURE_C)[:, None]
        zero_g = self._zero_g[:, None] + self._zero_per_k[:, None] * warmer_k
        zero_g = (
            zero_g
            + self._wander.error_g(times_s)
            + self._drift.error_g(times_s)
            + self._sway.error_g(times_s)
        )
        shown_g = filtered + self._creep.error_g(load_g.mean(axis=1), times_s)
        shown_g = shown_g * (self._span[:, None] + self._span_per_k[:, None] * warmer_k) + zero_g
        return self._convert(shown_g)

    def _convert(self, shown_g: Array) -> Samples:
        noisy_g = shown_g + self._dice.normal(0, 1, shown_g.shape) * self._profile.noise_g
        counts = np.rint(self._tare[:, None] + noisy_g * self._counts_per_g[:, None]).astype(np.int64)
        bits = self._dice.integers(1, SPIKE_BITS + 1, counts.shape)
        missed = self._dice.random(counts.shape) < self._profile.spike_fraction
        counts = np.where(missed, 2**bits - 1, counts)
        ready = self._dice.random(counts.shape) >= self._profile.not_ready_fraction
        return Samples(np.clip(counts, COUNTS_MIN, COUNTS_MAX), ready)
