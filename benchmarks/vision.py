"""`python -m benchmarks.vision`: the shipped vision models against their limits.

The referees and photographs stay outside the project: BARBACK_BENCH (default ../shared/bench) and
BARBACK_DATA (default ../shared/data); without them only the rendered sets are measured.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.vision_plugin import MODELS, detect
from firmware_sim.render.scene import render_scene
from models.bottle_detector import evaluate as detector_scores
from models.fill_level import evaluate as level_scores
from models.runtime import Detector, LevelReader

ROOT = Path(__file__).resolve().parents[1]
FILES = ("model.onnx", "model.int8.onnx")


def folder(variable: str, default: str) -> Path:
    return Path(os.environ.get(variable, ROOT / default))


def line(what: str, measured: float, limit: float, *, more: bool) -> None:
    good = measured >= limit if more else measured <= limit
    relation = "at least" if more else "at most"
    verdict = "ok  " if good else "MISS"
    print(f"{verdict} {what}: {measured:.4g} ({relation} {limit:.4g}; ratio {measured / limit:.2f})")


def referee(script: str, *arguments: str) -> dict[str, Any] | None:
    """What a referee says, or None where it or its data are missing."""
    path = folder("BARBACK_BENCH", "../shared/bench") / script
    data = folder("BARBACK_DATA", "../shared/data") / "bottles"
    if not path.exists() or not data.exists():
        print(f"skipped: {script} needs BARBACK_BENCH and BARBACK_DATA (looked at {path} and {data})")
        return None
    with tempfile.TemporaryDirectory() as work:
        out = Path(work) / "out.json"
        kind = "detection" if "detector" in script else "fill"
        command = [sys.executable, str(path), "--data", str(data / kind), "--json", str(out), *arguments]
        subprocess.run(
            command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True
        )
        found: dict[str, Any] = json.loads(out.read_text())
        return found


def photographs() -> None:
    for name, arguments in (
        ("a_tr*", ["--source", "a_tr"]),
        ("b* kept for measuring", ["--source", "b", "--odd"]),
    ):
        found = referee(
            "bottle_detector_eval.py", "--callable", "benchmarks.vision_plugin:detect", *arguments
        )
        if found is not None:
            line(f"AP50 on photographs {name}", found["AP50"], 0.20, more=True)
            print(f"     recall {found['recall@1fppi']} at 1 false positive each, {found['images']} pictures")
    level = referee("fill_level_eval.py", "--callable", "benchmarks.vision_plugin:estimate")
    if level is not None:
        found = next(iter(level.values()))
        line("fill level's mean error on photographs", found["MAE"], 0.08, more=False)
        line("share answered", found["answered"] / found["n"], 0.80, more=True)
        line("within one sigma", found["cover_1sigma"], 0.50, more=True)
        line("within one sigma", found["cover_1sigma"], 0.85, more=False)


def rendered(pictures: int, crops: int) -> None:
    scores = [
        detector_scores.evaluate(Detector.load(MODELS / "bottle_detector", file), pictures).ap50
        for file in FILES
    ]
    print(f"     AP50 on {pictures} rendered pictures: FP32 {scores[0]:.4f}, INT8 {scores[1]:.4f}")
    line("AP50 lost by INT8", max(scores[0] - scores[1], 0.0), 0.01, more=False)
    found = level_scores.evaluate(LevelReader.load(MODELS / "fill_level"), crops)
    line(f"fill level's mean error on {crops} rendered crops", found.mean_error, 0.155, more=False)
    line("within one sigma, rendered", found.covered, 0.60, more=True)
    line("within one sigma, rendered", found.covered, 0.76, more=False)


def sizes_and_speed() -> None:
    for model in ("bottle_detector", "fill_level"):
        for file, limit in zip(FILES, (4_000_000, 1_200_000), strict=True):
            line(f"{model}/{file}, bytes", (MODELS / model / file).stat().st_size, limit, more=False)
    picture = np.repeat(np.repeat(render_scene(7).image, 2, axis=0), 2, axis=1)
    spent = []
    for _ in range(200):
        started = time.process_time()
        detect(picture)
        spent.append(1000 * (time.process_time() - started))
    line(
        "detect() of a 640 x 640 picture, ms of one thread's CPU time, median",
        float(np.median(spent)),
        8.0,
        more=False,
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vision", description=__doc__)
    parser.add_argument("--pictures", type=int, default=400, help="rendered pictures for the detector")
    parser.add_argument("--crops", type=int, default=1_500, help="rendered crops for the level")
    given = parser.parse_args(arguments)
    sizes_and_speed()
    photographs()
    rendered(given.pictures, given.crops)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
