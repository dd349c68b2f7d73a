"""Brings a model onto this gateway: its manifest is written, it is tried on a picture, timed and signed."""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.vision.detector import Detector
from edge.vision.manifest import NAME, ModelRefusedError, check_opset, read_manifest, signed
from edge.vision.model_book import ModelBook
from edge.vision.model_folder import FIRST, OpenModel, open_model
from edge.vision.pictures import Bgr
from edge.vision.presets import Floats
from edge.vision.sessions import open_session

FED: dict[str, dict[str, Any]] = {
    "boxes": {"channels": "BGR", "fit": "letterbox"},
    "yolox": {"channels": "BGR", "fit": "letterbox"},
    "nanodet-plus": {
        "channels": "BGR",
        "fit": "stretch",
        "mean": [103.53, 116.28, 123.675],
        "scale": [0.017429, 0.017507, 0.017125],
    },
    "picodet": {
        "channels": "RGB",
        "fit": "stretch",
        "mean": [123.675, 116.28, 103.53],
        "scale": [1 / 58.395, 1 / 57.12, 1 / 57.375],
    },
}
"""How each project's own code feeds its models."""
THRESHOLDS = {"score_floor": 0.01, "nms_iou": 0.45, "score_shown": 0.3}
RUNS = 20


@dataclass(frozen=True, slots=True)
class Wish:
    """What the technician said of a detector."""

    file: Path
    preset: str
    wanted_class: int
    size: int | None = None
    channels: str | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying a model: its rows (n, 5) on the picture, and processor ms for a picture."""

    model: OpenModel
    rows: Floats
    ms: float
    shown: float


def manifest_of(wish: Wish) -> dict[str, Any]:
    """Write the manifest of a detector's file, unsigned. Raises ModelRefusedError or OSError."""
    data = wish.file.read_bytes()
    opset = check_opset(data, wish.file)
    session = open_session(data, wish.file)
    name, height, width = _picture_input(session, wish)
    fed = {**FED[wish.preset], **({"channels": wish.channels} if wish.channels else {})}
    thresholds = {**THRESHOLDS, **({"score_shown": wish.score} if wish.score is not None else {})}
    raw = {
        "model": "bottle_detector",
        "preset": wish.preset,
        "wanted_class": wish.wanted_class,
        "input": {"name": name, "width": width, "height": height, **fed},
        "thresholds": thresholds,
        "opset": opset,
        "files": [{"file": FIRST, "sha256": sha256(data).hexdigest(), "bytes": len(data)}],
        "signature": None,
    }
    return {**raw, "version": sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()[:12]}


def _picture_input(session: Any, wish: Wish) -> tuple[str, int, int]:  # noqa: ANN401 (onnxruntime has no types)
    """Return the input that takes a picture: its name, height and width."""
    for one in session.get_inputs():
        shape = one.shape
        if len(shape) == 4 and (not isinstance(shape[1], int) or shape[1] == 3):
            height, width = (side if isinstance(side, int) else wish.size for side in shape[2:])
            if height is None or width is None:
                raise ModelRefusedError(
                    f"{wish.file} takes pictures of any size: say which with --size, such as 416"
                )
            return one.name, height, width
    raise ModelRefusedError(f"{wish.file} has no input of 1 x 3 x height x width: it is no detector")


def bring(
    book: ModelBook, raw: dict[str, Any], files: dict[str, Path], key: Ed25519PrivateKey, by: str
) -> Path:
    """Copy a model's files beside its signed manifest; return the folder. Raises OSError."""
    folder = book.new_folder(raw["model"], raw["version"])
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in files.items():
        shutil.copyfile(path, folder / name)
    (folder / NAME).write_text(json.dumps(signed(raw, key, by), indent=2) + "\n")
    return folder


def adopt(folder: Path) -> tuple[dict[str, Any], dict[str, Path]]:
    """Return manifest and files of a folder that was made elsewhere. Raises ModelRefusedError."""
    manifest, raw = read_manifest(folder)
    return {**raw, "signature": None}, {one.file: folder / one.file for one in manifest.files}


def discard(book: ModelBook, raw: dict[str, Any], folder: Path) -> None:
    """Take a folder away that did not pass its trial, unless it is in use."""
    use = book.use(raw["model"])
    if raw["version"] not in (use.active, use.before):
        shutil.rmtree(folder, ignore_errors=True)


def tried(folder: Path, key: Ed25519PrivateKey, picture: Bgr) -> Trial:
    """Open a signed detector as the gateway will, and let it read a picture. Raises ModelRefusedError."""
    public = key.public_key().public_bytes_raw()
    model = open_model(folder, "bottle_detector", keys=(public,), is_shipped=False)
    detector = Detector(model)
    rows = detector.detect(picture)
    if not np.isfinite(rows).all():
        raise ModelRefusedError(f"{folder} gives numbers that are none: export it again")
    return Trial(model, rows, timed(lambda: detector.detect(picture)), detector.shown)


def timed(work: Callable[[], object], runs: int = RUNS) -> float:
    """Return the median processor time of this thread for one run, ms."""
    spent = []
    for _ in range(runs):
        started_s = time.thread_time()
        work()
        spent.append(1000 * (time.thread_time() - started_s))
    return float(median(spent))
