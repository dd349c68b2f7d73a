"""How good the forecasts are: a referee of rolling origins on four real sets, against simple rules and peers.

Run it as `python benchmarks/forecasting.py` (two to four minutes) or with --quick (one origin, 40 series a
set, under a minute). It needs pandas, pyarrow and LightGBM, and sets and referee beside the repository:
BARBACK_DATA names the folder that holds `demand/` (default ../shared/data), the referee is looked for in
`bench/` next to that folder. The last line is one JSON object.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
METHODS = ("default", "ensemble")
RULES = ("SeasonalNaive", "MA28")


class DemandSet(NamedTuple):
    """One set: periods of its long lead time, marks to reach (loss per period, per lead time), peers."""

    lead: int
    mark: tuple[float, float]
    peers: dict[str, tuple[float, float | None]]


SETS = {
    "cafe_montreal": DemandSet(
        14,
        (0.199, 0.256),
        {
            "AutoETS": (0.227, 0.257),
            "AutoTheta": (0.226, None),
            "TSB + NB": (0.226, None),
            "CrostonSBA + NB": (0.239, None),
            "mlforecast LightGBM": (0.281, None),
            "DowNB": (0.198, 0.256),
            "direct LightGBM": (0.206, 0.279),
        },
    ),
    "tavern_weekly": DemandSet(
        4,
        (0.279, 0.298),
        {
            "AutoETS": (0.299, 0.304),
            "AutoTheta": (0.302, None),
            "TSB + NB": (0.285, None),
            "CrostonSBA + NB": (0.304, None),
            "mlforecast LightGBM": (0.367, None),
            "DowNB": (0.277, 0.304),
            "direct LightGBM": (0.295, 0.321),
        },
    ),
    "m5_foods": DemandSet(
        14,
        (0.279, 0.313),
        {
            "AutoETS": (0.292, 0.342),
            "AutoTheta": (0.293, None),
            "TSB + NB": (0.287, None),
            "CrostonSBA + NB": (0.283, None),
            "mlforecast LightGBM": (0.363, None),
            "DowNB": (0.285, 0.353),
            "direct LightGBM": (0.277, 0.301),
        },
    ),
    "iowa_liquor": DemandSet(
        14,
        (0.210, 0.284),
        {
            "AutoETS": (0.370, 0.292),
            "AutoTheta": (0.403, None),
            "TSB + NB": (0.318, None),
            "CrostonSBA + NB": (0.303, None),
            "mlforecast LightGBM": (0.242, None),
            "DowNB": (0.209, 0.307),
            "direct LightGBM": (0.219, 0.275),
        },
    ),
}
"""Peers as measured once with the same referee on the same series; the rules anew in each run."""


class Row(NamedTuple):
    """What the referee says of one model on one set."""

    model: str
    loss: float
    lead_loss: float
    under_95: float
    bias: float
    series: int
    seconds_per_1000: float


def main() -> int:
    """Run the referee on every set, print the tables and the JSON line; 1 where a mark is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one origin and 40 series a set")
    quick = parser.parse_args().quick
    data = Path(os.environ.get("BARBACK_DATA", ROOT.parent / "shared" / "data"))
    referee = data.parent / "bench" / "demand_backtest.py"
    if not (data / "demand").is_dir() or not referee.is_file():
        print(f"Nothing to measure: {data / 'demand'} or {referee} is missing; set BARBACK_DATA.")
        return 0
    results = {name: _referee(referee, data / "demand", name, quick=quick) for name in SETS}
    for name, rows in results.items():
        _show(name, rows)
    summary = _summary(results, quick=quick)
    _show_summary(summary)
    print(json.dumps(summary))
    return 0 if quick or all(summary["marks_met"].values()) else 1


def _referee(referee: Path, data: Path, name: str, *, quick: bool) -> dict[str, Row]:
    size = ["--cap", "40", "--cuts", "1"] if quick else []
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, str(referee), "--plugin", str(ROOT / "benchmarks" / "demand_plugin.py")]
        command += [
            "--models",
            ",".join([*RULES, *METHODS]),
            "--sets",
            name,
            "--root",
            str(data),
            "--out",
            out,
        ]
        subprocess.run(
            [*command, *size],
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        with (Path(out) / f"{name}_..csv").open(encoding="utf-8") as table:
            return {row["model"]: _row(row, SETS[name].lead) for row in csv.DictReader(table)}


def _row(row: dict[str, str], lead: int) -> Row:
    figures = (row["SPL"], row[f"LT{lead}_SPL"], row[f"LT{lead}_le95"], row["bias"])
    loss, lead_loss, under, bias = (float(figure) for figure in figures)
    return Row(row["model"], loss, lead_loss, under, bias, int(row["n"]), float(row["s/1k"]))


def _show(name: str, rows: dict[str, Row]) -> None:
    print(f"\n{name}: {rows['default'].series} series, lead time {SETS[name].lead} periods")
    heads = ("loss", "x naive", "lead loss", "x naive", "<= 95 %", "bias", "s/1,000")
    print(f"{'':22}" + "".join(f"{head:>11}" for head in heads))
    naive = rows["SeasonalNaive"]
    for row in rows.values():
        figures = (
            f"{row.loss:.3f}",
            f"{row.loss / naive.loss:.2f}",
            f"{row.lead_loss:.3f}",
            f"{row.lead_loss / naive.lead_loss:.2f}",
            f"{row.under_95:.3f}",
            f"{row.bias:+.1%}",
            f"{row.seconds_per_1000:.1f}",
        )
        print(f"{row.model:22}" + "".join(f"{figure:>11}" for figure in figures))
    for peer, (loss, lead_loss) in SETS[name].peers.items():
        told = "-" if lead_loss is None else f"{lead_loss:.3f}"
        print(f"{peer + ' (peer)':22}{loss:>11.3f}{'':11}{told:>11}")
    print(f"{'mark':22}{SETS[name].mark[0]:>11.3f}{'':11}{SETS[name].mark[1]:>11.3f}")


def _summary(results: dict[str, dict[str, Row]], *, quick: bool) -> dict[str, object]:
    told: dict[str, object] = {"quick": quick, "sets": {}}
    for method in METHODS:
        daily, leads = 1.0, 1.0
        for rows in results.values():
            daily *= rows[method].loss / rows["SeasonalNaive"].loss
            leads *= rows[method].lead_loss / rows["SeasonalNaive"].lead_loss
        told[f"{method}_geomean_vs_naive"] = round(daily ** (1 / len(results)), 4)
        told[f"{method}_lead_geomean_vs_naive"] = round(leads ** (1 / len(results)), 4)
        told[f"{method}_under_95_pooled"] = round(
            sum(rows[method].under_95 * rows[method].series for rows in results.values())
            / sum(rows[method].series for rows in results.values()),
            4,
        )
    told["sets"] = {name: {m: rows[m]._asdict() for m in rows} for name, rows in results.items()}
    told["marks_met"] = {
        name: rows["ensemble"].loss < SETS[name].mark[0] + 5e-4
        and rows["ensemble"].lead_loss < SETS[name].mark[1] + 5e-4
        for name, rows in results.items()
    }
    return told


def _show_summary(summary: dict[str, object]) -> None:
    print()
    for method in METHODS:
        print(
            f"{method}: {summary[f'{method}_geomean_vs_naive']} of the seasonal naive's loss per period, "
            f"{summary[f'{method}_lead_geomean_vs_naive']} of its loss per lead time (geometric means); "
            f"{summary[f'{method}_under_95_pooled']:.1%} of real sums under the stated 95 % quantile."
        )
    if summary["quick"]:
        print("The marks are set for the whole sets: run it without --quick to see whether they are met.")
        return
    missed = [name for name, met in summary["marks_met"].items() if not met]
    print("Every mark is met." if not missed else f"Missed the mark: {', '.join(missed)}.")


if __name__ == "__main__":
    sys.exit(main())
