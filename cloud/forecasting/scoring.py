"""Owns how a forecast is judged: scaled pinball loss of periods and of lead-time sums, coverage and bias.

Losses are scaled by how much the series itself moves in its history (M5 uncertainty; Makridakis et al.,
International Journal of Forecasting 38, 2022), so that a fast and a slow product count alike.
"""

from collections.abc import Sequence

import numpy as np

from cloud.forecasting.arrays import Floats
from cloud.forecasting.panel import Panel, window_sums


def pinball(actual: Floats, quantiles: Floats, levels: Sequence[float]) -> Floats:
    """Mean over the levels of the quantile loss; actual any shape, quantiles one axis (levels) more."""
    miss = actual[..., None] - quantiles
    at = np.asarray(levels)
    return np.asarray(np.maximum(at * miss, (at - 1) * miss).mean(axis=-1))


def movement(panel: Panel) -> Floats:
    """(n,) mean absolute change from one period to the next since the first sale; 1 where it never moved."""
    change = np.abs(np.diff(panel.sold, axis=1))
    return _mean_since_first_sale(panel, change, lost=1, otherwise=np.ones(panel.series))


def sum_movement(panel: Panel, length: int) -> Floats:
    """(n,) mean absolute change between neighbouring sums; length x movement where the history is short."""
    sums = window_sums(panel.sold, length)
    otherwise = movement(panel) * length
    if sums.shape[1] <= length:
        return otherwise
    change = np.abs(sums[:, length:] - sums[:, :-length])
    return _mean_since_first_sale(panel, change, lost=2 * length - 1, otherwise=otherwise)


def _mean_since_first_sale(panel: Panel, change: Floats, lost: int, otherwise: Floats) -> Floats:
    """(n,) mean of change (n, T - lost), whose element t begins at period t, from the first sale on."""
    begun = np.cumsum(panel.sold, axis=1)[:, : change.shape[1]] > 0
    counted = begun.sum(axis=1)
    mean = (change * begun).sum(axis=1) / np.maximum(counted, 1)
    assert change.shape[1] == max(panel.periods - lost, 0)
    return np.where((counted > 0) & (mean > 0), mean, otherwise)
