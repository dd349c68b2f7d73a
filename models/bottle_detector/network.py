"""The detector's network: plain convolutions, ReLU, heads at strides 8, 16 and 32, under 1 M parameters.

Input (n, 3, size, size) float32, BGR 0..255: the network scales it itself, no caller can do it wrongly.
Output (n, anchors, 5): x1, y1, x2, y2 in pixels of the input and a score 0..1, before suppression.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (what every PyTorch programme calls it)

from models.layers import MEAN, SCALE

STRIDES = (8, 16, 32)
PRIOR = 0.01  # share of places that hold a bottle, at the start of training


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, batch norm, ReLU; the norm folds into the convolution at export."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03),
        nn.ReLU(inplace=True),
    )


class Stack(nn.Module):
    """Splits the channels in half, refines one half `depth` times and joins all that came out (C2f)."""

    def __init__(self, inputs: int, outputs: int, depth: int, *, residual: bool = True) -> None:
        super().__init__()
        self.part = outputs // 2
        self.enter = conv(inputs, outputs, 1)
        self.steps = nn.ModuleList(
            nn.Sequential(conv(self.part, self.part), conv(self.part, self.part)) for _ in range(depth)
        )
        self.leave = conv(self.part * (2 + depth), outputs, 1)
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) to (n, outputs, h, w)."""
        parts = list(self.enter(x).chunk(2, 1))
        for step in self.steps:
            refined = step(parts[-1])
            parts.append(parts[-1] + refined if self.residual else refined)
        return self.leave(torch.cat(parts, 1))  # type: ignore[no-any-return]


class Pool(nn.Module):
    """Wide context at the last stage: three 5 x 5 maxima, each of the one before (SPPF)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.enter, self.leave = conv(channels, channels // 2, 1), conv(channels * 2, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape out as in."""
        parts = [self.enter(x)]
        for _ in range(3):
            parts.append(F.max_pool2d(parts[-1], 5, 1, 2))
        return self.leave(torch.cat(parts, 1))  # type: ignore[no-any-return]


class Head(nn.Module):
    """Score and box of every place on one scale: depthwise 5 x 5, pointwise, then one 1 x 1 each."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.score = nn.Sequential(
            conv(channels, channels, 5, groups=channels),
            conv(channels, channels, 1),
            nn.Conv2d(channels, 1, 1),
        )
        self.box = nn.Sequential(
            conv(channels, channels, 5, groups=channels),
            conv(channels, channels, 1),
            nn.Conv2d(channels, 4, 1),
        )
        nn.init.constant_(self.score[2].bias, float(torch.logit(torch.tensor(PRIOR))))  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """(n, 5, h, w): logit, then the logs of left, top, right, bottom in strides."""
        return torch.cat([self.score(x), self.box(x)], 1)


class Detector(nn.Module):
    """Backbone, a path down, a path up, three heads."""

    def __init__(self, widths: tuple[int, int, int, int] = (24, 40, 96, 176), neck: int = 40) -> None:
        super().__init__()
        first, second, third, fourth = widths
        self.stem = nn.Sequential(conv(3, 16, 3, 2), conv(16, first, 3, 2))
        self.stage8 = nn.Sequential(conv(first, second, 3, 2), Stack(second, second, 1))
        self.stage16 = nn.Sequential(conv(second, third, 3, 2), Stack(third, third, 2))
        self.stage32 = nn.Sequential(conv(third, fourth, 3, 2), Stack(fourth, fourth, 1), Pool(fourth))
        self.lateral32 = conv(fourth, neck, 1)
        self.down16 = Stack(third + neck, neck, 1, residual=False)
        self.down8 = Stack(second + neck, neck, 1, residual=False)
        self.back16, self.up16 = conv(neck, neck, 3, 2), Stack(neck * 2, neck, 1, residual=False)
        self.back32, self.up32 = conv(neck, neck, 3, 2), Stack(neck * 2, neck, 1, residual=False)
        self.heads = nn.ModuleList(Head(neck) for _ in STRIDES)

    def raw(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (n, anchors) and boxes (n, anchors, 4) in pixels."""
        x = (x - MEAN) * SCALE
        at8 = self.stage8(self.stem(x))
        at16 = self.stage16(at8)
        top = self.lateral32(self.stage32(at16))
        middle = self.down16(torch.cat([at16, F.interpolate(top, scale_factor=2.0)], 1))
        fine = self.down8(torch.cat([at8, F.interpolate(middle, scale_factor=2.0)], 1))
        middle = self.up16(torch.cat([self.back16(fine), middle], 1))
        top = self.up32(torch.cat([self.back32(middle), top], 1))
        maps = [head(level) for head, level in zip(self.heads, (fine, middle, top), strict=True)]
        flat = torch.cat([level.flatten(2) for level in maps], 2).float()
        centres, strides = places([(level.shape[2], level.shape[3]) for level in maps], x.device)
        reach = torch.exp(flat[:, 1:].clamp(-5.0, 4.0)) * strides
        boxes = torch.cat([centres - reach[:, :2], centres + reach[:, 2:]], 1)
        return flat[:, 0], boxes.transpose(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        """(n, anchors, 5): x1, y1, x2, y2, score."""
        logits, boxes = self.raw(x)
        return torch.cat([boxes, torch.sigmoid(logits)[..., None]], 2)


def places(shapes: list[tuple[int, int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Centres (2, anchors) in pixels and strides (1, anchors) of every place of the three maps."""
    centres, strides = [], []
    for stride, (rows, columns) in zip(STRIDES, shapes, strict=True):
        y = (torch.arange(rows, device=device, dtype=torch.float32) + 0.5) * stride
        x = (torch.arange(columns, device=device, dtype=torch.float32) + 0.5) * stride
        grid_y, grid_x = torch.meshgrid(y, x, indexing="ij")
        centres.append(torch.stack([grid_x.flatten(), grid_y.flatten()]))
        strides.append(torch.full((1, rows * columns), float(stride), device=device))
    return torch.cat(centres, 1), torch.cat(strides, 1)
