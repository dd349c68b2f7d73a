"""How far is demand underestimated when the shelf was empty? Real demand, simulated stock-outs, four ways.

Each series' real days play the demand. Units leave the shelf at random times of the day; what comes when it
is empty is lost. Two ways of filling: `on order`, a few days after the shelf is empty; `on Mondays`, once a
week, so that the last days of the week may never be seen. Sales and the share of each day in stock are given
to: sales taken as demand; sales without the days that ran out; expectation-maximisation with a Poisson tail;
and the exposure of the load cell (cloud/forecasting/exposure.py). BARBACK_DATA names the folder with demand/
(default ../shared/data); without it made-up demand is played. Last line: one JSON object.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
from scipy.stats import poisson

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from cloud.forecasting.arrays import Floats
from cloud.forecasting.exposure import whole_demand
from cloud.forecasting.panel import Panel

DAYS = 400
COVERS = (4.0, 7.0, 14.0)
"""The stock after a filling, in days of mean demand: from mostly empty to seldom empty."""
DAYS_TO_REFILL = (1, 4)
LIMIT = 0.03


def main() -> int:
    """Print the bias of each estimate per set and cover; 1 where ours is beyond 3 %."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="at most 60 series a set")
    quick = parser.parse_args().quick
    biases: dict[str, dict[str, float]] = {}
    print(f"{'':36}{'lost':>8}" + "".join(f"{name:>14}" for name in ESTIMATES))
    for name, demand in demands(quick=quick).items():
        for way in ("on order", "on Mondays"):
            for cover in COVERS:
                sold, exposure = stocked_out(demand, cover, way)
                told = {who: bias(estimate(sold, exposure), demand) for who, estimate in ESTIMATES.items()}
                case = f"{name}, {cover:.0f} days {way}"
                biases[case] = told
                row = "".join(f"{value:>+14.1%}" for value in told.values())
                print(f"{case:36}{1 - sold.sum() / demand.sum():>8.1%}{row}")
    worst = max(abs(told["exposure"]) for case, told in biases.items() if case.endswith("on order"))
    print(f"Exposure known, filled on order: at most {worst:.1%} off (limit {LIMIT:.0%}).")
    print(json.dumps({"bias": biases, "worst_with_exposure": worst}))
    return 0 if worst <= LIMIT else 1


def demands(*, quick: bool) -> dict[str, Floats]:
    """(n, DAYS) true daily demand by set."""
    folder = Path(os.environ.get("BARBACK_DATA", ROOT.parent / "shared" / "data")) / "demand"
    most = 60 if quick else 300
    if not folder.is_dir():
        dice = np.random.default_rng(2)
        mean = np.exp(dice.normal(0.5, 1.0, most))[:, None]
        return {"made-up": dice.negative_binomial(mean, 0.5, (most, DAYS)).astype(float)}
    return {name: _real(folder / f"{name}.parquet", most) for name in ("m5_foods", "cafe_montreal")}


def _real(path: Path, most: int) -> Floats:
    import pandas as pd

    table = pd.read_parquet(path, columns=["unique_id", "ds", "y"])
    wide = table.pivot(index="unique_id", columns="ds", values="y").to_numpy(dtype=float)[:, -DAYS:]
    full = wide[~np.isnan(wide).any(axis=1)]
    return full[full.mean(axis=1) > 0.2][:most]


def stocked_out(demand: Floats, cover: float, way: str, seed: int = 11) -> tuple[Floats, Floats]:
    """(sold, exposure), both (n, T): filled to `cover` days of mean demand, times of sale at random."""
    dice = np.random.default_rng(seed)
    sold, exposure = np.zeros_like(demand), np.zeros_like(demand)
    for series, wanted in enumerate(demand):
        full = max(1.0, np.ceil(cover * wanted.mean()))
        stock, filled_on = full, -1
        for day, units in enumerate(wanted):
            if day == filled_on or (way == "on Mondays" and day % 7 == 0):
                stock = full
            sold[series, day] = min(units, stock)
            if units < stock:
                exposure[series, day] = 1.0
            elif stock > 0:
                exposure[series, day] = np.sort(dice.random(int(units)))[int(stock) - 1]
                if way == "on order":
                    filled_on = day + int(dice.integers(DAYS_TO_REFILL[0], DAYS_TO_REFILL[1] + 1))
            stock = max(stock - units, 0.0)
    return sold, exposure


def bias(estimate: Floats, demand: Floats) -> float:
    """Estimated total over the real one, minus 1."""
    return float(estimate.sum() / demand.sum() - 1)


def as_sold(sold: Floats, exposure: Floats) -> Floats:  # noqa: ARG001 - all estimates are called alike
    """Sales are taken for demand."""
    return sold


def days_dropped(sold: Floats, exposure: Floats) -> Floats:
    """Days that ran out are left out and count as the mean of the others."""
    whole = exposure >= 1
    mean = (sold * whole).sum(axis=1, keepdims=True) / np.maximum(whole.sum(axis=1, keepdims=True), 1)
    return np.where(whole, sold, mean)


def poisson_tail(sold: Floats, exposure: Floats) -> Floats:
    """Expectation-maximisation: a day that ran out had at least its sales, days without stock the mean."""
    whole, empty = exposure >= 1, exposure <= 0
    estimate = days_dropped(sold, exposure)
    for _ in range(30):
        mean = np.maximum(estimate.mean(axis=1, keepdims=True), 1e-6)
        tail = mean * poisson.sf(sold - 2, mean) / np.maximum(poisson.sf(sold - 1, mean), 1e-12)
        estimate = np.where(whole, sold, np.where(empty, mean, np.maximum(tail, sold)))
    return estimate


def with_exposure(sold: Floats, exposure: Floats) -> Floats:
    """Demand from the share of time in stock; a day without any is the usual one around it."""
    names = tuple(str(number) for number in range(len(sold)))
    panel = Panel(names, date(2026, 1, 1), 1, sold, exposure, np.ones(sold.shape, dtype=bool))
    return whole_demand(panel)


ESTIMATES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "sales": as_sold,
    "days dropped": days_dropped,
    "Poisson tail": poisson_tail,
    "exposure": with_exposure,
}


if __name__ == "__main__":
    sys.exit(main())
