"""How wrong is the first fortnight of a product nobody knows here? With 0, 1, 3, 7, 14 and 28 own days.

The two stores of the M5 set are two sites. Each product in turn is taken as new, at either, on days spread
over four years: its guess comes from the other store (by the products both sell), from the category here,
and from both; then own days correct it. Error: sum of |forecast - real| over sum of real, 14-day totals.
BARBACK_DATA names the folder with demand/ (default ../shared/data). Last line: one JSON object.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from cold_start_bound import bounds

from cloud.forecasting.arrays import Floats
from cloud.forecasting.cold_start import Guess, combined, first_forecast, from_category, from_sibling

OWN_DAYS = (0, 1, 3, 7, 14, 28)
LEAD = 14
PAST = 56
FIRST_START = 400
BRISK = 1.0
"""A day's mean above which a product counts as brisk: under it a fortnight's total is mostly chance."""
LIMITS = {0: 0.61, 7: 0.35}
LEVELS = (0.5, 0.95)


class Row(NamedTuple):
    """One product taken as new: its store and first day, how much it sells, and how its forecast came out."""

    start: int
    is_brisk: bool
    wrong: float
    came: float
    is_under: bool


def main() -> int:
    """Print the error by own days and source; 1 where a limit is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="two starting days instead of 24")
    parser.add_argument("--bound", action="store_true", help="also what seven days can tell at best")
    options = parser.parse_args()
    quick = options.quick
    path = (
        Path(os.environ.get("BARBACK_DATA", ROOT.parent / "shared" / "data")) / "demand" / "m5_foods.parquet"
    )
    if not path.is_file():
        print(f"Nothing to measure: {path} is missing; set BARBACK_DATA.")
        return 0
    sites = stores(path)
    rows = {source: measured(sites, source, 2 if quick else 24) for source in SOURCES}
    told = {}
    for kind, least in (("all products", 0), ("one a day or more", 1)):
        chosen = {
            source: {days: [row for row in each if row.is_brisk >= least] for days, each in by_days.items()}
            for source, by_days in rows.items()
        }
        told[kind] = shown(kind, chosen)
    missed = [days for days, limit in LIMITS.items() if told["one a day or more"]["both"][str(days)] > limit]
    for days, limit in LIMITS.items():
        print(f"Goal {limit} with {days} own days: {'missed' if days in missed else 'met'}.")
    by_start = [error_of(list(each)) for each in _by_start(rows["both"][7])]
    print(
        f"With 7 days, by the day a product begins: {min(by_start):.3f} to {max(by_start):.3f}, "
        f"{sum(each <= LIMITS[7] for each in by_start)} of {len(by_start)} days at {LIMITS[7]} or under."
    )
    if options.bound:
        starts = {row.start for row in rows["both"][7]}
        trees, oracle = bounds(sites, BRISK, starts)
        told["bound"] = {"trees": {"7": round(trees, 4)}, "oracle": {"7": round(oracle, 4)}}
        print(f"With 7 days, trees that saw others begin: {trees:.3f}; told the month after: {oracle:.3f}.")
    print(json.dumps(told))
    return 0 if quick or not missed else 1


def shown(kind: str, rows: dict[str, dict[int, list[Row]]]) -> dict[str, dict[str, float]]:
    """Print one table; return the errors by source and own days."""
    print(f"{kind}: {len(rows['both'][0]):,} beginnings")
    print(f"  {'own days':12}" + "".join(f"{days:>9}" for days in OWN_DAYS))
    for source, by_days in rows.items():
        print(f"  {source:12}" + "".join(f"{error_of(by_days[days]):>9.3f}" for days in OWN_DAYS))
    under = (np.mean([row.is_under for row in rows["both"][days]]) for days in OWN_DAYS)
    print(f"  {'<= 95 %':12}" + "".join(f"{share:>9.3f}" for share in under))
    return {s: {str(d): round(error_of(each), 4) for d, each in by.items()} for s, by in rows.items()}


def error_of(rows: list[Row]) -> float:
    """Sum of |forecast - real| over sum of real."""
    return sum(row.wrong for row in rows) / sum(row.came for row in rows)


def _by_start(rows: list[Row]) -> Iterator[Iterator[Row]]:
    brisk = sorted((row for row in rows if row.is_brisk), key=lambda row: row.start)
    return (each for _, each in groupby(brisk, key=lambda row: row.start))


def stores(path: Path) -> tuple[Floats, Floats]:
    """Daily sales of the products both stores sell, (products, T) at each; NaN before a product's first."""
    import pandas as pd

    table = pd.read_parquet(path, columns=["item_id", "store_id", "ds", "y"])
    wide = table.pivot(index=["item_id", "store_id"], columns="ds", values="y")
    first, second = sorted(wide.index.get_level_values(1).unique())
    one, two = wide.xs(first, level=1), wide.xs(second, level=1)
    both = one.index.intersection(two.index)
    return one.loc[both].to_numpy(dtype=float), two.loc[both].to_numpy(dtype=float)


def sibling(product: int, here: Floats, there: Floats) -> Guess | None:
    """The same product in the other store, by how the other products compare."""
    others = np.arange(len(here)) != product
    return from_sibling(float(there[product]), here[others], there[others])


def category(product: int, here: Floats, there: Floats) -> Guess | None:  # noqa: ARG001 - all are called alike
    """The median of the other products of this store."""
    return from_category(here[np.arange(len(here)) != product])


def both(product: int, here: Floats, there: Floats) -> Guess | None:
    """Both, weighed by their doubts."""
    return combined([sibling(product, here, there), category(product, here, there)])


SOURCES = {"category": category, "sibling": sibling, "both": both}


def measured(sites: tuple[Floats, Floats], source: str, starts: int) -> dict[int, list[Row]]:
    """By own days: every product new at each store on each starting day, where both had it for long."""
    rows: dict[int, list[Row]] = {days: [] for days in OWN_DAYS}
    for here, there in (sites, sites[::-1]):
        brisk = np.nanmean(here, axis=1) >= BRISK
        for start in np.linspace(FIRST_START, here.shape[1] - max(OWN_DAYS) - LEAD, starts).astype(int):
            past = slice(start - PAST, start)
            known = np.flatnonzero(~np.isnan(here[:, past] + there[:, past]).any(axis=1))
            rates = here[known, past].mean(axis=1), there[known, past].mean(axis=1)
            for place, product in enumerate(known):
                guess = SOURCES[source](place, *rates)
                own = here[product, start:]
                for days in OWN_DAYS if guess is not None else ():
                    rows[days].append(_row(guess, own, days, int(start), bool(brisk[product])))
    return rows


def _row(guess: Guess, own: Floats, days: int, start: int, is_brisk: bool) -> Row:  # noqa: FBT001
    came = float(own[days : days + LEAD].sum())
    spread = first_forecast(guess, own[:days], np.ones(days), LEAD, LEVELS)
    return Row(start, is_brisk, abs(float(spread.mean[0]) - came), came, came <= spread.quantiles[0, 1])


if __name__ == "__main__":
    sys.exit(main())
