"""The fill-level network: finds the liquid line among everything that looks like one.

Input (n, 3, ROWS, COLUMNS) float32 BGR 0..255, the crop stretched to that size. Output (n, BINS + 1): the
probability of each level (bin 0 = the bottom edge, bin BINS - 1 = the top edge), then the probability that
the level can be read at all.
"""

import torch
from torch import Tensor, nn

from models.layers import MEAN, SCALE, Block, conv

ROWS, COLUMNS, BINS = 192, 64, 96


class Column(nn.Module):
    """Context along the height: dilated 1-d convolutions, so that a row knows cap, label and bottom."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.steps = nn.Sequential(
            nn.Conv1d(channels, channels, 3, padding=dilation, dilation=dilation, bias=False),
            nn.BatchNorm1d(channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Same shape out as in."""
        return x + self.steps(x)  # type: ignore[no-any-return]


class FillLevel(nn.Module):
    """Two-dimensional features, then one column of them, then a softmax over heights."""

    def __init__(self) -> None:
        super().__init__()
        self.eyes = nn.Sequential(
            conv(3, 24, (1, 2)),
            conv(24, 32, (2, 2)),
            Block(32),
            conv(32, 64, (1, 2)),
            Block(64),
            Block(64),
            conv(64, 96, (1, 2)),
            Block(96),
        )
        self.join = nn.Sequential(
            nn.Conv1d(96 * 4, 96, 1, bias=False), nn.BatchNorm1d(96), nn.ReLU(inplace=True)
        )
        self.column = nn.Sequential(*(Column(96, dilation) for dilation in (1, 2, 4, 8, 16, 32, 1)))
        self.level = nn.Conv1d(96, 1, 3, padding=1)
        self.readable = nn.Linear(96 * 2, 1)

    def raw(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the levels (n, BINS) and of being readable (n,)."""
        seen = self.eyes((x - MEAN) * SCALE)
        column = self.column(self.join(seen.permute(0, 3, 1, 2).flatten(1, 2)))
        spread = torch.cat([column.mean(2), column.amax(2)], 1)
        return self.level(column).squeeze(1).flip(1), self.readable(spread).squeeze(1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, BINS + 1) probabilities."""
        level, readable = self.raw(x)
        return torch.cat([level.softmax(1), readable.sigmoid()[:, None]], 1)


def bin_levels(device: torch.device) -> Tensor:
    """The level at each bin's middle, (BINS,)."""
    return (torch.arange(BINS, device=device) + 0.5) / BINS
