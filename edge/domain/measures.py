"""How much is usually poured: counts of pours by size, and the density that follows from them. Pure arrays.

A bar pours the same few measures all night, of each kind of product its own, and of each product some of
those. Before any pour is seen all sizes are about as likely as people make them: a broad lognormal, the same
for every bar. A pour counts in the two bins beside its size: bins of an eighth blur a measure about as much
as free pouring does.
"""

import numpy as np
from numpy.typing import NDArray

from edge.domain.calibration import Floats

MEDIAN_ML, SPREAD = 45.0, 0.9
LEAST_ML, MOST_ML, BINS = 4.0, 600.0, 44
STEP = float(np.log(MOST_ML / LEAST_ML)) / (BINS - 1)
BELIEVED_POURS = 8.0
"""The lognormal counts as so many pours of the bar,"""
BELIEVED_BAR = 8.0
"""the bar's measures as so many pours of the kind: spirits are poured otherwise than liqueurs and wine,"""
BELIEVED_KIND = 40.0
"""and the kind's measures as so many pours of the product."""
MAX_POURS = 60.0
"""Of each bottle: what is older fades."""

_GRID = np.log(LEAST_ML) + STEP * np.arange(BINS)
_PRIOR = np.exp(-0.5 * ((_GRID - np.log(MEDIAN_ML)) / SPREAD) ** 2) * STEP / (SPREAD * np.sqrt(2 * np.pi))


def no_pours(stories: int, bottles: int) -> Floats:
    """Return the counts of nothing seen, shape (stories, bottles, BINS)."""
    return np.zeros((stories, bottles, BINS))


def count(pours: Floats, rows: NDArray[np.intp], bottle: NDArray[np.intp], poured_ml: Floats) -> None:
    """Count one pour of one bottle in each of these stories, in place; sizes off the bins are not counted."""
    inside = (poured_ml > LEAST_ML) & (poured_ml < MOST_ML)
    rows, bottle = rows[inside], bottle[inside]
    low, share = _place(poured_ml[inside])
    fade = np.minimum(1.0, MAX_POURS / (pours[rows, bottle].sum(axis=1) + 1.0))
    pours[rows, bottle] *= fade[:, None]
    pours[rows, bottle, low] += 1 - share
    pours[rows, bottle, low + 1] += share


def density(
    pours: Floats, poured_ml: Floats, bottle: NDArray[np.intp], kinds: NDArray[np.intp] | None = None
) -> Floats:
    """Return the density per ml of sizes, (k, r), of r bottles in k stories; 0 for what is not poured.

    kinds: (n,), the same number for bottles of one kind of product; without it all are of one kind. Each
    level is a Dirichlet prior of the next, by its mean: size of all bars, of this bar, of the kind, of the
    product.
    """
    size_ml = np.clip(poured_ml, LEAST_ML, MOST_ML * 0.999)
    place = _place(size_ml)
    share = _PRIOR[place[0]] * (1 - place[1]) + _PRIOR[place[0] + 1] * place[1]
    share = _learned(share, pours.sum(axis=1, keepdims=True), np.zeros_like(bottle), place, BELIEVED_POURS)
    if kinds is not None:
        of_kind = (kinds == np.arange(kinds.size)[:, None]).astype(np.float64) @ pours
        share = _learned(share, of_kind, kinds[bottle], place, BELIEVED_BAR)
    share = _learned(share, pours, bottle, place, BELIEVED_KIND)
    inside = (poured_ml > 0) & (poured_ml < MOST_ML)
    fewer = np.clip(poured_ml / LEAST_ML, 0.0, 1.0)
    return np.asarray(np.where(inside, fewer * share / (STEP * size_ml), 0.0))


def _learned(
    before: Floats,
    counts: Floats,
    row: NDArray[np.intp],
    place: tuple[NDArray[np.intp], Floats],
    believed: float,
) -> Floats:
    """Mean share of a bin after these counts, (k, m, BINS), of which each size looks at one row of the m."""
    low, share = place
    story = np.arange(counts.shape[0])[:, None]
    seen = counts[story, row, low] * (1 - share) + counts[story, row, low + 1] * share
    return np.asarray((believed * before + seen) / (believed + counts.sum(axis=2)[:, row]))


def _place(size_ml: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Return the bin below a size and how far it is to the next."""
    at = (np.log(size_ml) - _GRID[0]) / STEP
    low = np.minimum(at.astype(np.intp), BINS - 2)
    return low, np.asarray(at - low)
