"""`python -m models.bottle_identity.export --run RUN`: writes model.onnx, its INT8 twin and manifest.json.

Threshold and temperature come from rendered bars whose products no training command draws and no figure uses.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from models.bottle_identity.bars import CALIBRATING, embedded, open_bar
from models.bottle_identity.crops import render_row
from models.bottle_identity.gallery import BEST, MOST_CROPS, MOST_PRODUCTS, Gallery, calibrated
from models.bottle_identity.network import COLUMNS, EMBEDDING, ROWS, BottleIdentity
from models.runtime import IdentityEyes
from models.shipping import write_int8, write_manifest, write_onnx
from models.training import averaged_weights

HERE = Path(__file__).parent
CALIBRATION_SEEDS = range(900_000_000, 900_000_024)
BARS = range(900, 908)
STRANGERS_FLAGGED = 0.94  # of the calibrating bars' strangers; 0.90 is asked for on any other bar


def main(arguments: list[str] | None = None) -> int:
    """Exports a run's averaged weights."""
    parser = argparse.ArgumentParser(prog="python -m models.bottle_identity.export", description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder with checkpoint.pt")
    parser.add_argument("--to", type=Path, default=HERE)
    given = parser.parse_args(arguments)
    given.to.mkdir(parents=True, exist_ok=True)
    model = BottleIdentity()
    model.load_state_dict(averaged_weights(given.run))
    path = given.to / "model.onnx"
    write_onnx(model, torch.zeros(1, 3, ROWS, COLUMNS), "crop", path)
    write_int8(path, given.to / "model.int8.onnx", "crop", _samples(), [], ("Conv", "Gemm", "MatMul"))
    write_manifest(given.to, _manifest({}))
    write_manifest(given.to, _manifest(_thresholds(IdentityEyes.load(given.to))))
    return 0


def _manifest(thresholds: dict[str, float]) -> dict[str, Any]:
    return {
        "model": "bottle_identity",
        "version": "1",
        "licence": "Apache-2.0",
        "input": {
            "name": "crop",
            "width": COLUMNS,
            "height": ROWS,
            "channels": "BGR",
            "range": [0, 255],
            "fit": "letterbox, picture upper left, grey 114",
        },
        "output": {"name": "out", "embedding": EMBEDDING, "length": 1},
        "gallery": {"best": BEST, "most_crops": MOST_CROPS, "most_products": MOST_PRODUCTS},
        "thresholds": thresholds,
    }


def _thresholds(eyes: IdentityEyes) -> dict[str, float]:
    rows: list[tuple[npt.NDArray[np.floating], int | None]] = []
    for seed in BARS:
        seen = embedded(open_bar(seed, CALIBRATING), eyes)
        gallery = Gallery(0.0, 1.0, tuple(str(number) for number in seen.bar.numbers), seen.shown)
        rights = [right for _, right in seen.bar.later]
        rows += list(zip(gallery.similarities(seen.later), rights, strict=True))
    found = calibrated(rows, STRANGERS_FLAGGED)
    return {
        "unknown_below": round(found.threshold, 4),
        "even_below": round(found.even, 4),
        "temperature": round(found.temperature, 4),
    }


def _samples() -> Iterator[npt.NDArray[np.float32]]:
    for seed in CALIBRATION_SEEDS:
        for crop in render_row(seed)[0]:
            yield crop.transpose(2, 0, 1)[None].astype(np.float32)


if __name__ == "__main__":
    raise SystemExit(main())
