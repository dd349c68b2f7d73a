"""The identity network: a crop becomes a direction in EMBEDDING dimensions; one product, one direction.

Input (n, 3, ROWS, COLUMNS) float32 BGR 0..255, the crop letterboxed. Output (n, EMBEDDING), length 1: the
similarity of two crops is the product of their vectors. Features are pooled in STRIPES from top to bottom, as
re-identification of people does (Sun et al., PCB, 2018): cap, shoulder, label and foot each keep their say.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from models.layers import MEAN, SCALE, Block, conv

ROWS, COLUMNS, EMBEDDING, STRIPES = 128, 64, 128, 4


class BottleIdentity(nn.Module):
    """Convolutions to 8 x 4 places, stripes, one linear map, length 1."""

    def __init__(self) -> None:
        super().__init__()
        self.eyes = nn.Sequential(
            conv(3, 24, 2),
            conv(24, 48, 2),
            conv(48, 48),
            conv(48, 96, 2),
            Block(96),
            conv(96, 144, 2),
            Block(144),
        )
        self.embed = nn.Linear(144 * 2 * STRIPES, EMBEDDING, bias=False)
        self.norm = nn.BatchNorm1d(EMBEDDING)

    def forward(self, x: Tensor) -> Tensor:
        """(n, EMBEDDING) of length 1."""
        seen = self.eyes((x - MEAN) * SCALE)
        count, channels, rows, columns = seen.shape
        stripes = seen.view(count, channels, STRIPES, rows // STRIPES * columns)
        pooled = torch.cat([stripes.mean(3), stripes.amax(3)], 1).flatten(1)
        return F.normalize(self.norm(self.embed(pooled)), dim=1)
