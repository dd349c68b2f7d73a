"""Owns the distribution of a count: its quantiles from mean and variance, and how spread out counts are."""

from collections.abc import Sequence

import numpy as np
from scipy.special import gammaln
from scipy.stats import nbinom, poisson

from cloud.forecasting.arrays import Floats

LEAST_MEAN = 1e-6
POISSON_BELOW = 1.02
"""A variance of less than this many means is a Poisson's: the negative binomial degenerates there."""


def count_quantiles(mean: Floats, variance: Floats, levels: Sequence[float]) -> Floats:
    """Quantiles of a negative binomial (Poisson where variance ~ mean), one more axis than mean.

    mean, variance: any equal shape, >= 0. levels: probabilities in (0, 1). Values are whole numbers.
    """
    mean = np.maximum(mean, LEAST_MEAN)
    spread = np.maximum(variance, mean * POISSON_BELOW)
    chance = mean / spread
    size = mean * chance / (1 - chance)
    is_poisson = variance <= mean * POISSON_BELOW
    columns = [np.where(is_poisson, 0.0, nbinom.ppf(level, size, chance)) for level in levels]
    if is_poisson.any():
        for column, level in zip(columns, levels, strict=True):
            column[is_poisson] = poisson.ppf(level, mean[is_poisson])
    return np.stack(columns, axis=-1)


def dispersion(
    square_errors: Floats, means: Floats, weights: Floats, length: int, prior: float = 6.0
) -> Floats:
    """(n,) variance per mean of past errors, shrunk towards the median series, at least 1.

    square_errors, means, weights: (n, K) over past windows of `length` periods each. prior: how many
    independent windows the median series is worth.
    """
    own = (weights * square_errors).sum(axis=1)
    expected = (weights * means).sum(axis=1)
    windows = weights.sum(axis=1) / length
    ratio = own / np.maximum(expected, 1e-9)
    usual = float(np.median(ratio[expected > 0])) if (expected > 0).any() else 1.0
    return np.asarray(np.clip((ratio * windows + usual * prior) / (windows + prior), 1.0, None))


def multinomial_evidence(counts: Floats, shares: Floats, strength: float) -> float:
    """Log likelihood of counts (n, m) under a Dirichlet of mean shares (n or 1, m) and that strength."""
    weights = strength * shares
    totals = gammaln(strength) - gammaln(strength + counts.sum(axis=1))
    return float((totals + (gammaln(counts + weights) - gammaln(weights)).sum(axis=1)).sum())
