"""From a load that changes to what the converter's filter lets through: one kernel, one sum."""

import numpy as np
from numpy.typing import NDArray

from firmware_sim.physics.profile import CellProfile

Array = NDArray[np.float64]

SUBSTEPS = 8
"""Steps of the mechanics in one conversion."""
FILTER_ORDER = 4
"""A sinc^4 filter is settled after 4 conversions: the HX711's 400 ms at 10 and 50 ms at 80 samples/s."""
DIED_OUT = 1e-5


def mechanical_kernel(natural_hz: float, damping: float, step_s: float) -> Array:
    """Impulse response of mass, spring and damper, in steps of step_s, normalised to sum 1.

    h(t) = exp(-z w t) sin(w sqrt(1 - z^2) t), cut where the envelope is under 1e-5.
    """
    omega = 2 * np.pi * natural_hz
    length_s = -np.log(DIED_OUT) / (damping * omega)
    t = (np.arange(max(2, int(np.ceil(length_s / step_s)))) + 0.5) * step_s
    kernel: Array = np.exp(-damping * omega * t) * np.sin(omega * np.sqrt(1 - damping**2) * t)
    return np.asarray(kernel / kernel.sum(), dtype=np.float64)


def filter_kernel() -> Array:
    """sinc^4: four running means over one conversion each, normalised to sum 1."""
    box = np.full(SUBSTEPS, 1 / SUBSTEPS)
    kernel = box
    for _ in range(FILTER_ORDER - 1):
        kernel = np.convolve(kernel, box)
    return np.asarray(kernel, dtype=np.float64)


class Response:
    """Loads of many cells in, filtered samples out; remembers just enough of the past."""

    def __init__(self, profile: CellProfile, rate_hz: int, load_g: Array) -> None:
        step_s = 1 / (rate_hz * SUBSTEPS)
        mechanics = mechanical_kernel(profile.natural_hz, profile.damping, step_s)
        self._kernel = np.convolve(mechanics, filter_kernel())[::-1].copy()
        self._past = np.repeat(load_g[:, None], len(self._kernel) - SUBSTEPS, axis=1)

    def samples(self, load_g: Array) -> Array:
        """Filter loads of shape (cells, samples * SUBSTEPS) to samples of shape (cells, samples), g."""
        whole = np.concatenate([self._past, load_g], axis=1)
        self._past = whole[:, load_g.shape[1] :]
        windows = np.lib.stride_tricks.sliding_window_view(whole, len(self._kernel), axis=1)[:, ::SUBSTEPS]
        return np.asarray(windows @ self._kernel, dtype=np.float64)
