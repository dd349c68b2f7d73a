"""Owns what a stock-out does to sales: it turns sales and the share of time in stock into demand.

A day's demand comes at a rate that differs from day to day (gamma, so that whole days are negative binomial).
k units in the share tau of a day that the product was there leave, for the rest of that day, the posterior
mean (r + k) / (r / mu + tau) of the rate: A. P. Dempster, N. M. Laird, D. B. Rubin, Maximum likelihood from
incomplete data, 1977, with the load cell's exposure in place of an unknown censoring time. mu is the usual
demand around that day, and found by repeating the two steps. A day without any stock shows nothing.
"""

import numpy as np
from scipy.signal import lfilter

from cloud.forecasting.arrays import Bools, Floats
from cloud.forecasting.panel import Panel

LEAST_EXPOSURE = 0.001
"""A minute and a half of a day in stock shows nothing: the day counts as not observed."""
ROUNDS = 40
MEMORY = 0.03
"""The usual demand around a day is smoothed with this share per day, forwards and backwards."""
LEAST_SHAPE, MOST_SHAPE = 0.2, 50.0
PRIOR_DAYS = 2.0


def demand_of(panel: Panel, sale_size: float = 1.0) -> tuple[Floats, Floats]:
    """Demand and its weight, both (n, T).

    sale_size: the usual quantity of one sale in the panel's unit (1 for pieces, 40 for millilitres poured).
    The weight is 1 where the period teaches something and 0 where it was closed, out of stock or not yet
    begun; demand is 0 there.
    """
    seen = panel.is_open & (panel.exposure >= LEAST_EXPOSURE)
    demand = np.where(seen, panel.sold, 0.0)
    touched = np.asarray((seen & (panel.exposure < 1)).any(axis=1))
    if touched.any():
        demand[touched] = _completed(panel.only(touched), seen[touched], sale_size)[0]
    return demand, seen.astype(np.float64)


def whole_demand(panel: Panel, sale_size: float = 1.0) -> Floats:
    """(n, T) demand of every period the site was open in a series' life, out of stock or not; 0 elsewhere.

    A period without any stock gets what is usual around it, before and after, on its weekday.
    """
    seen = panel.is_open & (panel.exposure >= LEAST_EXPOSURE)
    demand, usual = _completed(panel, seen, sale_size)
    lives = np.cumsum(panel.exposure, axis=1) > 0
    return np.where(seen, demand, np.where(lives & panel.is_open, usual, 0.0))


def _completed(panel: Panel, seen: Bools, sale_size: float) -> tuple[Floats, Floats]:
    """Expected demand of seen periods given what was sold in stock, and the usual demand; (n, T) each."""
    share, weight = np.where(seen, panel.exposure, 0.0), seen.astype(np.float64)
    known = np.where(seen, panel.sold, 0.0) / sale_size
    week = _week(known, share, panel)
    usual = _around(known, share * week) * week
    shape = _first_shape(known, share, usual)
    demand = known
    for _ in range(ROUNDS):
        slowness = shape[:, None] / np.maximum(usual, 1e-9) + share
        rate = (shape[:, None] + known) / slowness
        demand = known + (weight - share) * rate
        shape = _shape(rate, slowness, usual, weight)
        week = _week(demand, weight, panel)
        usual = _around(demand, weight * week) * week
    return demand * sale_size, usual * sale_size


def _week(demand: Floats, weight: Floats, panel: Panel) -> Floats:
    """(1, T) share of the week's mean each period's weekday has, all series together."""
    phases, season = panel.phases(), panel.season
    usual = demand.sum(axis=1, keepdims=True) / np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
    above, below = demand.sum(axis=0), (weight * usual).sum(axis=0)
    factors = np.asarray(
        [above[phases == p].sum() / max(float(below[phases == p].sum()), 1e-9) for p in range(season)]
    )
    factors = np.where(factors > 0, factors, 1.0)
    return np.asarray((factors / factors.mean())[phases][None, :])


def _around(demand: Floats, reach: Floats) -> Floats:
    """(n, T) demand per reach around each period, from both sides, with a little of the whole life's."""
    whole = demand.sum(axis=1, keepdims=True) / np.maximum(reach.sum(axis=1, keepdims=True), 1e-9)
    above, below = _both_ways(demand), _both_ways(reach)
    return np.asarray((above + PRIOR_DAYS * whole) / (below + PRIOR_DAYS))


def _both_ways(values: Floats) -> Floats:
    keep = 1 - MEMORY
    forwards = lfilter([1.0], [1.0, -keep], values, axis=1)
    backwards = lfilter([1.0], [1.0, -keep], values[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(forwards + backwards - values)


def _first_shape(sold: Floats, share: Floats, usual: Floats) -> Floats:
    """(n,) shape of the gamma the days' rates come from, told from days in stock from open to close."""
    whole = share >= 1
    excess = (((sold - usual) ** 2 - usual) * whole).sum(axis=1)
    square = (usual**2 * whole).sum(axis=1)
    own = np.divide(square, excess, out=np.full(len(sold), MOST_SHAPE), where=excess > 0)
    return np.asarray(np.clip(own, LEAST_SHAPE, MOST_SHAPE))


def _shape(rate: Floats, slowness: Floats, usual: Floats, weight: Floats) -> Floats:
    """(n,) the shape again, from the rates' posterior means and variances on all seen days."""
    second = (rate**2 + rate / slowness) * weight
    ratio = second.sum(axis=1) / np.maximum((usual**2 * weight).sum(axis=1), 1e-9)
    return np.asarray(np.clip(1 / np.maximum(ratio - 1, 1 / MOST_SHAPE), LEAST_SHAPE, MOST_SHAPE))
