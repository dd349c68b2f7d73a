"""Which place answers for which bottle, and what a wrong answer costs.

Task-aligned assignment (Feng et al., TOOD, 2021): a place's claim on a bottle is root(score) * IoU ** 6;
the ten best places inside each box answer for it, with their claim as the score to reach. Boxes are judged by
GIoU (Rezatofighi et al., 2019).
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from models.bottle_detector.network import places

TOP_PLACES = 10
BOX_WEIGHT = 2.5


@dataclass(frozen=True)
class Targets:
    """What each place should say: score (n, a), box (n, a, 4); score 0 = no bottle."""

    score: Tensor
    box: Tensor


def pairwise_iou(first: Tensor, second: Tensor) -> Tensor:
    """IoU of (n, m, 4) with (n, a, 4): (n, m, a)."""
    low = torch.maximum(first[:, :, None, :2], second[:, None, :, :2])
    high = torch.minimum(first[:, :, None, 2:], second[:, None, :, 2:])
    shared = (high - low).clamp(min=0).prod(3)
    return shared / (_area(first)[:, :, None] + _area(second)[:, None, :] - shared + 1e-6)


def _area(boxes: Tensor) -> Tensor:
    return (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(-1)


def giou(first: Tensor, second: Tensor) -> Tensor:
    """Generalised IoU of boxes in the same order, (..., 4) each."""
    low, high = torch.maximum(first[..., :2], second[..., :2]), torch.minimum(first[..., 2:], second[..., 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    union = _area(first) + _area(second) - shared + 1e-6
    hull_low = torch.minimum(first[..., :2], second[..., :2])
    hull_high = torch.maximum(first[..., 2:], second[..., 2:])
    hull = (hull_high - hull_low).clamp(min=0).prod(-1) + 1e-6
    return shared / union - (hull - union) / hull


@torch.no_grad()
def assign(scores: Tensor, boxes: Tensor, truth: Tensor, real: Tensor, centres: Tensor) -> Targets:
    """Targets of every place; truth (n, m, 4) pixels, real (n, m) True where a row of truth is a bottle."""
    overlap = pairwise_iou(truth, boxes).clamp(0, 1)
    inside = (centres.T[None, None, :, :2] > truth[:, :, None, :2]) & (
        centres.T[None, None, :, :2] < truth[:, :, None, 2:]
    )
    allowed = inside.all(3) & real[:, :, None]
    claim = (scores[:, None, :].clamp(min=1e-6).sqrt() * overlap**6) * allowed
    best = claim.topk(min(TOP_PLACES, claim.shape[2]), dim=2)
    chosen = torch.zeros_like(claim).scatter_(2, best.indices, (best.values > 1e-9).float()) * allowed
    contested = overlap * chosen
    owner = contested.argmax(1)  # a place wanted by two bottles goes to the one it fits better
    mine = torch.zeros_like(chosen).scatter_(1, owner[:, None], 1.0) * chosen
    strength = claim * mine
    peak, fit = strength.amax(2, keepdim=True), (overlap * mine).amax(2, keepdim=True)
    score = (strength / (peak + 1e-9) * fit).amax(1)
    box = truth.gather(1, owner[..., None].expand(-1, -1, 4))
    return Targets(score, box)


def detector_loss(
    logits: Tensor, boxes: Tensor, truth: Tensor, real: Tensor, size: int
) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of a batch and its parts; logits (n, a), boxes (n, a, 4) pixels of a `size` x `size` input."""
    centres, _ = places([(size // stride, size // stride) for stride in (8, 16, 32)], logits.device)
    targets = assign(logits.detach().sigmoid(), boxes.detach(), truth, real, centres)
    total = targets.score.sum().clamp(min=1.0)
    score_cost = F.binary_cross_entropy_with_logits(logits, targets.score, reduction="none")
    # Easy empty places weigh little, as in varifocal loss: most of a picture is not bottle.
    weight = torch.where(targets.score > 0, 1.0, 0.75 * logits.detach().sigmoid() ** 1.5 + 0.02)
    score_part = (score_cost * weight).sum() / total
    hit = targets.score > 0
    box_part = ((1.0 - giou(boxes[hit], targets.box[hit])) * targets.score[hit]).sum() / total
    return score_part + BOX_WEIGHT * box_part, {"score": score_part.detach(), "box": box_part.detach()}
