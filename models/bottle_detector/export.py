"""`python -m models.bottle_detector.export --run RUN`: writes model.onnx, its INT8 twin and manifest.json."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch

from firmware_sim.render.scene import render_scene
from models.bottle_detector.network import Detector
from models.bottle_detector.pictures import SIZE
from models.shipping import write_int8, write_manifest, write_onnx
from models.training import averaged_weights

HERE = Path(__file__).parent
CALIBRATION_SEEDS = range(5_000, 5_128)
THRESHOLDS = {"score_floor": 0.025, "nms_iou": 0.5, "score_shown": 0.35}


def main(arguments: list[str] | None = None) -> int:
    """Exports a run's averaged weights."""
    parser = argparse.ArgumentParser(prog="python -m models.bottle_detector.export", description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder with checkpoint.pt")
    parser.add_argument("--to", type=Path, default=HERE)
    given = parser.parse_args(arguments)
    model = Detector()
    model.load_state_dict(averaged_weights(given.run))
    path = given.to / "model.onnx"
    write_onnx(model, torch.zeros(1, 3, SIZE, SIZE), "image", path)
    write_int8(path, given.to / "model.int8.onnx", "image", _samples(), last_nodes(path))
    write_manifest(
        given.to,
        {
            "model": "bottle_detector",
            "version": "1",
            "licence": "Apache-2.0",
            "preset": "boxes",
            "classes": ["bottle"],
            "input": {
                "name": "image",
                "width": SIZE,
                "height": SIZE,
                "channels": "BGR",
                "range": [0, 255],
                "fit": "letterbox, picture upper left, grey 114",
            },
            "output": {"name": "out", "columns": ["x1", "y1", "x2", "y2", "score"], "suppressed": False},
            "thresholds": THRESHOLDS,
        },
    )
    return 0


def _samples() -> Iterator[npt.NDArray[np.float32]]:
    for seed in CALIBRATION_SEEDS:
        yield render_scene(seed, SIZE).image.transpose(2, 0, 1)[None].astype(np.float32)


def last_nodes(path: Path) -> list[str]:
    """The convolutions that give scores and boxes (one and four channels): too coarse in eight bits."""
    graph = onnx.load(str(path)).graph
    few = {
        weights.name for weights in graph.initializer if len(weights.dims) == 4 and weights.dims[0] in (1, 4)
    }
    return [node.name for node in graph.node if node.op_type == "Conv" and node.input[1] in few]


if __name__ == "__main__":
    raise SystemExit(main())
