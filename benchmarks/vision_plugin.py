"""The shipped models as the referees call them: `detect(bgr)` and `estimate(crop_bgr, image_bgr, box)`.

BARBACK_VISION_FILE picks another file of each model's folder (model.int8.onnx).
"""

import csv
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.runtime import Detector, LevelReader

MODELS = Path(__file__).resolve().parents[1] / "models"
Bytes = npt.NDArray[np.uint8]


@lru_cache(maxsize=1)
def _detector() -> Detector:
    cv2.setNumThreads(1)
    return Detector.load(MODELS / "bottle_detector", os.environ.get("BARBACK_VISION_FILE", "model.onnx"))


@lru_cache(maxsize=1)
def _reader() -> LevelReader:
    cv2.setNumThreads(1)
    return LevelReader.load(MODELS / "fill_level", os.environ.get("BARBACK_VISION_FILE", "model.onnx"))


def detect(bgr: Bytes) -> npt.NDArray[np.float32]:
    """(n, 5): x1, y1, x2, y2 in pixels of the picture, score."""
    return _detector().detect(bgr)


def estimate(crop_bgr: Bytes, image_bgr: Bytes, box: tuple[int, int, int, int]) -> tuple[float, float] | None:  # noqa: ARG001
    """(level, sigma), or None; the crop alone is looked at."""
    return _reader().read(crop_bgr)


def fill_crops(folder: Path) -> Iterator[Bytes]:
    """The bottles of a fill folder (fill.csv, images/), cut out."""
    with (folder / "fill.csv").open() as file:
        for row in csv.DictReader(file):
            image = cv2.imread(str(folder / "images" / row["file"]))
            left, top, right, bottom = (round(float(row[key])) for key in ("x1", "y_top", "x2", "y_bottom"))
            yield np.ascontiguousarray(image[max(0, top) : bottom, max(0, left) : right], dtype=np.uint8)
