"""Owns `python -m cloud forecast`: trying the methods on anyone's own demand history.

It needs no database and no site: a file goes in, a report comes out.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from cloud.forecasting.backtest import MAX_CUTS, compare
from cloud.forecasting.history import clean
from cloud.forecasting.methods import METHODS
from cloud.forecasting.panel import Panel, PanelError
from cloud.forecasting.peers import PEERS, peer
from cloud.forecasting.report import report
from cloud.forecasting.tables import read_records

DESCRIPTION = """Try forecasting methods on a demand history and report which one to trust.

FILE is a CSV (comma, semicolon or tab) or parquet table in long format, a row per product and day or week:
unique_id (such as site|product), ds (2026-11-20), y (quantity sold), and if known is_open (0/1), exposure
(share 0..1 of the open time the product was in stock) and price."""


def main(argv: Sequence[str]) -> int:
    """Run `forecast backtest FILE [...]`; argv without the word `forecast`.

    Writes the report to stdout. Returns 0, or 2 with a sentence on stderr where the input is refused.
    """
    arguments = _parser().parse_args(list(argv))
    try:
        sys.stdout.write(_backtest(arguments))
    except PanelError as refused:
        sys.stderr.write(f"{refused}\n")
        return 2
    return 0


def _backtest(arguments: argparse.Namespace) -> str:
    panel, findings = clean(read_records(Path(arguments.file)))
    panel = _thinned(panel, arguments.max_series)
    horizon = arguments.horizon or (14 if panel.step_days == 1 else 4)
    lead = arguments.lead or horizon
    names = _methods(arguments.methods)
    methods = {name: METHODS[name] if name in METHODS else peer(name) for name in names}
    horizon = max(horizon, lead)
    scores = compare(panel, methods, horizon, lead, arguments.cuts, stopwatch=time.perf_counter)
    if arguments.json:
        told = {
            "scores": [asdict(score) for score in scores],
            "findings": [asdict(finding) for finding in findings],
            "lead_periods": lead,
            "step_days": panel.step_days,
        }
        return json.dumps(told, ensure_ascii=False) + "\n"
    return report(panel, findings, scores, lead)


def _methods(asked: str | None) -> list[str]:
    if asked is None:
        return [name for name in METHODS if name != "ensemble" or find_spec("lightgbm") is not None]
    names = [name.strip() for name in asked.split(",")]
    unknown = [name for name in names if name not in METHODS and name not in PEERS]
    if unknown:
        known = ", ".join((*METHODS, *PEERS))
        raise PanelError(f"There is no method {', '.join(unknown)}: choose from {known}.")
    if "ensemble" in names and find_spec("lightgbm") is None:
        raise PanelError("The ensemble needs LightGBM: install the extra `forecast`, or leave it out.")
    return names


def _thinned(panel: Panel, most: int) -> Panel:
    """A seeded random choice where there are more series than that."""
    if most < 1:
        raise PanelError(f"Give at least 1 series, not {most}.")
    if panel.series <= most:
        return panel
    keep = np.zeros(panel.series, dtype=bool)
    keep[np.random.default_rng(1).choice(panel.series, most, replace=False)] = True
    return panel.only(keep)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cloud forecast",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    backtest = parser.add_subparsers(required=True).add_parser(
        "backtest", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    backtest.add_argument("file", metavar="FILE")
    backtest.add_argument("--horizon", type=int, help="periods foretold per origin (14 days or 4 weeks)")
    backtest.add_argument("--lead", type=int, help="periods whose sum is judged (the horizon)")
    backtest.add_argument("--cuts", type=int, default=3, help=f"past origins tried, 1 to {MAX_CUTS} (3)")
    backtest.add_argument(
        "--methods",
        help=f"comma-separated, from: {', '.join((*METHODS, *PEERS))} (ours that are installed)",
    )
    backtest.add_argument("--max-series", type=int, default=2_000, help="a random choice of that many (2000)")
    backtest.add_argument("--json", action="store_true", help="figures and findings as one JSON object")
    return parser
