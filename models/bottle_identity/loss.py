"""What makes sightings of one product alike and of two products unlike.

Contrast with many positives in the batch (Khosla et al., Supervised Contrastive Learning, 2020). A logistic
term per pair (Zhai et al., SigLIP, 2023) gives the similarities a common zero, which 'unknown' needs.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

TEMPERATURE = 0.1
PAIR_WEIGHT = 0.5


class IdentityLoss(nn.Module):
    """The loss of a batch: vectors (n, d) of length 1, products (n,)."""

    def __init__(self) -> None:
        super().__init__()
        self.steep = nn.Parameter(torch.tensor(2.3))  # log of the logistic term's slope
        self.zero = nn.Parameter(torch.tensor(0.5))  # the similarity that says nothing

    def forward(self, vectors: Tensor, products: Tensor) -> tuple[Tensor, Tensor]:
        """The loss, and the share of vectors whose nearest other one shows the same product."""
        alike = vectors @ vectors.T
        same = products[:, None] == products[None, :]
        self_ = torch.eye(len(products), dtype=torch.bool, device=vectors.device)
        scores = (alike / TEMPERATURE).masked_fill(self_, -1e4)
        positive = same & ~self_
        log_share = scores.log_softmax(1)
        contrast = -(log_share * positive).sum(1) / positive.sum(1).clamp(min=1)
        nearest = alike.masked_fill(self_, -2.0).argmax(1)
        right = (products[nearest] == products).float().mean()
        return contrast.mean() + PAIR_WEIGHT * self._pairs(alike, same, self_), right.detach()

    def _pairs(self, alike: Tensor, same: Tensor, self_: Tensor) -> Tensor:
        logits = self.steep.exp() * (alike - self.zero)
        cost = F.binary_cross_entropy_with_logits(logits, same.float(), reduction="none")
        alone, other = same & ~self_, ~same
        return (cost * alone).sum() / alone.sum().clamp(min=1) + (cost * other).sum() / other.sum().clamp(
            min=1
        )
