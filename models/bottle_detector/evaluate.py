"""`python -m models.bottle_detector.evaluate`: FP32 and INT8 on rendered pictures kept from training."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from firmware_sim.render.scene import render_scene
from models.bottle_detector.scores import Boxes, Score, score
from models.runtime import Detector

HERE = Path(__file__).parent
SEEDS_FROM = 1_000  # training begins at 10,000,000


def evaluate(detectors: Sequence[Detector], pictures: int) -> list[Score]:
    """Each detector's score on the first `pictures` rendered pictures kept for measuring."""
    truths: list[Boxes] = []
    founds: list[list[Boxes]] = [[] for _ in detectors]
    for seed in range(SEEDS_FROM, SEEDS_FROM + pictures):
        picture = render_scene(seed)
        truths.append(np.array([bottle.box for bottle in picture.bottles], float).reshape(-1, 4))
        for found, detector in zip(founds, detectors, strict=True):
            found.append(detector.detect(picture.image).astype(float))
    return [score(truths, found) for found in founds]


def main(arguments: list[str] | None = None) -> int:
    """Prints one line per file."""
    parser = argparse.ArgumentParser(prog="python -m models.bottle_detector.evaluate", description=__doc__)
    parser.add_argument("--folder", type=Path, default=HERE)
    parser.add_argument("--pictures", type=int, default=400)
    given = parser.parse_args(arguments)
    files = ("model.onnx", "model.int8.onnx")
    scores = evaluate([Detector.load(given.folder, file) for file in files], given.pictures)
    for file, found in zip(files, scores, strict=True):
        print(  # noqa: T201 (the command's result)
            f"{file}: AP50 {found.ap50:.4f}, recall {found.recall_at_1_fppi:.4f} at 1 false positive each, "
            f"{found.bottles} bottles in {found.pictures} rendered pictures"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
