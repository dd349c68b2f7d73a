"""onnxruntime, kept to one thread. Owns its options and turns its refusals into sentences."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from edge.vision.manifest import Input, ModelRefusedError

Floats = NDArray[np.float32]


def open_session(data: bytes, path: Path) -> Any:  # noqa: ANN401 (onnxruntime has no types)
    """Load a model's bytes. Raises ModelRefusedError.

    One thread and no spinning, since other work shares the machine.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    try:
        return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 (onnxruntime raises a dozen types without a common base)
        first = str(error).splitlines()[0][:160]
        raise ModelRefusedError(
            f"{path} cannot be loaded by onnxruntime {ort.__version__}: {first}"
        ) from None


def check_input(session: Any, wanted: Input, path: Path) -> None:  # noqa: ANN401
    """Compare what a model takes with what its manifest says. Raises ModelRefusedError."""
    inputs = {one.name: one for one in session.get_inputs()}
    taken = inputs.get(wanted.name)
    if taken is None:
        raise ModelRefusedError(
            f"{path} has no input {wanted.name!r} but {', '.join(sorted(inputs))}: correct the manifest"
        )
    shape = taken.shape
    fits = (
        len(shape) == 4 and _is(shape[1], 3) and _is(shape[2], wanted.height) and _is(shape[3], wanted.width)
    )
    if not fits or "float" not in taken.type:
        raise ModelRefusedError(
            f"{path} takes {shape} of {taken.type}, its manifest says 1 x 3 x {wanted.height} x "
            f"{wanted.width} of floats: correct the manifest, or export the model anew"
        )


def _is(side: object, wanted: int) -> bool:
    return not isinstance(side, int) or side == wanted
