"""Owns what is special about a day: holidays, events, weather, and by how much they move what a site sells.

One effect per occasion for all series of the panel together: a single product sees too few Christmases.
Effects are those of a quasi-Poisson regression on what level and weekday expect, with a ridge, a normal prior
of PRIOR_SIGMA on the logarithm (Hoerl and Kennard, Technometrics 12, 1970). One that may be chance, or that
does not foretell days it has not seen (blocks of time left out one after the other), is not used.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from cloud.forecasting.arrays import Floats

PRIOR_SIGMA = 0.35
BLOCKS = 6
LEAST_DAYS = {"holiday": 3, "event": 3, "weather": 60}
"""Days on which an occasion must have been seen to be believed, by family."""
LEAST_GAIN = 0.1
"""Share of the deviance of an occasion's own days that it must take away on days it has not seen."""
LEAST_SIGMAS = 3.0
"""How far from nothing an effect must be: there are dozens of holidays, and one in twenty is lucky."""
MOST_EFFECT = 1.6
"""A logarithm: five times as much or a fifth is the most an occasion is believed."""
ROUNDS = 12


@dataclass(frozen=True)
class Occasions:
    """values: (T + H, k), row t belongs to period t of the panel, rows from T on to the periods to come.

    names, families: (k,), families of LEAST_DAYS. 0 means nothing special; weather is centred by its maker.
    """

    names: tuple[str, ...]
    families: tuple[str, ...]
    values: Floats

    def only(self, keep: Sequence[int]) -> "Occasions":
        """Some of the columns."""
        names = tuple(self.names[at] for at in keep)
        return Occasions(names, tuple(self.families[at] for at in keep), self.values[:, list(keep)])


@dataclass(frozen=True)
class Effects:
    """Factors on demand: past (T,), ahead (H,), 1 where nothing is special; and what each kept occasion does.

    strength: by name, the factor of one unit. gain: by name, what each would take off the deviance of its own
    unseen days, kept or not.
    """

    past: Floats
    ahead: Floats
    strength: dict[str, float] = field(default_factory=dict)
    gain: dict[str, float] = field(default_factory=dict)


def effects_of(occasions: Occasions | None, demand: Floats, expected: Floats, horizon: int) -> Effects:
    """Fit the occasions that earn their place. demand, expected: (n, T), both 0 where nothing was seen."""
    periods = demand.shape[1]
    if occasions is None or not occasions.names or not expected.any():
        return Effects(np.ones(periods), np.ones(horizon))
    came, foretold = _pooled(demand, expected)
    values = occasions.values[:periods]
    gains = [_gain(values[:, [at]], came, foretold) for at in range(len(occasions.names))]
    seen = [int(((values[:, at] != 0) & (foretold > 0)).sum()) for at in range(len(occasions.names))]
    kept = [
        at
        for at, family in enumerate(occasions.families)
        if gains[at] >= LEAST_GAIN
        and seen[at] >= LEAST_DAYS[family]
        and _certainty(values[:, [at]], came, foretold) >= LEAST_SIGMAS
    ]
    gain = dict(zip(occasions.names, gains, strict=True))
    if not kept:
        return Effects(np.ones(periods), np.ones(horizon), gain=gain)
    chosen = occasions.only(kept)
    effect = _fitted(chosen.values[:periods], came, foretold)
    ahead = np.zeros((horizon, len(kept)))
    known = chosen.values[periods : periods + horizon]
    ahead[: len(known)] = known
    return Effects(
        past=_factor(chosen.values[:periods], effect),
        ahead=_factor(ahead, effect),
        strength={name: float(np.exp(each)) for name, each in zip(chosen.names, effect, strict=True)},
        gain=gain,
    )


def _pooled(demand: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """(T,) demand of all series together and what was expected of it, in independent events."""
    square = ((demand - expected) ** 2).sum(axis=1)
    per_event = np.clip(square / np.maximum(expected.sum(axis=1), 1e-9), 1.0, None)[:, None]
    return (demand / per_event).sum(axis=0), (expected / per_event).sum(axis=0)


def _fitted(values: Floats, came: Floats, foretold: Floats) -> Floats:
    """(k,) logarithms of effects: Newton's method on the penalised quasi-Poisson likelihood."""
    known = foretold > 0
    values, came, foretold = values[known], came[known], foretold[known]
    scale = _scale(came, foretold)
    effect = np.zeros(values.shape[1])
    ridge = np.eye(values.shape[1]) / PRIOR_SIGMA**2
    for _ in range(ROUNDS):
        mean = foretold * _factor(values, effect)
        slope = values.T @ (came - mean) / scale - ridge @ effect
        curve = (values * mean[:, None]).T @ values / scale + ridge
        effect = np.clip(effect + np.linalg.solve(curve, slope), -MOST_EFFECT, MOST_EFFECT)
    return np.asarray(effect)


def _certainty(column: Floats, came: Floats, foretold: Floats) -> float:
    """How many standard deviations an occasion's effect alone is away from nothing."""
    effect = _fitted(column, came, foretold)
    mean = foretold * _factor(column, effect)
    known = foretold > 0
    curve = float((column[known, 0] ** 2 * mean[known]).sum()) / _scale(came[known], foretold[known])
    return float(abs(effect[0]) * curve**0.5)


def _scale(came: Floats, foretold: Floats) -> float:
    """Variance per mean of the pooled days; a median, so that the occasions themselves do not inflate it."""
    ratio = (came - foretold) ** 2 / np.maximum(foretold, 1e-9)
    return max(1.0, float(np.median(ratio)) / 0.455)


def _gain(column: Floats, came: Floats, foretold: Floats) -> float:
    """Share of the deviance of the occasion's days that it takes away, each block foretold by the others."""
    active = (column[:, 0] != 0) & (foretold > 0)
    if active.sum() < 2:
        return 0.0
    blocks = np.array_split(np.flatnonzero(foretold > 0), BLOCKS)
    before = after = 0.0
    for block in blocks:
        mine = block[active[block]]
        if not mine.size:
            continue
        others = np.ones(len(came), dtype=bool)
        others[block] = False
        effect = _fitted(column[others], came[others], foretold[others])
        before += _deviance(came[mine], foretold[mine])
        after += _deviance(came[mine], foretold[mine] * _factor(column[mine], effect))
    return 1 - after / before if before > 0 else 0.0


def _deviance(came: Floats, foretold: Floats) -> float:
    logs = np.where(came > 0, came * np.log(np.maximum(came, 1e-9) / np.maximum(foretold, 1e-9)), 0.0)
    return float(2 * (logs - came + foretold).sum())


def _factor(values: Floats, effect: Floats) -> Floats:
    return np.asarray(np.exp(np.clip(values @ effect, -MOST_EFFECT, MOST_EFFECT)))
