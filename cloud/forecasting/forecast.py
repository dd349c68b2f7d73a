"""Owns the shape of an answer: the distribution of demand per period and of its sum over lead times."""

from dataclasses import dataclass

import numpy as np

from cloud.forecasting.arrays import Floats

LEVELS = (0.1, 0.5, 0.9, 0.95)
MAX_HORIZON_DAYS = 182


@dataclass(frozen=True)
class Spread:
    """One distribution per series and, where per period, per step: mean (..,) and quantiles (.., levels)."""

    mean: Floats
    quantiles: Floats


@dataclass(frozen=True)
class Forecast:
    """Demand of the next periods.

    levels: the probabilities of the quantiles. daily: mean (n, H), quantiles (n, H, levels), per period.
    sums: by number of periods L, how the sum over the next L is spread: mean (n,), quantiles (n, levels).
    """

    levels: tuple[float, ...]
    daily: Spread
    sums: dict[int, Spread]


def ordered(quantiles: Floats) -> Floats:
    """Quantiles that never fall with their level and are never negative; last axis is the level."""
    return np.asarray(np.maximum.accumulate(np.maximum(quantiles, 0.0), axis=-1))
