"""`python -m models.fill_level.export --run RUN`: writes model.onnx, its INT8 twin and manifest.json."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from models.fill_level.crops import render_row
from models.fill_level.network import COLUMNS, ROWS, FillLevel
from models.shipping import write_int8, write_manifest, write_onnx
from models.training import averaged_weights

HERE = Path(__file__).parent
CALIBRATION_SEEDS = range(5_000, 5_128)
THRESHOLDS = {"least_readable": 0.5, "sigma_factor": 1.0, "sigma_floor": 0.006, "most_sigma": 0.3}


def main(arguments: list[str] | None = None) -> int:
    """Exports a run's averaged weights."""
    parser = argparse.ArgumentParser(prog="python -m models.fill_level.export", description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder with checkpoint.pt")
    parser.add_argument("--to", type=Path, default=HERE)
    given = parser.parse_args(arguments)
    model = FillLevel()
    model.load_state_dict(averaged_weights(given.run))
    path = given.to / "model.onnx"
    write_onnx(model, torch.zeros(1, 3, ROWS, COLUMNS), "crop", path)
    write_int8(path, given.to / "model.int8.onnx", "crop", _samples(), [])
    write_manifest(
        given.to,
        {
            "model": "fill_level",
            "version": "1",
            "licence": "Apache-2.0",
            "input": {
                "name": "crop",
                "width": COLUMNS,
                "height": ROWS,
                "channels": "BGR",
                "range": [0, 255],
                "fit": "stretch",
            },
            "output": {
                "name": "out",
                "columns": ["probability of each level, bottom first", "probability of being readable"],
            },
            "thresholds": THRESHOLDS,
        },
    )
    return 0


def _samples() -> Iterator[npt.NDArray[np.float32]]:
    for seed in CALIBRATION_SEEDS:
        yield render_row(seed)[0].transpose(2, 0, 1)[None].astype(np.float32)


if __name__ == "__main__":
    raise SystemExit(main())
