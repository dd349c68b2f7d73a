"""How wrong is the first fortnight of a product nobody knows here? With 0, 1, 3, 7, 14 and 28 own days.

The two stores of the M5 set are two sites. Each product in turn is taken as new at one: its
guess comes from the other store (times the ratio of the products both sell), from the category here, and from
both; then own days correct it. Error: sum of |forecast - real| over sum of real, 14-day totals. BARBACK_DATA
names the folder with demand/ (default ../shared/data). Last line: one JSON object.
"""

import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from cloud.forecasting.arrays import Bools, Floats
from cloud.forecasting.cold_start import Guess, combined, first_forecast, from_category, from_sibling

OWN_DAYS = (0, 1, 3, 7, 14, 28)
LEAD = 14
PAST = 56
BRISK = 1.0
"""A day's mean above which a product counts as brisk: under it a fortnight's total is mostly chance."""
LIMITS = {0: 0.61, 7: 0.35}
LEVELS = (0.5, 0.95)


def main() -> int:
    """Print the error by own days and source; 1 where a limit is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="two starting days instead of twelve")
    quick = parser.parse_args().quick
    path = (
        Path(os.environ.get("BARBACK_DATA", ROOT.parent / "shared" / "data")) / "demand" / "m5_foods.parquet"
    )
    if not path.is_file():
        print(f"Nothing to measure: {path} is missing; set BARBACK_DATA.")
        return 0
    here, there = stores(path)
    starts = 2 if quick else 12
    told = {}
    for kind, least in (("all products", 0.0), ("one a day or more", BRISK)):
        chosen = here.mean(axis=1) >= least
        errors = {source: errors_of(here, there, source, chosen, starts) for source in SOURCES}
        print(f"{kind}: {int(chosen.sum())}")
        print(f"  {'own days':12}" + "".join(f"{days:>9}" for days in OWN_DAYS))
        for source, by_days in errors.items():
            print(f"  {source:12}" + "".join(f"{by_days[days][0]:>9.3f}" for days in OWN_DAYS))
        print(f"  {'<= 95 %':12}" + "".join(f"{errors['both'][days][1]:>9.3f}" for days in OWN_DAYS))
        told[kind] = {
            s: {str(d): round(e[0], 4) for d, e in by_days.items()} for s, by_days in errors.items()
        }
    met = {days: told["one a day or more"]["both"][str(days)] <= limit for days, limit in LIMITS.items()}
    print(f"Goals: {LIMITS[0]} without own days ({_word(met[0])}), {LIMITS[7]} with 7 ({_word(met[7])}).")
    print(json.dumps(told))
    return 0 if quick or all(met.values()) else 1


def _word(met: bool) -> str:  # noqa: FBT001 - the one thing it says
    return "met" if met else "missed"


def stores(path: Path) -> tuple[Floats, Floats]:
    """Daily sales of the products both stores have sold for long, (products, T) at each."""
    import pandas as pd

    table = pd.read_parquet(path, columns=["item_id", "store_id", "ds", "y"])
    wide = table.pivot(index=["item_id", "store_id"], columns="ds", values="y").iloc[:, -700:].dropna()
    first, second = sorted(wide.index.get_level_values(1).unique())
    one, two = wide.xs(first, level=1), wide.xs(second, level=1)
    both = one.index.intersection(two.index)
    return one.loc[both].to_numpy(dtype=float), two.loc[both].to_numpy(dtype=float)


def sibling(product: int, here: Floats, there: Floats) -> Guess | None:
    """The same product in the other store, by the other products' ratio."""
    others = np.arange(len(here)) != product
    return from_sibling(float(there[product].mean()), here[others].mean(axis=1), there[others].mean(axis=1))


def category(product: int, here: Floats, there: Floats) -> Guess | None:  # noqa: ARG001 - all are called alike
    """The median of the other products of this store."""
    return from_category(here[np.arange(len(here)) != product].mean(axis=1))


def both(product: int, here: Floats, there: Floats) -> Guess | None:
    """Both, weighed by their doubts."""
    return combined([sibling(product, here, there), category(product, here, there)])


SOURCES = {"category": category, "sibling": sibling, "both": both}


def errors_of(
    here: Floats, there: Floats, source: str, chosen: Bools, starts: int
) -> dict[int, tuple[float, float]]:
    """By own days: (error of the 14-day total, share of totals under the 95 % quantile)."""
    missed: dict[int, list[tuple[float, float, bool]]] = {days: [] for days in OWN_DAYS}
    for start in np.linspace(400, here.shape[1] - max(OWN_DAYS) - LEAD, starts).astype(int):
        past = slice(start - PAST, start)
        for product in np.flatnonzero(chosen):
            own = here[product, start:]
            guess = SOURCES[source](product, here[:, past], there[:, past])
            for days in OWN_DAYS if guess is not None else ():
                came = own[days : days + LEAD].sum()
                spread = first_forecast(guess, own[:days], np.ones(days), LEAD, LEVELS)
                missed[days].append((abs(spread.mean[0] - came), came, came <= spread.quantiles[0, 1]))
    return {days: _told(rows) for days, rows in missed.items()}


def _told(rows: list[tuple[float, float, bool]]) -> tuple[float, float]:
    wrong, came, under = (np.asarray(column, dtype=float) for column in zip(*rows, strict=True))
    return float(wrong.sum() / came.sum()), float(under.mean())


if __name__ == "__main__":
    sys.exit(main())
