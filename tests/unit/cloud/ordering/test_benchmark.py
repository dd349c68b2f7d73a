import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cloud.ordering.costing import cost_of
from cloud.ordering.instances import read_problem
from cloud.ordering.model import Line

ROOT = Path(__file__).parents[4]
DATA = Path(os.environ.get("BARBACK_DATA", ROOT.parent / "shared" / "data"))
INSTANCE = DATA / "ordering" / "seed1_items200.json"
REFEREE = DATA.parent / "bench" / "ordering_check.py"


@pytest.mark.skipif(
    not (INSTANCE.exists() and REFEREE.exists()), reason="needs the instances of BARBACK_DATA"
)
def test_the_referee_finds_the_plan_sound_as_cheap_as_we_say_and_cheap_enough(tmp_path):
    target = tmp_path / "plan.json"
    command = [sys.executable, ROOT / "benchmarks" / "ordering_plan.py", INSTANCE, target]
    summary = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    judged = subprocess.run(
        [sys.executable, REFEREE, INSTANCE, target], capture_output=True, text=True, check=True
    )
    verdict = json.loads(judged.stdout)
    assert verdict["broken"] == []
    assert verdict["cost"] == summary["cost"]
    assert verdict["cost"] <= 21_230
    assert verdict["cost"] <= summary["bound"] * 1.01
    assert verdict["cost"] == pytest.approx(_our_costing(target), abs=0.1)


def _our_costing(target):
    asked = read_problem(json.loads(INSTANCE.read_text()))
    number = {(d.supplier, d.order_day): n for n, d in enumerate(asked.deliveries)}
    lines = [
        Line(number[line["supplier"], line["day"]], line["item"], line["cases"])
        for line in json.loads(target.read_text())
    ]
    return cost_of(asked, lines).total
