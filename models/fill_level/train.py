"""`python -m models.fill_level.train --out RUN`: trains the fill-level model on rendered crops, or goes on.

No photograph is used. Ends after `--minutes` of work.
"""

import argparse

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from models.feed import Feed, Ring
from models.fill_level.crops import render_row
from models.fill_level.network import FillLevel, bin_levels
from models.training import Learner, device_for, options

TRAIN_SEEDS_FROM = 10_000_000
SOFTNESS = 0.012  # of the target's bell, in levels: what a person's reading is good for


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = options("models.fill_level.train", __doc__, minutes=60.0, rate=1.0e-3)
    parser.add_argument("--ring", type=int, default=20_000, help="rendered crops kept (37 kB each)")
    parser.add_argument("--batch", type=int, default=64)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Trains and writes RUN/checkpoint.pt and RUN/curve.csv."""
    given = parse(arguments)
    device = device_for(given)
    model, ring = FillLevel().to(device), Ring(given.ring, device)
    learner = Learner(given, model, keep=0.9995, decay=0.03, clip=5.0)
    first_seed = TRAIN_SEEDS_FROM + given.seed * 100_000_000 + learner.rendered_before
    with Feed(render_row, given.workers, ring, first_seed) as feed:
        feed.wait_for(min(given.ring, given.batch * 8))
        while learner.is_due:
            feed.absorb()
            images, levels = ring.draw(given.batch)
            loss, error = fill_loss(model, vary(images.permute(0, 3, 1, 2).float()), levels[:, 0])
            learner.learn(loss)
            learner.note(ring.taken, loss=loss.detach(), error=error)
    return 0


def fill_loss(model: FillLevel, images: Tensor, levels: Tensor) -> tuple[Tensor, Tensor]:
    """Cross entropy with a narrow bell around the level, and whether it can be read; and the mean error."""
    logits, readable = model.raw(images)
    can = levels >= 0
    middles = bin_levels(images.device)
    bell = torch.softmax(-0.5 * ((middles[None] - levels[:, None]) / SOFTNESS) ** 2, 1)
    level_cost = -(bell * F.log_softmax(logits, 1)).sum(1)
    cost = (level_cost * can).sum() / can.sum().clamp(min=1) + F.binary_cross_entropy_with_logits(
        readable, can.float()
    )
    error = ((logits.softmax(1) * middles).sum(1) - levels).abs()[can].mean()
    return cost, error.detach()


def vary(images: Tensor) -> Tensor:
    """Mirrored, in other light, with noise; never moved up or down, since that would change the level."""
    count, device = images.shape[0], images.device

    def dice(low: float, high: float, *shape: int) -> Tensor:
        return torch.empty(count, *(shape or (1, 1, 1)), device=device).uniform_(low, high)

    images = torch.where(dice(0, 1) < 0.5, images.flip(3), images)
    grey = images.mean(1, keepdim=True)
    images = grey + (images - grey) * dice(0.5, 1.6)
    images = images.mean((1, 2, 3), keepdim=True) * (1 - (spread := dice(0.65, 1.35))) + images * spread
    images = images * dice(0.6, 1.45) * (1 + dice(-0.12, 0.12, 3, 1, 1))
    images = torch.where(dice(0, 1) < 0.1, images.roll(1, 1), images)
    soft = F.avg_pool2d(F.pad(images, (1, 1, 1, 1), mode="replicate"), 3, 1)
    images = images + (soft - images) * dice(-0.7, 1.0)
    return (images + torch.randn_like(images) * dice(0.0, 8.0)).clamp(0, 255)


if __name__ == "__main__":
    raise SystemExit(main())
