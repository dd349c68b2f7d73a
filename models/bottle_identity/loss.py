"""What makes sightings of one product alike and of two products unlike.

Contrast with many positives in the batch (Khosla et al., Supervised Contrastive Learning, 2020), and the
gallery's own rule: the negative logarithm of the probability that it gives to the right answer for each later
sighting, once with the sighting's product enrolled by its shown crops and once without it, when 'unknown' is
right. So the network learns what the gallery asks: similarities that mean the same for every product.
"""

import torch
from torch import Tensor, nn

from models.bottle_identity.crops import SHOWN

TEMPERATURE = 0.1
NOT = -1e4


class IdentityLoss(nn.Module):
    """The loss of a batch: vectors (p, v, d) of length 1, of each product the SHOWN first; products (p,)."""

    def __init__(self) -> None:
        super().__init__()
        self.steep = nn.Parameter(torch.tensor(2.7))  # log of one over the rule's temperature
        self.unknown = nn.Parameter(torch.tensor(0.5))  # the similarity of 'unknown'

    def forward(self, vectors: Tensor, products: Tensor) -> tuple[Tensor, Tensor]:
        """The loss, and the share of later sightings that the rule answers rightly, enrolled and not."""
        rule, right = self._rule(vectors, products)
        return _contrast(vectors.flatten(0, 1), products.repeat_interleave(vectors.shape[1])) + rule, right

    def _rule(self, vectors: Tensor, products: Tensor) -> tuple[Tensor, Tensor]:
        later = vectors[:, SHOWN:].flatten(0, 1)
        own = products.repeat_interleave(vectors.shape[1] - SHOWN)[:, None] == products[None, :]
        alike = torch.einsum("nd,pkd->npk", later, vectors[:, :SHOWN]).mean(2)
        logits, unknown = alike * self.steep.exp(), self.unknown * self.steep.exp()
        mine, others = (logits.masked_fill(~own, NOT).logsumexp(1), logits.masked_fill(own, NOT).logsumexp(1))
        otherwise = torch.logaddexp(others, unknown)
        enrolled, stranger = torch.logaddexp(mine, otherwise) - mine, otherwise - unknown
        best_other = logits.masked_fill(own, NOT).amax(1)
        right = (mine > torch.maximum(best_other, unknown)).float() + (best_other < unknown).float()
        return (enrolled + stranger).mean(), right.mean().detach() / 2


def _contrast(vectors: Tensor, products: Tensor) -> Tensor:
    same = products[:, None] == products[None, :]
    self_ = torch.eye(len(products), dtype=torch.bool, device=vectors.device)
    scores = (vectors @ vectors.T / TEMPERATURE).masked_fill(self_, NOT)
    positive = same & ~self_
    cost = -(scores.log_softmax(1) * positive).sum(1) / positive.sum(1).clamp(min=1)
    return cost.mean()
