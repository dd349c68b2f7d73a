"""Owns how demand differs by weekday: each series borrows from its group, each group from all.

Strengths of borrowing are the ones that make the observed counts most likely (empirical Bayes,
Dirichlet-multinomial; T. P. Minka, Estimating a Dirichlet distribution, 2000).
"""

import numpy as np

from cloud.forecasting.arrays import Bools, Floats
from cloud.forecasting.counts import multinomial_evidence
from cloud.forecasting.panel import Ints

HISTORY_DAYS = 728
GROUP_STRENGTHS = (2.0, 8.0, 32.0, 128.0, 512.0)
SERIES_STRENGTHS = (4.0, 16.0, 64.0, 256.0, 1024.0)
CLOSED_SHARE = 0.25
CLOSED_MEMORY_WEEKS = 8


def weekday_factors(demand: Floats, weight: Floats, phases: Ints, season: int, groups: Ints) -> Floats:
    """(n, season) multiplier per place in the week, mean 1 over the week; all 1 where season is 1.

    demand, weight: (n, T), see exposure.demand_of. phases: (T,) as Panel.phases.
    """
    if season == 1:
        return np.ones((demand.shape[0], 1))
    counts = _effective_counts(
        demand[:, -HISTORY_DAYS:], weight[:, -HISTORY_DAYS:], phases[-HISTORY_DAYS:], season
    )
    everyone = (counts.sum(axis=0) + 1.0) / (counts.sum() + season)
    in_groups = np.zeros((int(groups.max()) + 1, season))
    np.add.at(in_groups, groups, counts)
    shares = everyone[None, :]
    if in_groups.shape[0] > 1:
        shares = _shrunk(in_groups, shares, GROUP_STRENGTHS)[groups]
    return np.asarray(_shrunk(counts, shares, SERIES_STRENGTHS) * season)


def _shrunk(counts: Floats, shares: Floats, strengths: tuple[float, ...]) -> Floats:
    strength = max(strengths, key=lambda s: multinomial_evidence(counts, shares, s))
    return np.asarray((counts + strength * shares) / (counts.sum(axis=1, keepdims=True) + strength))


def _effective_counts(demand: Floats, weight: Floats, phases: Ints, season: int) -> Floats:
    """(n, season) demand per weekday in independent events, as if all weekdays were seen equally often."""
    mean = demand.sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-9)
    square = ((demand - weight * mean[:, None]) ** 2).sum(axis=1)
    per_event = np.clip(square / np.maximum(demand.sum(axis=1), 1e-9), 1.0, None)[:, None]
    sums = np.stack([demand[:, phases == p].sum(axis=1) for p in range(season)], axis=1) / per_event
    seen = np.stack([weight[:, phases == p].sum(axis=1) for p in range(season)], axis=1)
    usual = np.maximum(seen.mean(axis=1, keepdims=True), 1e-9)
    rate = sums.sum(axis=1, keepdims=True) / np.maximum(seen.sum(axis=1, keepdims=True), 1e-9)
    filled = rate * usual
    return np.asarray(np.where(seen >= 0.2 * usual, sums * usual / np.maximum(seen, 1e-9), filled))


def opening(is_open: Bools, phases: Ints, season: int) -> Floats:
    """(n, season) 1 where the site opens on that place of the week, 0 where it has lately been closed."""
    recent = is_open[:, -CLOSED_MEMORY_WEEKS * season :]
    places = phases[-recent.shape[1] :]
    shares = [recent[:, places == p].mean(axis=1) if (places == p).any() else None for p in range(season)]
    columns = [np.ones(len(is_open)) if share is None else (share > CLOSED_SHARE) * 1.0 for share in shares]
    chances = np.stack(columns, axis=1)
    return np.where(chances.any(axis=1, keepdims=True), chances, 1.0)
