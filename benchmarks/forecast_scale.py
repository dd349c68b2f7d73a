"""Time and memory of the fast default: 1,000, 10,000 and 100,000 series of 400 days, one and two workers.

Series come in shards of 1,000, as a site's nightly job brings them; a worker is a process with one thread.
Then the ensemble on one shard, two lead times. Processor seconds are those of one core, whatever else the
machine does. --quick: 1,000 and 4,000 series. Last line: one JSON object.
"""

import argparse
import json
import os
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cloud.forecasting.methods import METHODS
from cloud.forecasting.panel import Panel

SHARD = 1_000
DAYS = 400
LEADS = (7, 14)
LIMITS_S = {"default": 2.0, "ensemble": 60.0}


def main() -> int:
    """Print the table; 1 where 1,000 series took more than LIMITS_S on one core."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="1,000 and 4,000 series")
    sizes = (1_000, 4_000) if parser.parse_args().quick else (1_000, 10_000, 100_000)
    os.environ["OMP_NUM_THREADS"] = "1"
    print(f"{'series':>9}{'workers':>9}{'wall s':>9}{'CPU s':>9}{'CPU s/1,000':>13}{'MB/worker':>11}")
    told = []
    for series in sizes:
        for workers in (1, 2):
            wall, processor, megabytes = measured(series, workers)
            each = processor / series * SHARD
            told.append(
                {"series": series, "workers": workers, "wall_s": wall, "cpu_s": processor, "mb": megabytes}
            )
            print(
                f"{series:>9}{workers:>9}{wall:>9.1f}{processor:>9.1f}{each:>13.2f}{megabytes:>11.0f}",
                flush=True,
            )
    slowest = max(row["cpu_s"] / row["series"] * SHARD for row in told)
    learned, megabytes = learned_alone()
    told.append({"series": SHARD, "method": "ensemble", "cpu_s": learned, "mb": megabytes})
    costs = {"default": slowest, "ensemble": learned}
    for method, limit in LIMITS_S.items():
        print(f"{method}: {costs[method]:.2f} s of one core per 1,000 series (limit {limit:g} s).")
    print(f"ensemble: {megabytes:.0f} MB, lead times of {' and '.join(map(str, LEADS))} days.")
    print(json.dumps(told))
    return 0 if all(costs[method] <= limit for method, limit in LIMITS_S.items()) else 1


def measured(series: int, workers: int) -> tuple[float, float, float]:
    """(wall seconds, processor seconds, most megabytes of a worker); starting processes is not counted."""
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(shard, [0] * workers))
        start = time.perf_counter()
        costs = list(pool.map(shard, range(series // SHARD)))
        wall = time.perf_counter() - start
    return wall, sum(cost[0] for cost in costs), max(cost[1] for cost in costs)


def learned_alone() -> tuple[float, float]:
    """(processor seconds, peak megabytes) of the ensemble on one shard, in a process of its own."""
    with ProcessPoolExecutor(1) as pool:
        return pool.submit(shard, 0, "ensemble").result()


def shard(seed: int, method: str = "default") -> tuple[float, float]:
    """Forecast one shard: (processor seconds, the process's peak memory in megabytes)."""
    dice = np.random.default_rng(seed)
    mean = np.exp(dice.normal(0.5, 1.0, (SHARD, 1)))
    sold = dice.negative_binomial(mean, 0.5, (SHARD, DAYS)).astype(float)
    whole = np.ones(sold.shape)
    names = tuple(f"site|{number}" for number in range(SHARD))
    panel = Panel(names, date(2026, 1, 1), 1, sold, whole, whole > 0)
    start = time.process_time()
    METHODS[method](panel, max(LEADS), LEADS)
    return time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
