"""Counts to grams. Owns the linear calibration of a scale; knows nothing of noise or time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.device import COUNTS_MAX, COUNTS_MIN

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A run of samples in grams: NaN where there is nothing to weigh, and how many of each kind."""

    weight_g: Floats
    null: int
    saturated: int


def to_grams(counts: Sequence[int | None], tare_counts: float, counts_per_g: float) -> Calibrated:
    """Turn raw counts into grams: (counts - tare_counts) / counts_per_g.

    A null sample (the converter did not deliver) and one at either end of the 24-bit scale (HX711
    datasheet: full scale is an overload) become NaN.
    """
    raw = np.array(counts, dtype=np.float64)
    saturated = (raw <= COUNTS_MIN) | (raw >= COUNTS_MAX)
    overloaded = int(np.count_nonzero(saturated))
    null = int(np.count_nonzero(np.isnan(raw)))
    if overloaded:
        raw[saturated] = np.nan
    return Calibrated((raw - tare_counts) / counts_per_g, null, overloaded)
