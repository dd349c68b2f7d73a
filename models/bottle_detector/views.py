"""Each time a picture is seen it looks different: mirrored, moved, scaled, four in one, other light, noise.

Works on whole batches on the training device. Pictures are (n, 3, s, s) float32 0..255, boxes (n, m, 4)
pixels, `real` (n, m) says which rows of the boxes are bottles.
"""

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

LEAST_LEFT = 0.3  # of a box's area, after the picture's edge has cut it
LEAST_SIDE_PX = 4.0
GREY = 114.0


def vary(images: Tensor, boxes: Tensor, real: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """A new look for every picture of the batch, at `size` pixels."""
    images, boxes, real = _placed(images, boxes, real, size)
    images, boxes, real = _four_in_one(images, boxes, real)
    images, boxes, real = _turned(images, boxes, real)
    return _lit(images), boxes, real


def _placed(images: Tensor, boxes: Tensor, real: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Scaled, stretched, shifted, mirrored; grey where nothing is, as letterboxing leaves it."""
    count, _, side, _ = images.shape
    device = images.device
    zoom = torch.exp(torch.empty(count, device=device).uniform_(-0.5, 0.5))
    stretch = torch.exp(torch.empty(count, device=device).uniform_(-0.18, 0.18))
    plain = torch.rand(count, device=device) < 0.3
    zoom = torch.where(plain, torch.ones_like(zoom), zoom)
    scale = torch.stack([zoom * stretch, zoom / stretch], 1)
    room = (scale - 1.0).abs() + 0.06
    shift = (torch.rand(count, 2, device=device) * 2 - 1) * torch.where(
        plain[:, None], torch.zeros_like(room), room
    )
    flip = torch.where(torch.rand(count, device=device) < 0.5, -1.0, 1.0)
    matrix = torch.zeros(count, 2, 3, device=device)
    matrix[:, 0, 0], matrix[:, 1, 1] = flip / scale[:, 0], 1 / scale[:, 1]
    matrix[:, 0, 2], matrix[:, 1, 2] = -flip * shift[:, 0] / scale[:, 0], -shift[:, 1] / scale[:, 1]
    grid = F.affine_grid(matrix, [count, 3, size, size], align_corners=False)
    moved = F.grid_sample(images - GREY, grid, "bilinear", "zeros", align_corners=False) + GREY
    unit = boxes / (side / 2) - 1.0
    x = unit[..., 0::2] * flip[:, None, None] * scale[:, None, 0:1] + shift[:, None, 0:1]
    y = unit[..., 1::2] * scale[:, None, 1:2] + shift[:, None, 1:2]
    x = torch.stack([x.amin(2), x.amax(2)], 2)
    whole = (torch.stack([x[..., 0], y[..., 0], x[..., 1], y[..., 1]], 2) + 1.0) * (size / 2)
    return moved, *_clipped(whole, real, size)


def _clipped(boxes: Tensor, real: Tensor, size: int) -> tuple[Tensor, Tensor]:
    cut = boxes.clamp(0, size)
    sides, whole = cut[..., 2:] - cut[..., :2], boxes[..., 2:] - boxes[..., :2]
    left = sides.prod(2) / whole.prod(2).clamp(min=1e-3)
    return cut, real & (left > LEAST_LEFT) & (sides.amin(2) > LEAST_SIDE_PX)


def _four_in_one(images: Tensor, boxes: Tensor, real: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """An eighth of the batch: four pictures at half size, so that small bottles and odd neighbours occur."""
    count, size = images.shape[0], images.shape[2]
    picked = count // 8
    if picked == 0:
        return images, boxes, real
    sources = torch.randint(count, (picked, 4), device=images.device)
    half = F.interpolate(images, size=(size // 2, size // 2), mode="area")
    rows = [torch.cat([half[sources[:, at]], half[sources[:, at + 1]]], 3) for at in (0, 2)]
    offsets = torch.tensor([[0, 0], [1, 0], [0, 1], [1, 1]], device=images.device) * (size / 2)
    joined = torch.cat([boxes[sources[:, at]] / 2 + offsets[at].repeat(2) for at in range(4)], 1)
    present = torch.cat([real[sources[:, at]] for at in range(4)], 1)
    present &= (joined[..., 2:] - joined[..., :2]).amin(2) > LEAST_SIDE_PX
    order = present.int().argsort(stable=True, dim=1, descending=True)[:, : boxes.shape[1]]
    images = torch.cat([torch.cat(rows, 2), images[picked:]])
    boxes = torch.cat([joined.gather(1, order[..., None].expand(-1, -1, 4)), boxes[picked:]])
    return images, boxes, torch.cat([present.gather(1, order), real[picked:]])


def _turned(images: Tensor, boxes: Tensor, real: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """A sixteenth of the batch stands on its head or lies on its side, as cameras are sometimes held."""
    count, size = images.shape[0], images.shape[2]
    part = count // 16
    if part:
        images, boxes = images.clone(), boxes.clone()
        images[-part:] = images[-part:].transpose(2, 3).clone()
        boxes[-part:] = boxes[-part:][..., [1, 0, 3, 2]]
        images[-2 * part : -part] = images[-2 * part : -part].flip(2)
        upside = boxes[-2 * part : -part]
        boxes[-2 * part : -part] = torch.stack(
            [upside[..., 0], size - upside[..., 3], upside[..., 2], size - upside[..., 1]], 2
        )
    return images, boxes, real


def _lit(images: Tensor) -> Tensor:
    """Other exposure, contrast, colours, sharpness, noise."""
    count, device = images.shape[0], images.device

    def dice(low: float, high: float, *shape: int) -> Tensor:
        return torch.empty(count, *(shape or (1, 1, 1)), device=device).uniform_(low, high)

    grey = images.mean(1, keepdim=True)
    saturation = torch.where(dice(0, 1) < 0.06, torch.zeros_like(dice(0, 1)), dice(0.4, 1.7))
    images = grey + (images - grey) * saturation
    mean = images.mean((1, 2, 3), keepdim=True)
    images = mean + (images - mean) * dice(0.6, 1.4)
    images = images * dice(0.6, 1.45) * (1 + dice(-0.12, 0.12, 3, 1, 1))
    swap = torch.rand(count, device=device) < 0.06
    images = torch.where(swap[:, None, None, None], images.roll(1, 1), images)
    soft = F.avg_pool2d(F.pad(images, (1, 1, 1, 1), mode="replicate"), 3, 1)
    images = images + (soft - images) * dice(-0.7, 1.0)
    images = images + torch.randn_like(images) * dice(0.0, 9.0)
    return images.clamp(0, 255)
