"""Small ONNX files that speak the layouts of real models: a constant behind an input of the right shape."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def constant_model(
    outputs: list[np.ndarray],
    shape: tuple[int, ...],
    *,
    opset: int = 17,
    extra: dict[str, tuple] | None = None,
) -> bytes:
    """A model that answers any picture with the same arrays; it reads its inputs, or ONNX would drop them."""
    inputs = {"images": shape, **(extra or {})}
    nodes, initializers, results = [], [], []
    for name in inputs:
        nodes.append(helper.make_node("ReduceSum", [name], [f"{name}_sum"], keepdims=0))
        nodes.append(helper.make_node("Mul", [f"{name}_sum", "zero"], [f"{name}_none"]))
    initializers.append(numpy_helper.from_array(np.float32(0), "zero"))
    for number, values in enumerate(outputs):
        initializers.append(numpy_helper.from_array(values.astype(np.float32), f"value_{number}"))
        nodes.append(helper.make_node("Add", [f"value_{number}", "images_none"], [f"out_{number}"]))
        results.append(helper.make_tensor_value_info(f"out_{number}", TensorProto.FLOAT, values.shape))
    told = [helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in inputs.items()]
    graph = helper.make_graph(nodes, "constant", told, results, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 9
    return model.SerializeToString()


def mean_colour_model(side: int = 32) -> bytes:
    """An identity of a kind: the picture's three mean colours."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["images"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["out"]),
    ]
    told = [helper.make_tensor_value_info("images", TensorProto.FLOAT, (1, 3, side, side))]
    results = [helper.make_tensor_value_info("out", TensorProto.FLOAT, (1, 3))]
    model = helper.make_model(
        helper.make_graph(nodes, "mean", told, results), opset_imports=[helper.make_opsetid("", 17)]
    )
    model.ir_version = 9
    return model.SerializeToString()


def write_model(folder: Path, data: bytes, kind: str = "bottle_detector", **changes) -> Path:
    """A model's folder with a manifest that fits; changes go over it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(data)
    shape = onnx.load_from_string(data).graph.input[0].type.tensor_type.shape.dim if data else []
    height, width = (shape[2].dim_value, shape[3].dim_value) if data else (32, 32)
    manifest = {
        "model": kind,
        "version": "1",
        "preset": "boxes",
        "input": {"name": "images", "width": width, "height": height, "fit": "letterbox"},
        "thresholds": {"score_floor": 0.05, "nms_iou": 0.5, "score_shown": 0.3},
        "opset": 17,
        "files": [{"file": "model.onnx", "sha256": sha256(data).hexdigest(), "bytes": len(data)}],
        "signature": None,
    }
    (folder / "manifest.json").write_text(json.dumps({**manifest, **changes}))
    return folder
