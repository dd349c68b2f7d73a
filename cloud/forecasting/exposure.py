"""Owns what a stock-out does to sales: it turns sales and the share of time in stock into demand.

A day on which the product stood there all the time shows its demand. A day that ended in a stock-out shows
the k sales that emptied the shelf and the time they took; then (k - 1) / time is the unbiased estimate of the
rate, whatever the stock was (inverse sampling: J. B. S. Haldane, Biometrika 33, 1945). A day that began empty
and was filled shows k / time. A day without any stock shows nothing.
"""

import numpy as np

from cloud.forecasting.panel import Bools, Floats, Panel

LEAST_EXPOSURE = 0.02
"""Under half an hour of a day in stock the estimate is mostly noise: the day counts as not observed."""


def ran_out(exposure: Floats) -> Bools:
    """(n, T) whether the period's stock ended within it, told from the exposure alone.

    A partly exposed period is the refill, not the stock-out, when the period before it had nothing and the
    one after it everything.
    """
    n = exposure.shape[0]
    before = np.concatenate([np.ones((n, 1)), exposure[:, :-1]], axis=1)
    after = np.concatenate([exposure[:, 1:], np.zeros((n, 1))], axis=1)
    refilled = (before == 0) & (after >= 1)
    return np.asarray((exposure > 0) & (exposure < 1) & ~refilled)


def demand_of(panel: Panel, sale_size: float = 1.0) -> tuple[Floats, Floats]:
    """Demand and its weight, both (n, T).

    sale_size: the usual quantity of one sale in the panel's unit (1 for pieces, 40 for millilitres poured).
    The weight is 1 where the period teaches something and 0 where it was closed, out of stock or not yet
    begun; demand is 0 there.
    """
    seen = panel.is_open & (panel.exposure >= LEAST_EXPOSURE)
    if (panel.exposure[seen] >= 1).all():
        return np.where(seen, panel.sold, 0.0), seen.astype(np.float64)
    emptied = np.minimum(panel.sold, sale_size) * ran_out(panel.exposure)
    share = np.where(seen, panel.exposure, 1.0)
    return np.where(seen, (panel.sold - emptied) / share, 0.0), seen.astype(np.float64)
