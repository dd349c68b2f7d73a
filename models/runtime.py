"""Runs the shipped files: numpy, OpenCV and onnxruntime, no PyTorch. What evaluation and benchmarks measure.

One thread per session, and no spinning: other work shares the machine.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime as ort  # type: ignore[import-untyped]

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
GREY = 114


def open_session(path: Path, threads: int = 1) -> ort.InferenceSession:
    """An onnxruntime session that keeps to its threads."""
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def letterboxed(image: Bytes, columns: int, rows: int) -> tuple[Bytes, float]:
    """The picture scaled to fit the upper left of a grey (rows, columns, 3) field, and the scale."""
    height, width = image.shape[:2]
    scale = min(columns / width, rows / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    field = np.full((rows, columns, 3), GREY, np.uint8)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    field[: size[1], : size[0]] = cv2.resize(image, size, interpolation=how)
    return field, scale


def suppressed(boxes: Floats, scores: Floats, iou: float, most: int) -> npt.NDArray[np.intp]:
    """Indices of the boxes that no better box covers by more than `iou`, best first, at most `most`."""
    if not len(boxes):
        return np.zeros(0, np.intp)
    corners_and_sides = np.concatenate([boxes[:, :2], boxes[:, 2:4] - boxes[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxes(corners_and_sides, scores, 0.0, iou)  # type: ignore[arg-type]
    return np.asarray(kept, np.intp).reshape(-1)[:most]


@dataclass(frozen=True)
class Detector:
    """Finds bottles; see `detect`."""

    session: ort.InferenceSession
    size: int
    floor: float
    iou: float
    most: int = 200

    @classmethod
    def load(cls, folder: Path, file: str = "model.onnx") -> "Detector":
        """The detector of a folder with manifest.json."""
        manifest = json.loads((folder / "manifest.json").read_text())
        thresholds = manifest["thresholds"]
        return cls(
            open_session(folder / file),
            manifest["input"]["width"],
            thresholds["score_floor"],
            thresholds["nms_iou"],
        )

    def detect(self, image: Bytes) -> Floats:
        """(n, 5): x1, y1, x2, y2 in pixels of the image and score 0..1, best first; any BGR uint8 picture."""
        height, width = image.shape[:2]
        scale = self.size / max(height, width)
        small = cv2.resize(
            image, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA
        )
        square = np.full((self.size, self.size, 3), GREY, np.uint8)
        square[: small.shape[0], : small.shape[1]] = small
        rows: Floats = self.session.run(None, {"image": square.transpose(2, 0, 1)[None].astype(np.float32)})[
            0
        ][0]
        rows = rows[rows[:, 4] > self.floor]
        rows = rows[suppressed(rows[:, :4], rows[:, 4], self.iou, self.most)]
        rows[:, :4] = np.clip(rows[:, :4] / scale, 0, [width, height, width, height])
        return rows


@dataclass(frozen=True)
class LevelReader:
    """Reads a bottle's level off its crop; see `read`."""

    session: ort.InferenceSession
    columns: int
    rows: int
    least_readable: float
    sigma_factor: float
    sigma_floor: float
    most_sigma: float

    @classmethod
    def load(cls, folder: Path, file: str = "model.onnx") -> "LevelReader":
        """The reader of a folder with manifest.json."""
        manifest = json.loads((folder / "manifest.json").read_text())
        limits = manifest["thresholds"]
        return cls(
            open_session(folder / file),
            manifest["input"]["width"],
            manifest["input"]["height"],
            limits["least_readable"],
            limits["sigma_factor"],
            limits["sigma_floor"],
            limits["most_sigma"],
        )

    def distribution(self, crop: Bytes) -> tuple[Floats, float]:
        """Probability of each level, bottom first, and the probability that it can be read."""
        shrink = crop.shape[0] > self.rows or crop.shape[1] > self.columns
        fitted = cv2.resize(
            crop, (self.columns, self.rows), interpolation=cv2.INTER_AREA if shrink else cv2.INTER_LINEAR
        )
        out: Floats = self.session.run(None, {"crop": fitted.transpose(2, 0, 1)[None].astype(np.float32)})[0][
            0
        ]
        return out[:-1], float(out[-1])

    def read(self, crop: Bytes) -> tuple[float, float] | None:
        """Level 0..1 and its sigma, or None where it cannot be told."""
        levels, readable = self.distribution(crop)
        level, spread = summarise(levels)
        sigma = float(np.hypot(self.sigma_factor * spread, self.sigma_floor))
        if readable < self.least_readable or sigma > self.most_sigma:
            return None
        return level, sigma


def summarise(levels: Floats) -> tuple[float, float]:
    """The level with the most probability near it, and a robust spread around it.

    The mean of two far hypotheses is neither of them, so the level is the mean within a window around the
    heaviest one; the spread counts the probability outside as well.
    """
    middles = (np.arange(len(levels)) + 0.5) / len(levels)
    window = 4
    mass = np.convolve(levels, np.ones(2 * window + 1), "same")
    best = int(mass.argmax())
    near = slice(max(0, best - window), best + window + 1)
    level = float((levels[near] * middles[near]).sum() / max(float(levels[near].sum()), 1e-6))
    spread = float((levels * np.abs(middles - level)).sum())
    return level, spread


@dataclass(frozen=True)
class IdentityEyes:
    """Turns a bottle's crop into the direction that stands for its product; gallery.py names it."""

    session: ort.InferenceSession
    columns: int
    rows: int

    @classmethod
    def load(cls, folder: Path, file: str = "model.onnx") -> "IdentityEyes":
        """The model of a folder with manifest.json."""
        manifest = json.loads((folder / "manifest.json").read_text())
        return cls(open_session(folder / file), manifest["input"]["width"], manifest["input"]["height"])

    def embed(self, crop: Bytes) -> Floats:
        """(d,) of length 1; any BGR uint8 crop."""
        field, _ = letterboxed(crop, self.columns, self.rows)
        out: Floats = self.session.run(None, {"crop": field.transpose(2, 0, 1)[None].astype(np.float32)})[0]
        return out[0]
