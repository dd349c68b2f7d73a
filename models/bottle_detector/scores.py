"""How good boxes are: average precision at IoU 0.5 and recall at one false positive per picture.

The all-points average precision of one class, greedy matching by score; numpy only.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Score:
    """What a set of pictures says about a detector."""

    pictures: int
    bottles: int
    ap50: float
    recall_at_1_fppi: float
    threshold_at_1_fppi: float


def iou_matrix(first: Boxes, second: Boxes) -> Boxes:
    """IoU of every pair, (len(first), len(second))."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:4], second[None, :, 2:4])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    areas = [(boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) for boxes in (first, second)]
    overlap: Boxes = shared / (areas[0][:, None] + areas[1][None] - shared + 1e-9)
    return overlap


def hits(truth: Boxes, found: Boxes) -> npt.NDArray[np.bool_]:
    """Which of the found boxes (n, 5) takes a true one (m, 4), best score first."""
    right, free = np.zeros(len(found), bool), np.ones(len(truth), bool)
    if not len(truth) or not len(found):
        return right
    overlap = iou_matrix(found, truth)
    for row in np.argsort(-found[:, 4]):
        fit = np.where(free, overlap[row], -1.0)
        best = int(fit.argmax())
        if fit[best] >= 0.5:
            free[best], right[row] = False, True
    return right


def score(truths: list[Boxes], founds: list[Boxes]) -> Score:
    """The score of a detector's boxes (n, 5) per picture against the true ones (m, 4)."""
    bottles = sum(len(truth) for truth in truths)
    scores = np.concatenate([found[:, 4] for found in founds] or [np.zeros(0)])
    right = np.concatenate(
        [hits(truth, found) for truth, found in zip(truths, founds, strict=True)] or [np.zeros(0, bool)]
    )
    if not bottles or not len(scores):
        return Score(len(truths), bottles, 0.0, 0.0, 1.0)
    order = np.argsort(-scores, kind="stable")
    true, false = np.cumsum(right[order]), np.cumsum(~right[order])
    precision = np.maximum.accumulate((true / (true + false))[::-1])[::-1]
    recall = true / bottles
    average = float(np.sum(np.diff(np.concatenate([[0.0], recall])) * precision))
    at = int(np.searchsorted(false, len(truths), side="right")) - 1
    return Score(
        len(truths), bottles, average, float(recall[at]) if at >= 0 else 0.0, float(scores[order][max(at, 0)])
    )
