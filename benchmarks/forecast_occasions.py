"""What do holidays, events and the weather earn? Each set's own columns, on origins before the judged ones.

For every occasion: in how many periods it was seen, what it does, and how much of the deviance of its days it
takes away when they are foretold without having been seen. Then the losses of `default` with those that earn
their place and without any. The tavern's weather is what came, not what was foretold: more than can be known.
BARBACK_DATA names the folder with demand/ (default ../shared/data). --quick: one set. Last line: one JSON.
"""

import argparse
import json
import os
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from cloud.forecasting.arrays import Floats
from cloud.forecasting.backtest import compare
from cloud.forecasting.history import clean
from cloud.forecasting.levels import levels_of
from cloud.forecasting.methods import default
from cloud.forecasting.occasions import Occasions
from cloud.forecasting.panel import Panel
from cloud.forecasting.tables import read_records

SETS = ("cafe_montreal", "tavern_weekly", "m5_foods")
MOST_SERIES = 200
JUDGED_ELSEWHERE = 3
ORIGINS = 12
SHOWN = 12


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="the cafe only")
    quick = parser.parse_args().quick
    folder = Path(os.environ.get("BARBACK_DATA", ROOT.parent / "shared" / "data")) / "demand"
    if not folder.is_dir():
        print(f"Nothing to measure: {folder} is missing; set BARBACK_DATA.")
        return 0
    told = {name: judged(folder / f"{name}.parquet") for name in SETS[: 1 if quick else 3]}
    print(json.dumps(told))
    return 0


def judged(path: Path) -> dict[str, object]:
    """Print one set and return its figures."""
    panel, occasions = panel_of(path)
    effects = levels_of(replace(panel, occasions=occasions), 14).effects
    days = (occasions.values[: panel.periods] != 0).sum(axis=0)
    rows = sorted(zip(occasions.names, days, strict=True), key=lambda row: -effects.gain[row[0]])
    print(f"{path.stem}: {panel.series} series up to {panel.ends_on}")
    print(f"  {'occasion':30}{'periods':>8}{'earns':>8}{'factor':>8}")
    for name, count in rows[:SHOWN]:
        used = f"{effects.strength[name]:.2f}" if name in effects.strength else "off"
        print(f"  {name:30}{count:>8}{effects.gain[name]:>8.0%}{used:>8}")
    horizon = 14 if panel.step_days == 1 else 4
    tried = {
        "with": lambda known, ahead, leads: default(replace(known, occasions=occasions), ahead, leads),
        "without": lambda known, ahead, leads: default(replace(known, occasions=None), ahead, leads),
    }
    scores = {score.method: score for score in compare(panel, tried, horizon, horizon, ORIGINS)}
    for name, score in scores.items():
        print(f"  {name:8} loss {score.loss:.4f}, of lead-time sums {score.lead_loss:.4f}")
    return {
        "used": effects.strength,
        "earned": {name: round(effects.gain[name], 3) for name in effects.strength},
        **{
            f"{name} {what}": round(getattr(score, what), 4)
            for name, score in scores.items()
            for what in LOSSES
        },
    }


LOSSES = ("loss", "lead_loss")


def panel_of(path: Path) -> tuple[Panel, Occasions]:
    """At most MOST_SERIES series without the newest origins, and the occasions of all days of the set."""
    import pandas as pd

    panel, _ = clean(read_records(path))
    keep = np.zeros(panel.series, dtype=bool)
    keep[np.random.default_rng(1).permutation(panel.series)[:MOST_SERIES]] = True
    back = [timedelta(days=panel.step_days * (panel.periods - 1 - at)) for at in range(panel.periods)]
    index = pd.to_datetime([panel.ends_on - each for each in back])
    columns = columns_of(pd.read_parquet(path), index)
    names, families, values = zip(*columns, strict=True)
    horizon = 14 if panel.step_days == 1 else 4
    known = panel.only(keep).until(panel.periods - JUDGED_ELSEWHERE * horizon)
    return known, Occasions(tuple(names), tuple(families), np.stack(values, axis=1))


def columns_of(table: Any, index: Any) -> list[tuple[str, str, Floats]]:  # noqa: ANN401 - tables of pandas
    """Holidays (any, the days around, each by name), events by name, and the weeks' temperature."""
    columns: list[tuple[str, str, Floats]] = []
    if "holiday" in table:
        names = table.groupby("ds")["holiday"].first().reindex(index)
        on = names.notna().to_numpy().astype(float)
        columns += [
            ("a public holiday", "holiday", on),
            ("the day before a holiday", "holiday", np.r_[on[1:], 0.0]),
            ("the day after a holiday", "holiday", np.r_[0.0, on[:-1]]),
        ]
        columns += [
            (name, "holiday", (names == name).to_numpy().astype(float)) for name in names.dropna().unique()
        ]
    if "event_name_1" in table:
        names = table.groupby("ds")["event_name_1"].first().reindex(index)
        columns += [
            (name, "event", (names == name).to_numpy().astype(float)) for name in names.dropna().unique()
        ]
        columns.append(
            (
                "food stamps paid",
                "event",
                table.groupby("ds")["snap_CA"].first().reindex(index).to_numpy(dtype=float),
            )
        )
    if "temp" in table:
        warm = table.groupby("ds")["temp"].mean().reindex(index).interpolate().bfill()
        lately = warm.rolling(9, min_periods=1).mean()
        columns.append(("ten degrees warmer than lately", "weather", ((warm - lately) / 18.0).to_numpy()))
        columns.append(("ten degrees warmer than usual", "weather", ((warm - warm.mean()) / 18.0).to_numpy()))
    return columns


if __name__ == "__main__":
    sys.exit(main())
