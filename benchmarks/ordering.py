"""Order plans against the best par plan and the figures to reach: cost, proved gap, CPU seconds.

Each instance is planned by a process of its own (benchmarks/ordering_plan.py); its CPU time is that of the
whole process, its cost that of the independent referee where BARBACK_DATA has one beside it, else our own
costing's. --quick plans the first instance only.
"""

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from ordering_questions import DAYS, LIMIT_S, PRODUCTS, asked_of_problem, asked_of_site, site

from cloud.ordering.instances import read_problem

DATA = Path(os.environ.get("BARBACK_DATA", ROOT.parent / "shared" / "data"))
TARGETS = {
    "seed0": (22_806, 24_160),
    "seed1": (21_230, 22_576),
    "seed2": (24_144, 25_587),
    "seed3": (53_352, 56_387),
}
"""Known instances: the cost to reach, and the best par plan's."""
CPU_LIMIT_S = {200: 5.0, 500: 20.0}

Referee = Callable[[dict[str, Any], list[dict[str, int]]], dict[str, Any]]


def referee() -> Referee | None:
    path = DATA.parent / "bench" / "ordering_check.py"
    spec = importlib.util.spec_from_file_location("ordering_check", path) if path.exists() else None
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.check


def plan(instance: Path, target: Path) -> tuple[dict[str, Any], float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, str(ROOT / "benchmarks" / "ordering_plan.py"), str(instance), str(target)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return json.loads(done.stdout), cpu_s


def measure(instance: Path, check: Referee | None, folder: Path) -> dict[str, Any]:
    document = json.loads(instance.read_text())
    target = folder / instance.name
    summary, cpu_s = plan(instance, target)
    judged = check(document, json.loads(target.read_text())) if check else summary
    goal, known_par = TARGETS.get(instance.stem.split("_")[0], (None, None))
    par = min(summary["par"], known_par or summary["par"])
    products = len(document["items"])
    limit_s = CPU_LIMIT_S[200] if products <= 200 else CPU_LIMIT_S[500]
    under_par = 1 - judged["cost"] / par
    cheap = goal is None or judged["cost"] <= goal * 1.001
    return {
        "instance": instance.stem,
        "products": products,
        "cost": judged["cost"],
        "goal": goal,
        "bound": summary["bound"],
        "gap": round(1 - summary["bound"] / judged["cost"], 5),
        "par": par,
        "under_par": round(under_par, 4),
        "cpu_s": round(cpu_s, 2),
        "broken": len(judged["broken"]),
        "ok": not judged["broken"] and cheap and under_par >= 0.05 and cpu_s <= limit_s,
    }


def show_answers(title: str, answers: list[dict[str, Any]]) -> None:
    print(f"\nwhat if ({title}; limit {LIMIT_S:.0f} s)")
    for answer in answers:
        print(f"{answer['question']:<26}{answer['cpu_s']:>6.2f} CPU s   {answer['lines']} lines differ")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the first instance only")
    parser.add_argument(
        "instances", nargs="*", type=Path, help="instances; without any, those of BARBACK_DATA/ordering"
    )
    arguments = parser.parse_args()
    instances = arguments.instances or sorted((DATA / "ordering").glob("*.json"))
    if not instances:
        print(f"no instances under {DATA / 'ordering'}; set BARBACK_DATA to the folder that holds ordering/")
        return 2
    check = referee()
    print("judged by " + ("the referee" if check else "our own costing (no referee beside BARBACK_DATA)"))
    print(
        f"{'instance':<20}{'cost':>10}{'goal':>9}{'bound':>10}{'gap':>8}{'par':>10}"
        f"{'under par':>11}{'CPU s':>7}  ok"
    )
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for instance in instances[:1] if arguments.quick else instances:
            row = measure(instance, check, Path(folder))
            rows.append(row)
            print(
                f"{row['instance']:<20}{row['cost']:>10,.1f}{row['goal'] or '-':>9}{row['bound']:>10,.1f}"
                f"{row['gap']:>8.3%}{row['par']:>10,.1f}{row['under_par']:>11.1%}{row['cpu_s']:>7.2f}"
                f"  {'yes' if row['ok'] else 'NO'}",
                flush=True,
            )
    asked = {instances[0].stem: asked_of_problem(read_problem(json.loads(instances[0].read_text())))}
    asked[f"a site of {PRODUCTS} products under uncertainty, {DAYS} days"] = asked_of_site(site())
    for title, answers in asked.items():
        show_answers(title, answers)
    quick = all(answer["cpu_s"] <= LIMIT_S for answers in asked.values() for answer in answers)
    ok = quick and all(row["ok"] for row in rows)
    print(json.dumps({"benchmark": "ordering", "ok": ok, "rows": rows, "what_if": asked}))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
