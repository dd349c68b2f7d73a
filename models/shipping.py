"""From a checkpoint to what ships: model.onnx, its INT8 twin, manifest.json."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from onnxruntime.quantization import (  # type: ignore[import-untyped]
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process  # type: ignore[import-untyped]
from torch import nn

OPSET = 17


def write_onnx(model: nn.Module, example: torch.Tensor, name: str, path: Path) -> None:
    """The model as ONNX; fixed shapes, norms folded into convolutions."""
    torch.onnx.export(
        model.eval(),
        (example,),
        str(path),
        input_names=[name],
        output_names=["out"],
        opset_version=OPSET,
        dynamo=False,
    )


class Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Feeds sample inputs to the quantiser, one at a time."""

    def __init__(self, name: str, inputs: Iterator[npt.NDArray[np.float32]]) -> None:
        self._name, self._inputs = name, inputs

    def get_next(self) -> dict[str, npt.NDArray[np.float32]] | None:
        """The next input, None at the end."""
        sample = next(self._inputs, None)
        return None if sample is None else {self._name: sample}


def write_int8(
    source: Path,
    target: Path,
    name: str,
    inputs: Iterator[npt.NDArray[np.float32]],
    keep: list[str],
    kinds: tuple[str, ...] = ("Conv",),
) -> None:
    """The INT8 twin: nodes of these kinds only, per channel; nodes named in `keep` stay as they are."""
    prepared = target.with_suffix(".prepared.onnx")
    quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    quantize_static(
        str(prepared),
        str(target),
        Calibration(name, inputs),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=list(kinds),
        nodes_to_exclude=keep,
    )
    prepared.unlink()


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """manifest.json with the files' sums and sizes added; the signature is the site's to add."""
    files = [
        {"file": name, "sha256": sha256_of(folder / name), "bytes": (folder / name).stat().st_size}
        for name in ("model.onnx", "model.int8.onnx")
        if (folder / name).exists()
    ]
    whole = {**manifest, "opset": OPSET, "files": files, "signature": None}
    (folder / "manifest.json").write_text(json.dumps(whole, indent=2) + "\n")
