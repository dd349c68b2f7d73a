"""How a cell fails: its counts stick, run to full scale, or the converter never gets ready."""

from collections.abc import Mapping
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from contract.device import COUNTS_MAX
from firmware_sim.physics.cell import Samples


class Breakage(StrEnum):
    """What a broken cell says."""

    STUCK = "cell_stuck"
    SATURATED = "cell_saturated"
    NOT_READY = "cell_not_ready"


def break_cells(samples: Samples, broken: Mapping[int, Breakage], last: NDArray[np.int64]) -> Samples:
    """Return the samples with the cells of `broken` (by row) failing; `last` is each cell's latest counts."""
    if not broken:
        return samples
    counts, ready = samples.counts.copy(), samples.ready.copy()
    for row, breakage in broken.items():
        if breakage is Breakage.STUCK:
            counts[row] = last[row]
        elif breakage is Breakage.SATURATED:
            counts[row] = COUNTS_MAX
        ready[row] = breakage is not Breakage.NOT_READY
    return Samples(counts, ready)
