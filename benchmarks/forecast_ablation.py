"""What does each family of features earn? The ensemble without it, against the ensemble with all.

Positive figures say how many percent the loss rises when the family is left out. Origins lie before the ones
the other benchmark judges, so that what is chosen here is judged there. BARBACK_DATA names the folder with
demand/ (default ../shared/data). --quick: two sets, one origin. Last line: one JSON object.
"""

import argparse
import json
import os
import sys
from functools import partial
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from cloud.forecasting.backtest import compare
from cloud.forecasting.features import FAMILIES
from cloud.forecasting.history import clean
from cloud.forecasting.methods import default, ensemble
from cloud.forecasting.panel import Panel
from cloud.forecasting.tables import read_records

SETS = ("tavern_weekly", "m5_foods", "iowa_liquor")
MOST_SERIES = 200
JUDGED_ELSEWHERE = 3


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="two sets, one origin")
    quick = parser.parse_args().quick
    folder = Path(os.environ.get("BARBACK_DATA", ROOT.parent / "shared" / "data")) / "demand"
    if not folder.is_dir():
        print(f"Nothing to measure: {folder} is missing; set BARBACK_DATA.")
        return 0
    told = {}
    print(f"{'left out':16}" + "".join(f"{name:>26}" for name in SETS[: 2 if quick else 3]))
    for name in SETS[: 2 if quick else 3]:
        told[name] = losses(panel_of(folder / f"{name}.parquet"), 1 if quick else 3)
    for family in ("boosting", *FAMILIES):
        cells = [rises(told[name], family) for name in told]
        print(f"{family:16}" + "".join(f"{day:>+13.1%}{lead:>+13.1%}" for day, lead in cells))
    print("Each set: loss per period, loss per lead time.")
    print(json.dumps(told))
    return 0


def panel_of(path: Path) -> Panel:
    """At most MOST_SERIES series of the set, without the newest origins."""
    panel, _ = clean(read_records(path))
    keep = np.zeros(panel.series, dtype=bool)
    keep[np.random.default_rng(1).permutation(panel.series)[:MOST_SERIES]] = True
    horizon = 14 if panel.step_days == 1 else 4
    return panel.only(keep).until(panel.periods - JUDGED_ELSEWHERE * horizon)


def losses(panel: Panel, cuts: int) -> dict[str, tuple[float, float]]:
    """(loss per period, per lead time) of the ensemble with all and without each family."""
    horizon = 14 if panel.step_days == 1 else 4
    methods = {"all": ensemble, "boosting": default}
    methods |= {family: partial(ensemble, without=(family,)) for family in FAMILIES}
    scores = compare(panel, methods, horizon, horizon, cuts)
    return {score.method: (score.loss, score.lead_loss) for score in scores}


def rises(told: dict[str, tuple[float, float]], family: str) -> tuple[float, float]:
    """How much both losses rise without the family, as shares."""
    day, lead = told[family]
    return day / told["all"][0] - 1, lead / told["all"][1] - 1


if __name__ == "__main__":
    sys.exit(main())
