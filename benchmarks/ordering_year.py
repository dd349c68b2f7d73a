"""A simulated year on real demand: the planner against par, (s,S) and EOQ, each tuned on the year before.

Sites of 60 products draw their series from BARBACK_DATA/demand (M5 foods; the cafe's 14 months as a site of
its own): the forecast is that of each morning, packs, prices and calendars are invented by seeded dice. Cost
is holding + shortage + delivery fees + what was paid beyond the lowest price. The three rivals get the same
forecast and choose, for each site by itself, the cheapest of 18 to 112 settings on the days before the judged
ones; the planner has no setting. Every site-year is kept in --folder as it is finished: a run that was broken
off goes on, every seed's first site before any second one, and --finished prints the table of what there is.
--quick plays 35 days of one site, which is too little to judge anything.
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import numpy as np
from ordering_year_ours import simulate_ours
from ordering_year_rivals import GRIDS, WARM_DAYS, Year, tuned
from ordering_year_sites import DATA, Market, market, site

GOAL = 0.08
QUICK_DAYS = 35
YEAR_DAYS = 365
CAFE_TUNING_DAYS, CAFE_DAYS = 110, 180
SETS = {
    "cafe_montreal": (CAFE_TUNING_DAYS + WARM_DAYS, CAFE_DAYS + WARM_DAYS),
    "m5_foods": (YEAR_DAYS + WARM_DAYS, YEAR_DAYS + WARM_DAYS),
}
"""Days to tune on and days to judge, the days of warming up included."""


def figures(year: Year) -> dict[str, float]:
    names = ("holding", "shortage", "fees", "dearer", "fill_rate")
    return {"total": float(year.total[0])} | {name: float(getattr(year, name)[0]) for name in names}


def run_site(of: Market, seed: int, number: int, products: int, kept: Path) -> dict[str, Any]:
    """One site-year of every policy; read from `kept` where it was run before."""
    if kept.exists():
        return json.loads(kept.read_text())
    where = site(of, seed, number, products)
    row: dict[str, Any] = {"set": of.name, "seed": seed, "site": number, "products": len(where.rows)}
    for rule in GRIDS:
        policy, year = tuned(where, rule)
        row[rule] = figures(year) | {"setting": [policy.first, policy.second, policy.fills_up]}
    began_s = time.process_time()
    row["ours"] = figures(simulate_ours(where, of.judged, of.last))
    row["cpu_s"] = time.process_time() - began_s
    kept.write_text(json.dumps(row))
    show(row)
    return row


def run_sites(
    of: Market, places: Sequence[tuple[Path, int, int]], products: int, processes: int
) -> list[dict[str, Any]]:
    """Every (file, seed, number), each run by one of the processes."""
    with ProcessPoolExecutor(processes, get_context("fork")) as pool:
        running = [pool.submit(run_site, of, seed, number, products, kept) for kept, seed, number in places]
        return [each.result() for each in running]


def summary(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Totals by seed: ours against the cheapest rule of all sites together, and the service of both."""
    seeds: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        seeds[row["seed"]].append(row)
    saved, ours_fill, best_fill, best = [], [], [], []
    for members in seeds.values():
        totals = {rule: sum(row[rule]["total"] for row in members) for rule in (*GRIDS, "ours")}
        cheapest = min(GRIDS, key=totals.__getitem__)
        best.append(cheapest)
        saved.append(1 - totals["ours"] / totals[cheapest])
        ours_fill.append(np.mean([row["ours"]["fill_rate"] for row in members]))
        best_fill.append(np.mean([row[cheapest]["fill_rate"] for row in members]))
    return {
        "site_years": sum(map(len, seeds.values())),
        "best_rival": max(set(best), key=best.count),
        "saved": float(np.mean(saved)),
        "saved_least": float(min(saved)),
        "saved_most": float(max(saved)),
        "fill_rate": float(np.mean(ours_fill)),
        "rival_fill_rate": float(np.mean(best_fill)),
    }


def show(row: dict[str, Any]) -> None:
    words = "  ".join(f"{rule} {row[rule]['total']:,.0f} ({row[rule]['fill_rate']:.2%})" for rule in GRIDS)
    saved = 1 - row["ours"]["total"] / min(row[rule]["total"] for rule in GRIDS)
    print(
        f"{row['set']} seed {row['seed']} site {row['site']:>2}: ours {row['ours']['total']:,.0f} "
        f"({row['ours']['fill_rate']:.2%})  {words}  {saved:+.1%}  {row['cpu_s']:.0f} CPU s",
        flush=True,
    )


def report(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    told = summary(rows)
    seeds = len({row["seed"] for row in rows})
    print(f"\n{name}: {told['site_years']} site-years of {seeds} seeds, money by kind, mean of a site")
    for rule in (*GRIDS, "ours"):
        kinds = {
            k: np.mean([row[rule][k] for row in rows])
            for k in ("total", "holding", "shortage", "fees", "dearer")
        }
        fill = np.mean([row[rule]["fill_rate"] for row in rows])
        print(
            f"  {rule:<6}"
            + "".join(f"{kind:>10} {kinds[kind]:>8,.0f}" for kind in kinds)
            + f"   sold {fill:.3%}"
        )
    print(
        f"  {told['saved']:.1%} cheaper than the best rival ({told['best_rival']}), by seed "
        f"{told['saved_least']:.1%} .. {told['saved_most']:.1%}; sold {told['fill_rate']:.3%} against "
        f"{told['rival_fill_rate']:.3%} (goal {GOAL:.0%} at no lower service)"
    )
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="35 days of one site")
    parser.add_argument("--sites", type=int, default=20, help="sites of each seed (20)")
    parser.add_argument("--seeds", type=int, default=5, help="(5)")
    parser.add_argument("--finished", action="store_true", help="only tell of the site-years in --folder")
    parser.add_argument("--processes", type=int, default=1, help="that share the sites (1)")
    parser.add_argument("--products", type=int, default=60, help="products of a site (60)")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(gettempdir()) / "barback_ordering_year",
        help="where forecasts and finished site-years are kept",
    )
    options = parser.parse_args()
    if not DATA.is_dir():
        print(f"no demand under {DATA}; set BARBACK_DATA to the folder that holds demand/")
        return 2
    options.folder.mkdir(parents=True, exist_ok=True)
    sets = {"m5_foods": (QUICK_DAYS + WARM_DAYS, QUICK_DAYS + WARM_DAYS)} if options.quick else SETS
    seeds, sites = (1, 1) if options.quick else (options.seeds, options.sites)
    told = {}
    for name, (tuning, judged) in sets.items():
        numbers = range(sites) if name == "m5_foods" else range(1)
        places = [
            (options.folder / f"{name}_{judged}_{options.products}_{seed}_{number}.json", seed, number)
            for number in numbers
            for seed in range(seeds)
        ]
        if options.finished:
            rows = [json.loads(kept.read_text()) for kept, _, _ in places if kept.exists()]
        else:
            of = market(name, options.folder, tuning, judged)
            rows = run_sites(of, places, options.products, options.processes)
        if rows:
            told[name] = report(name, rows)
    if not told:
        print(f"no site-year is finished in {options.folder}; run without --finished first")
        return 2
    ok = all(
        each["saved"] > 0 and each["fill_rate"] >= each["rival_fill_rate"] - 5e-5 for each in told.values()
    )
    if options.quick:
        print(f"{QUICK_DAYS} days of one site show that it runs; they are too few to judge anything")
        ok = True
    reached = all(each["saved"] >= GOAL for each in told.values())
    print(json.dumps({"benchmark": "ordering_year", "ok": ok, "goal_reached": reached, "sets": told}))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
