"""Owns when a figure is too strange to learn from: an absurd outlier, a unit that changed on some day."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cloud.forecasting.arrays import Floats
from cloud.forecasting.panel import Ints

LEAST_SELLING = 3
OUTLIER_FACTOR = 20.0
"""Ten crates on a good night happen; twenty times the best other day is a slipped finger or another unit."""
LEAST_FOR_OUTLIER = 5
UNIT_FACTOR = 5.0
LEAST_FOR_UNIT = 14
SIDE = 28


def outliers(sold: Floats) -> Ints:
    """Periods of sold (T,) over OUTLIER_FACTOR times the largest other; more than three are no outliers."""
    selling = np.flatnonzero(sold > 0)
    if selling.size < LEAST_FOR_OUTLIER:
        return np.zeros(0, dtype=np.int64)
    order = selling[np.argsort(sold[selling])]
    for taken in (1, 2, 3):
        if order.size > taken and sold[order[-taken]] > OUTLIER_FACTOR * sold[order[-taken - 1]]:
            return np.asarray(np.sort(order[-taken:]), dtype=np.int64)
    return np.zeros(0, dtype=np.int64)


def unit_change(sold: Floats) -> tuple[int, float] | None:
    """(first period of the new unit, its factor), or None.

    A unit changed where the low end of up to 28 selling periods on one side lies UNIT_FACTOR times above the
    high end on the other: people's habits move slower and overlap. Both sides need 14 selling periods. The
    newest such place counts.
    """
    selling = np.flatnonzero(sold > 0)
    amounts = sold[selling]
    for at in _apart(amounts)[::-1]:
        before, after = amounts[max(at - SIDE, 0) : at], amounts[at : at + SIDE]
        factor = float(np.median(after) / np.median(before))
        if not (factor > UNIT_FACTOR or factor < 1 / UNIT_FACTOR):
            continue
        low, high = (before, after) if factor > 1 else (after, before)
        if high.min() > UNIT_FACTOR * np.quantile(low, 0.9) and high.min() > low.max():
            return int(selling[at]), factor
    return None


def _apart(amounts: Floats) -> Ints:
    """The places (ascending) where all amounts of one side lie above all of the other: few, if any."""
    if amounts.size < 2 * LEAST_FOR_UNIT:
        return np.zeros(0, dtype=np.int64)
    nothing = np.full(SIDE, np.nan)
    before = sliding_window_view(np.r_[nothing, amounts], SIDE)[:-1]
    after = sliding_window_view(np.r_[amounts, nothing], SIDE)[:-1]
    before, after = (side[LEAST_FOR_UNIT : amounts.size - LEAST_FOR_UNIT + 1] for side in (before, after))
    rises = np.nanmin(after, axis=1) > np.nanmax(before, axis=1)
    falls = np.nanmin(before, axis=1) > np.nanmax(after, axis=1)
    return np.asarray(np.flatnonzero(rises | falls) + LEAST_FOR_UNIT, dtype=np.int64)
