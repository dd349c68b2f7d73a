"""Plan one instance: python benchmarks/ordering_plan.py INSTANCE.json PLAN.json."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from cloud.ordering.instances import read_problem, write_lines
from cloud.ordering.plan import make_plan


def main(words: list[str]) -> int:
    if len(words) != 2:
        print("python benchmarks/ordering_plan.py INSTANCE.json PLAN.json", file=sys.stderr)
        return 2
    source, target = map(Path, words)
    problem = read_problem(json.loads(source.read_text()))
    plan = make_plan(problem)
    target.write_text(json.dumps(write_lines(problem, plan.lines)))
    summary = {
        "cost": round(plan.costing.total, 1),
        "bound": None if plan.bound is None else round(plan.bound, 1),
        "par": round(plan.par_cost, 1),
        "method": plan.method,
        "broken": plan.costing.broken,
        "notes": plan.notes,
    }
    print(json.dumps(summary))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
