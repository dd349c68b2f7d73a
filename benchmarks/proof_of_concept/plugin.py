"""The proof of concept as a referee calls it: `detect(bgr)`."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from models.runtime import letterboxed, open_session, suppressed

SIZE, STRIDE, FLOOR = 320, 8, 0.01
HERE = Path(__file__).parent


@lru_cache(maxsize=1)
def _session() -> ort.InferenceSession:
    cv2.setNumThreads(1)
    return open_session(HERE / "model.onnx")


def detect(bgr: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(n, 5): x1, y1, x2, y2 in pixels of the picture, score: the peaks of the map of middles."""
    square, scale = letterboxed(bgr, SIZE, SIZE)
    out = _session().run(None, {"image": square.transpose(2, 0, 1)[None].astype(np.float32)})[0][0]
    score = 1.0 / (1.0 + np.exp(-out[0]))
    peak = (score >= cv2.dilate(score, np.ones((3, 3), np.uint8))) & (score > FLOOR)
    rows, columns = np.nonzero(peak)
    sides = np.exp(np.clip(out[1:, rows, columns], -4, 5)) * STRIDE
    x, y = (columns + 0.5) * STRIDE, (rows + 0.5) * STRIDE
    boxes = np.stack([x - sides[0], y - sides[1], x + sides[2], y + sides[3], score[rows, columns]], 1)
    boxes = boxes.astype(np.float32)
    boxes = boxes[suppressed(boxes[:, :4], boxes[:, 4], 0.5, 200)]
    boxes[:, :4] = np.clip(boxes[:, :4] / scale, 0, [bgr.shape[1], bgr.shape[0]] * 2)
    return boxes
