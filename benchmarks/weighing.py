"""Does the weighing find what was true? Prints tables for people; the last line is one JSON object.

200 seeded hours at a shelf of eight pads, hours at a tray of twelve, a day of drift, leaks, real recordings,
bad input, cost and memory. Three simple detectors weigh the same hours beside it. Delays are in data time:
a node sends a frame a second, so a page has up to a second more. Hours and seeds are used nowhere else;
engine and simulator share no constants. The first half minute of an hour, while the engine starts, is not
counted. --keep FILE keeps each share of the work: stopped and started again, it goes on.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import weighing_limits as limits
import weighing_pads as pads
import weighing_trays as trays
from weighing_shares import Kept, Share, do, key
from weighing_table import side_by_side

FULL = {"pads": 200, "hasty": 20, "trays": 40, "drift": 24, "leaks": 20, "cost": 60, "memory": 168}
QUICK = {"pads": 1, "hasty": 1, "trays": 1, "drift": 1, "leaks": 1, "cost": 10, "memory": 1}
HASTY_S = (0.3, 0.6)
MAKERS = {
    "pads": pads.hour,
    "trays": trays.hour,
    "drift": limits.drift,
    "leaks": limits.leaks,
    "recordings": limits.recordings,
    "bad_input": limits.bad_inputs,
    "cost": limits.cost,
    "memory": limits.memory,
}


def shares_of(sizes: dict[str, int], only: str | None) -> list[Share]:
    """Return the work, short things first."""
    limited: list[Share] = [
        ("recordings", ()),
        ("bad_input", ()),
        ("cost", (sizes["cost"],)),
        ("leaks", (sizes["leaks"],)),
        *(("drift", (name, sizes["drift"])) for name in limits.DRIFTS),
        ("memory", (sizes["memory"],)),
    ]
    hours: list[Share] = [("pads", (number, pads.REST_S)) for number in range(sizes["pads"])]
    hours += [("pads", (number, rest_s)) for rest_s in HASTY_S for number in range(sizes["hasty"])]
    tray: list[Share] = [("trays", (kind, n)) for n in range(sizes["trays"]) for kind in trays.KINDS]
    parts = {"limits": limited, "trays": tray, "pads": hours}
    return parts[only] if only else [*limited, *tray, *hours]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one hour of each: under a minute")
    parser.add_argument("--only", choices=["pads", "trays", "limits"], help="one part alone")
    parser.add_argument("--processes", type=int, default=2, help="how many share the work (2)")
    parser.add_argument("--keep", type=Path, help="file of finished shares: stop and go on as you like")
    parser.add_argument("--report", action="store_true", help="print what is kept, do nothing more")
    parser.add_argument("--details", action="store_true", help="print what was missed and what was false")
    options = parser.parse_args()
    shares, kept = shares_of(QUICK if options.quick else FULL, options.only), Kept(options.keep)
    if not options.report:
        for done, whole in do(shares, MAKERS, kept, options.processes):
            print(f"\r{done} of {whole}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    done = {name: [] for name in MAKERS}
    for share in shares:
        if key(share) in kept.results:
            done[share[0]].append((share[1], kept.results[key(share)]))
    figures = {"benchmark": "weighing", "quick": options.quick, **_report(done, details=options.details)}
    print(json.dumps(figures))


def _report(done: dict[str, list], *, details: bool) -> dict[str, object]:
    figures: dict[str, object] = {}
    for rest_s in (pads.REST_S, *HASTY_S):
        hours = [result for (_, rest), result in done["pads"] if rest == rest_s]
        if hours:
            name = "pads" if rest_s == pads.REST_S else f"pads, {rest_s} s between two hands"
            figures[name] = _pads(hours, rest_s, details=details)
    if done["trays"]:
        figures["trays"] = _trays(done["trays"])
    for name in ("cost", "memory", "leaks", "recordings", "bad_input"):
        if done[name]:
            figures[name] = done[name][0][1]
    if done["drift"]:
        figures["drift"] = {arguments[0]: result for arguments, result in done["drift"]}
    _limits(figures)
    print("\n".join(side_by_side(figures)))
    return figures


def _pads(hours: list[dict], rest_s: float, *, details: bool) -> dict[str, object]:
    scores, held = pads.merged(hours)
    print(f"\nPads: {len(hours)} hours of {pads.SLOTS} slots; {_scenario(held, rest_s)}")
    columns = ["recall", "precision", "error_median_ml", "error_p95_ml", "covers_1_sigma", "right_product",
               "provisional_p50_s", "provisional_p95_s", "final_p50_s", "final_p95_s"]  # fmt: skip
    wanted = [">=0.995", ">=0.998", "<=1.5", "<=4", "0.60-0.76", "", "", "<=1", "", "<=3"]
    figures = {name: score.figures() for name, score in scores.items()}
    for column, want in zip(columns, wanted, strict=True):
        cells = "  ".join(f"{one[column]:>12.4g}" if column in one else " " * 12 for one in figures.values())
        print(f"  {column:<20}{want:>10}  {cells}")
    print(f"  {'':<32}{'  '.join(f'{name[:12]:>12}' for name in figures)}")
    if details:
        ours = scores["barback"]
        print("missed:", *ours.missed, "false:", *ours.false, sep="\n  ")
    return {"hours": len(hours), "scenario": dict(held), **figures}


def _scenario(held: Counter, rest_s: float) -> str:
    pours = max(1, held["pour"])
    return (
        f"{pours} pours, {held['overlapping'] / pours:.0%} with another bottle out, {held['crossed']} put on "
        f"another's place, {held['bump']} bumps, {held['lean']} leans, {held['swap'] + held['restock']} "
        f"new bottles, drift 1.5 g per root of an hour; a bottle rests {rest_s:g} s or more between two hands"
    )


def _trays(hours: list[tuple[tuple, dict]]) -> dict[str, object]:
    print(f"\nTrays: {trays.SLOTS} bottles on one scale, each known to 1 g at the start; by weight alone")
    figures = {}
    for name, (_, _, _, wanted) in trays.KINDS.items():
        of_kind = [result for (kind, _), result in hours if kind == name]
        one = trays.merged(of_kind).figures()
        figures[name] = {"hours": len(of_kind), **one}
        want = f">={wanted}" if wanted else ""
        print(
            f"  {name:<24}{want:>8}  right {one['right_bottle']:.4f} of {one['pours']}, found "
            f"{one['found']:.4f}, claimed {one['claimed']:.4f} was right {one['was_right']:.4f} "
            f"(calibration error {one['calibration_error']:.4f}), false {one['false']}, "
            f"told again {one['corrected']:.2f}, volume {one['error_median_ml']:.2f} / "
            f"{one['error_p95_ml']:.2f} ml, {len(of_kind)} hours"
        )
    return figures


def _limits(figures: dict) -> None:
    if "cost" in figures:
        print(f"\nCost of 64 cells at 80/s: {figures['cost']:.2%} of a core (<= 5 %)")
    for name in ("memory", "leaks", "recordings", "drift"):
        if name in figures:
            print(f"{name}: {figures[name]}")
    if "bad_input" in figures:
        print("Bad input: false pours, states of the cell, hints")
        for name, one in figures["bad_input"].items():
            states, hints = ", ".join(one["states"]), " | ".join(one["hints"])
            print(f"  {name:<26}{one['false_pours']}  {states}  {hints}")


if __name__ == "__main__":
    main()
