"""What detectors give back, turned into rows (x1, y1, x2, y2, score) in pixels of their input. Pure numpy.

Layouts, from the projects' own published code:
- boxes: (1, n, 5 or more), x1 y1 x2 y2 score, further columns ignored; our own detector.
- yolox: (1, n, 5 + classes): offsets from the cell and log sides, in strides; objectness and classes between
  0 and 1; strides 8, 16, 32 in this order, row by row (YOLOX, demo_utils).
- nanodet-plus: (1, n, classes + 32): classes between 0 and 1, then four sides as 8-bin distributions, in
  strides; strides 8, 16, 32, 64, centres at i * stride (NanoDet-Plus head).
- picodet: either rows (class, score, x1, y1, x2, y2) in pixels of the picture after its own suppression, or
  per stride 8, 16, 32, 64 an array of scores and then per stride one of boxes like NanoDet's, with centres at
  (i + 1/2) * stride (PP-PicoDet, deploy/third_engine).
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Decode = Callable[[Sequence[Floats], int, int, int], Floats]
"""(outputs, input height, input width, wanted class) -> (n, 5)."""
YOLOX_STRIDES, NANO_STRIDES = (8, 16, 32), (8, 16, 32, 64)
BINS = 8


class LayoutError(ValueError):
    """A model's output is not what its preset says."""


def boxes(outputs: Sequence[Floats], height: int, width: int, wanted: int) -> Floats:  # noqa: ARG001
    """Rows that are boxes already; a sixth column is the class."""
    rows = _one(outputs, 5)
    if rows.shape[1] >= 6:
        rows = rows[rows[:, 5].astype(int) == wanted]
    return rows[:, :5]


def yolox(outputs: Sequence[Floats], height: int, width: int, wanted: int) -> Floats:
    """Anchor-free rows of YOLOX."""
    rows = _one(outputs, 6)
    grid = _grid(height, width, YOLOX_STRIDES, 0.0)
    _check(rows, grid, 5 + wanted + 1)
    scores = rows[:, 4] * rows[:, 5 + wanted]
    stride = grid[:, 2:3]
    centre = rows[:, :2] * stride + grid[:, :2]
    half = np.exp(np.minimum(rows[:, 2:4], 12.0)) * stride / 2
    return np.concatenate([centre - half, centre + half, scores[:, None]], axis=1)


def nanodet_plus(outputs: Sequence[Floats], height: int, width: int, wanted: int) -> Floats:
    """Classes and distributions of NanoDet-Plus."""
    rows = _one(outputs, 4 * BINS + 1)
    grid = _grid(height, width, NANO_STRIDES, 0.0)
    _check(rows, grid, 4 * BINS + wanted + 1)
    sides = _expected(rows[:, -4 * BINS :]) * grid[:, 2:3]
    return _around(grid, sides, rows[:, wanted])


def picodet(outputs: Sequence[Floats], height: int, width: int, wanted: int) -> Floats:
    """PicoDet, with or without its own suppression."""
    if len(outputs) <= 2:
        rows = outputs[0].reshape(-1, outputs[0].shape[-1])
        if rows.shape[1] != 6:
            raise LayoutError(f"rows of class, score and box have 6 columns, got {rows.shape[1]}")
        rows = rows[rows[:, 0].astype(int) == wanted]
        return np.concatenate([rows[:, 2:6], rows[:, 1:2]], axis=1)
    half = len(outputs) // 2
    if len(outputs) != 2 * len(NANO_STRIDES):
        raise LayoutError(f"PicoDet gives 8 arrays, four of scores and four of boxes, got {len(outputs)}")
    scores = np.concatenate([one.reshape(-1, one.shape[-1]) for one in outputs[:half]])
    sides = np.concatenate([one.reshape(-1, one.shape[-1]) for one in outputs[half:]])
    grid = _grid(height, width, NANO_STRIDES, 0.5)
    _check(scores, grid, wanted + 1)
    _check(sides, grid, 4 * BINS)
    return _around(grid, _expected(sides[:, : 4 * BINS]) * grid[:, 2:3], scores[:, wanted])


PRESETS: dict[str, Decode] = {
    "boxes": boxes,
    "yolox": yolox,
    "nanodet-plus": nanodet_plus,
    "picodet": picodet,
}


def _one(outputs: Sequence[Floats], columns: int) -> Floats:
    rows = outputs[0]
    if rows.ndim == 3 and rows.shape[0] == 1:
        rows = rows[0]
    if rows.ndim != 2 or rows.shape[1] < columns:
        raise LayoutError(
            f"this preset expects 1 x n x {columns} or more, the model gives {outputs[0].shape}"
        )
    return rows


def _check(rows: Floats, grid: Floats, columns: int) -> None:
    if rows.shape[0] != grid.shape[0]:
        raise LayoutError(
            f"this preset gives {grid.shape[0]} rows at this input size, the model gives {rows.shape[0]}"
        )
    if rows.shape[1] < columns:
        raise LayoutError(f"the class asked for lies beyond the model's {rows.shape[1]} columns")


@lru_cache(maxsize=8)
def _grid(height: int, width: int, strides: tuple[int, ...], offset: float) -> Floats:
    """x, y and stride of every cell, in pixels of the input."""
    parts = []
    for stride in strides:
        high, wide = -(-height // stride), -(-width // stride)
        y, x = np.mgrid[:high, :wide].astype(np.float32)
        cells = (np.stack([x, y], axis=-1).reshape(-1, 2) + offset) * stride
        parts.append(np.concatenate([cells, np.full((len(cells), 1), stride)], axis=1))
    return np.concatenate(parts).astype(np.float32)


def _expected(distributions: Floats) -> Floats:
    """Mean of each side's distribution over its bins, (n, 4)."""
    logits = distributions.reshape(-1, 4, BINS)
    mass = np.exp(logits - logits.max(axis=2, keepdims=True))
    mean: Floats = (mass * np.arange(BINS, dtype=np.float32)).sum(axis=2) / mass.sum(axis=2)
    return mean


def _around(grid: Floats, sides: Floats, scores: Floats) -> Floats:
    low, high = grid[:, :2] - sides[:, :2], grid[:, :2] + sides[:, 2:]
    return np.concatenate([low, high, scores[:, None]], axis=1)
