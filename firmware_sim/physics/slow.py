"""What changes slowly: creep, wander, drift. Each keeps its state for all cells of a bank."""

import numpy as np
from numpy.typing import NDArray

from firmware_sim.physics.profile import CellProfile

Array = NDArray[np.float64]

CREEP_SPREAD = 0.3
"""Cells of one make differ in creep: standard deviation of the logarithm."""


class Creep:
    """A viscoelastic bridge shows the last part of a new load late: sum of c_k (z_k - load).

    dz_k/dt = (load - z_k) / tau_k; exact for a load that is constant over a frame. A bottle that has
    always stood there reads its weight.
    """

    def __init__(self, profile: CellProfile, load_g: Array, dice: np.random.Generator) -> None:
        terms = np.array(profile.creep, dtype=np.float64).reshape(-1, 2)
        spread = np.exp(dice.normal(0, CREEP_SPREAD, (len(load_g), 1)))
        self._share = terms[:, 0] * spread
        self._tau_s = terms[:, 1]
        self._late_g = np.repeat(load_g[:, None], len(terms), axis=1)

    def error_g(self, load_g: Array, times_s: Array) -> Array:
        """Error in g, shape (cells, samples), from the mean load per cell and the times in the frame."""
        decay = np.exp(-times_s[None, :, None] / self._tau_s)
        late = load_g[:, None, None] + (self._late_g - load_g[:, None])[:, None, :] * decay
        self._late_g = late[:, -1, :]
        return np.asarray(((late - load_g[:, None, None]) * self._share[:, None, :]).sum(axis=2))


class Wander:
    """Low-frequency noise: an Ornstein-Uhlenbeck process, linear between frames."""

    def __init__(self, profile: CellProfile, cells: int, dice: np.random.Generator) -> None:
        self._sigma_g = profile.wander_g
        self._tau_s = profile.wander_s
        self._dice = dice
        self._now_g = dice.normal(0, 1, cells) * self._sigma_g

    def error_g(self, times_s: Array) -> Array:
        """Return the error in g, shape (cells, samples)."""
        keep = np.exp(-times_s[-1] / self._tau_s)
        fresh = self._dice.normal(0, 1, len(self._now_g)) * self._sigma_g * np.sqrt(1 - keep**2)
        before, self._now_g = self._now_g, self._now_g * keep + fresh
        return np.asarray(before[:, None] + (self._now_g - before)[:, None] * (times_s / times_s[-1]))


class Drift:
    """Random walk of the zero, linear between frames."""

    def __init__(self, profile: CellProfile, cells: int, dice: np.random.Generator) -> None:
        self._step_g = profile.drift_g_per_sqrt_hour
        self._dice = dice
        self._now_g = np.zeros(cells)

    def error_g(self, times_s: Array) -> Array:
        """Return the error in g, shape (cells, samples)."""
        step = self._dice.normal(0, 1, len(self._now_g)) * self._step_g * np.sqrt(times_s[-1] / 3600)
        before, self._now_g = self._now_g, self._now_g + step
        return np.asarray(before[:, None] + step[:, None] * (times_s / times_s[-1]))


class Sway:
    """A slow swing of the zero, such as that of scales in a cooler whose compressor comes and goes."""

    def __init__(self, profile: CellProfile, cells: int, dice: np.random.Generator) -> None:
        self._amplitude_g = profile.sway_g
        self._omega = 2 * np.pi / profile.sway_s
        self._phase = dice.uniform(0, 2 * np.pi, cells) if profile.sway_g else np.zeros(cells)
        self._now_s = 0.0

    def error_g(self, times_s: Array) -> Array:
        """Return the error in g, shape (cells, samples)."""
        angle = self._phase[:, None] + self._omega * (self._now_s + times_s)
        self._now_s += float(times_s[-1])
        return np.asarray(self._amplitude_g * np.sin(angle))
