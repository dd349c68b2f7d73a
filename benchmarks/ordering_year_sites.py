"""The sites of a simulated year: real demand, its forecast as it stood each morning, invented suppliers.

Owns what every policy is given alike. Must not know how any of them orders.
"""

import hashlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from cloud.forecasting.methods import default
from cloud.forecasting.panel import Panel
from cloud.ordering.inputs import OrderSettings
from cloud.ordering.model import Delivery, Offer, PriceBreak

Floats = NDArray[np.float64]

DATA = Path(os.environ.get("BARBACK_DATA", ROOT.parent / "shared" / "data")) / "demand"
HORIZON = OrderSettings().days
LEADS = (1, 2, 3, 4, 5, 7, 9, 11, 14)
UPPER = (0.9, 0.95, 0.975)
SCORES = np.array([NormalDist().inv_cdf(level) for level in UPPER])
KNOWN_DAYS = 730
"""History the forecast of a morning is made from."""
HOLDING_RATE = 0.25
SHORTAGE_FACTOR = 3.5
KINDS = {
    "beer": (1.2, 2.4, (24,)),
    "mixer": (0.8, 1.6, (12, 24)),
    "wine": (7, 28, (6, 12)),
    "spirit": (12, 32, (1, 6)),
}
"""Least and most cost of a unit, and the packs it comes in."""
FAST_DAILY = 2.5


@dataclass(frozen=True)
class Market:
    """Daily demand of all series of a set, and what was forecast each morning of the days simulated.

    sold: (n, T). mean: (D, n, HORIZON) for day first + d on. sigma: (D, n, len(LEADS)) of the sum over each
    lead. The tuning days are first .. judged - 1, the judged ones judged .. last - 1.
    """

    name: str
    ends_on: date
    sold: Floats
    first: int
    judged: int
    last: int
    mean: Floats
    sigma: Floats

    def weekday(self, day: int) -> int:
        """Monday 0."""
        return (self.ends_on - timedelta(days=self.sold.shape[1] - 1 - day)).weekday()


@dataclass(frozen=True)
class Terms:
    """One supplier: order weekdays, lead time, minimum order value, fee."""

    weekdays: tuple[int, ...]
    lead_days: int
    minimum: float
    fee: float


@dataclass(frozen=True)
class Site:
    """Some series of a market and who sells them."""

    market: Market
    rows: NDArray[np.int64]
    suppliers: tuple[Terms, ...]
    offers: tuple[tuple[Offer, ...], ...]
    unit_cost: Floats
    """The lowest price of any supplier at any quantity: money paid beyond it counts as cost of ordering."""

    @property
    def shortage_cost(self) -> Floats:
        """(n,) of a unit that could not be sold."""
        return SHORTAGE_FACTOR * self.unit_cost

    @property
    def holding_cost(self) -> Floats:
        """(n,) of a unit and evening."""
        return HOLDING_RATE / 365 * self.unit_cost

    def deliveries(self, day: int, days: int) -> tuple[Delivery, ...]:
        """The chances to order in `days` days from `day`, day 0 of the plan."""
        weekday = self.market.weekday(day)
        return tuple(
            Delivery(n, t, t + s.lead_days, (weekday + t) // 7, s.minimum, s.fee)
            for n, s in enumerate(self.suppliers)
            for t in range(days - s.lead_days)
            if (weekday + t) % 7 in s.weekdays
        )


def market(name: str, folder: Path, tuning_days: int, judged_days: int) -> Market:
    """Read a set; forecast every morning of the simulated days once and keep that in `folder`."""
    ends_on, sold, is_open = _read(DATA / f"{name}.parquet")
    last = sold.shape[1]
    judged, first = last - judged_days, last - judged_days - tuning_days
    key = hashlib.sha256(
        f"{name} {first} {last} {LEADS} {HORIZON} {KNOWN_DAYS} {UPPER}".encode()
    ).hexdigest()[:12]
    kept = folder / f"forecast_{name}_{key}.npz"
    if not kept.exists():
        mean, sigma = _forecasts(ends_on, sold, is_open, first)
        np.savez_compressed(kept, mean=mean.astype(np.float32), sigma=sigma.astype(np.float32))
    stored = np.load(kept)
    mean, sigma = stored["mean"].astype(np.float64), stored["sigma"].astype(np.float64)
    return Market(name, ends_on, sold, first, judged, last, mean, sigma)


def _read(path: Path) -> tuple[date, Floats, NDArray[np.bool_]]:
    from pyarrow import parquet

    table = parquet.read_table(path)
    ids = np.asarray(table["unique_id"].cast("string").to_pylist())
    days = table["ds"].cast("date32").cast("int32").to_numpy()
    names, row = np.unique(ids, return_inverse=True)
    sold = np.zeros((len(names), int(days.max() - days.min()) + 1))
    is_open = np.ones(sold.shape, dtype=bool)
    column = days - days.min()
    sold[row, column] = table["y"].to_numpy()
    if "is_open" in table.column_names:
        is_open[row, column] = table["is_open"].to_numpy() > 0
    return date(1970, 1, 1) + timedelta(days=int(days.max())), sold, is_open


def _forecasts(ends_on: date, sold: Floats, is_open: NDArray[np.bool_], first: int) -> tuple[Floats, Floats]:
    last = sold.shape[1]
    means, sigmas = [], []
    lives = np.cumsum(sold, axis=1) > 0
    for day in range(first, last):
        known = slice(max(0, day - KNOWN_DAYS), day)
        panel = Panel(
            tuple(map(str, range(len(sold)))),
            ends_on - timedelta(days=last - day),
            1,
            sold[:, known],
            lives[:, known].astype(np.float64),
            is_open[:, known],
        )
        made = default(panel, HORIZON, LEADS, levels=UPPER)
        means.append(made.daily.mean)
        width = [
            ((made.sums[lead].quantiles - made.sums[lead].mean[:, None]) / SCORES).mean(axis=1)
            for lead in LEADS
        ]
        sigmas.append(np.maximum(np.stack(width, axis=1), 1e-3))
        if (day - first) % 60 == 0:
            print(f"forecast {day - first + 1} of {last - first} mornings", file=sys.stderr, flush=True)
    return np.stack(means), np.stack(sigmas)


def site(of: Market, seed: int, number: int, products: int) -> Site:
    """A site with products sold before the days simulated, and suppliers by seeded dice."""
    dice = np.random.default_rng([seed, number, len(of.name)])
    before = of.sold[:, max(0, of.first - 56) : of.first].mean(axis=1)
    selling = np.flatnonzero(before > 0.2)
    rows = np.sort(dice.choice(selling, min(products, len(selling)), replace=False))
    suppliers = tuple(_terms(dice) for _ in range(4))
    offers, costs = [], []
    for row in rows:
        mine = _offers(dice, float(before[row]), len(suppliers))
        offers.append(mine)
        costs.append(min(b.unit_price for o in mine for b in o.price_breaks))
    return Site(of, rows, suppliers, tuple(offers), np.array(costs))


def _terms(dice: np.random.Generator) -> Terms:
    count = int(dice.integers(1, 4))
    weekdays = tuple(sorted(int(d) for d in dice.choice(6, count, replace=False)))
    minimum, fee = float(dice.choice([0, 250, 300, 500])), float(dice.choice([0, 10, 25, 40]))
    return Terms(weekdays, int(dice.integers(1, 4)), minimum, fee)


def _offers(dice: np.random.Generator, daily: float, suppliers: int) -> tuple[Offer, ...]:
    kind = str(dice.choice(["beer", "mixer", "wine"] if daily > FAST_DAILY else ["wine", "spirit", "mixer"]))
    least, most, packs = KINDS[kind]
    cost = float(dice.uniform(least, most))
    made = []
    for supplier in dice.choice(suppliers, int(dice.choice([1, 1, 2, 3])), replace=False):
        price = cost * float(dice.uniform(0.96, 1.04))
        breaks = [PriceBreak(1, round(price, 4))]
        if dice.random() < 0.35:
            breaks.append(
                PriceBreak(int(dice.integers(2, 6)), round(price * float(dice.uniform(0.92, 0.97)), 4))
            )
        made.append(Offer(int(supplier), int(dice.choice(packs)), tuple(breaks)))
    return tuple(made)


def sigma_over(of: Market, day: int, rows: NDArray[np.int64], span: int) -> Floats:
    """(len(rows),) standard deviation of the demand of `span` days from `day`, between the leads forecast."""
    return interpolated(LEADS, of.sigma[day - of.first, rows], span)


def interpolated(leads: Sequence[int], sigma: Floats, span: int) -> Floats:
    """Variance per day lies between those of the neighbouring lead times."""
    variance = sigma**2 / np.asarray(leads, dtype=np.float64)
    at = np.interp(span, leads, np.arange(len(leads)))
    low, share = int(at), at - int(at)
    high = min(low + 1, len(leads) - 1)
    return np.asarray(np.sqrt(((1 - share) * variance[:, low] + share * variance[:, high]) * span))
