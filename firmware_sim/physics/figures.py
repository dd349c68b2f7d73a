"""Figures of a trace by which a simulated cell is held against a recorded one. Pure numbers."""

from dataclasses import dataclass

import numpy as np

from firmware_sim.physics.response import Array

LAGS = (1, 3, 10, 30, 100)
PLATEAU_ROWS = 30
RANGE_ROWS = 20
SPIKE_SIGMAS = 5.0
TO_SIGMA = 1.4826
"""Median of absolute values to the standard deviation of a normal distribution."""


@dataclass(frozen=True, slots=True)
class TraceFigures:
    """All in g. by_lag_g[n] is the spread of differences over LAGS[n] rows, from the median."""

    by_lag_g: tuple[float, ...]
    within_plateau_g: float
    range_g: float
    spikes: float
    """Share of rows that stand out alone."""


def figures(weight_g: Array) -> TraceFigures:
    """Return the figures of a trace, shape (rows,), of over 100 rows in which nothing is put or taken."""
    by_lag_g = [TO_SIGMA * np.median(np.abs(weight_g[lag:] - weight_g[:-lag])) for lag in LAGS]
    windows = np.lib.stride_tricks.sliding_window_view(weight_g, PLATEAU_ROWS)[::PLATEAU_ROWS]
    blocks = weight_g[: weight_g.size // RANGE_ROWS * RANGE_ROWS].reshape(-1, RANGE_ROWS)
    smooth = np.median(blocks, axis=1)
    middle = np.median(np.stack([weight_g[:-2], weight_g[1:-1], weight_g[2:]]), axis=0)
    wild = np.abs(weight_g[1:-1] - middle) > SPIKE_SIGMAS * by_lag_g[0]
    return TraceFigures(
        tuple(round(float(one), 2) for one in by_lag_g),
        round(float(np.median(windows.std(axis=1))), 2),
        round(float(smooth.max() - smooth.min()), 1),
        round(float(wild.mean()), 4),
    )
