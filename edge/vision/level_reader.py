"""Reads a bottle's level off its crop: a distribution over heights, and whether anybody could tell."""

import numpy as np

from edge.domain.sight import Level
from edge.vision.fitting import Fitter
from edge.vision.model_folder import OpenModel
from edge.vision.pictures import Bgr
from edge.vision.presets import Floats

WINDOW = 4
"""Heights on either side of the likeliest that are averaged: between two far guesses lies neither."""


class LevelReader:
    """`read` gives a level and its sigma, or None. Used by one thread."""

    def __init__(self, model: OpenModel) -> None:
        self.model = model
        self._fitter = Fitter(model.manifest.input)
        limits = model.manifest
        self._least_readable = limits.threshold("least_readable", 0.5)
        self._factor = limits.threshold("sigma_factor", 1.0)
        self._floor = limits.threshold("sigma_floor", 0.006)
        self._most_sigma = limits.threshold("most_sigma", 0.3)

    def read(self, crop: Bgr) -> Level | None:
        """Level 0..1 of the crop's height with its sigma; None where it cannot be told."""
        field, _ = self._fitter.fit(crop)
        out: Floats = self.model.session.run(None, {self.model.manifest.input.name: field})[0].reshape(-1)
        level, spread = _summary(out[:-1])
        sigma = float(np.hypot(self._factor * spread, self._floor))
        if not np.isfinite(sigma) or out[-1] < self._least_readable or sigma > self._most_sigma:
            return None
        return Level(level, sigma)


def _summary(levels: Floats) -> tuple[float, float]:
    middles = (np.arange(len(levels)) + 0.5) / len(levels)
    mass = np.convolve(levels, np.ones(2 * WINDOW + 1), "same")
    best = int(mass.argmax())
    near = slice(max(0, best - WINDOW), best + WINDOW + 1)
    level = float((levels[near] * middles[near]).sum() / max(float(levels[near].sum()), 1e-6))
    return level, float((levels * np.abs(middles - level)).sum())
