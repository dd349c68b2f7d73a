"""`python -m models.bottle_identity.train --out RUN`: trains the identity model from nothing, or goes on.

Rendered products only, thousands of them; those kept for measuring are never drawn. Ends after `--minutes` of
work. Then: models.bottle_identity.export, models.bottle_identity.evaluate.
"""

import argparse

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from models.bottle_identity.crops import LATER, PAIR, SHOWN, VIEWS, render_row
from models.bottle_identity.loss import IdentityLoss
from models.bottle_identity.network import BottleIdentity
from models.feed import Feed, Ring
from models.training import Learner, device_for, options

ASKED = 2  # later sightings of a product in a batch, beside its shown ones
COARSE_UNTIL = 0.5  # of the time at half the size, for a quarter of the price


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = options("models.bottle_identity.train", __doc__, minutes=60.0, rate=2.0e-3)
    parser.add_argument("--ring", type=int, default=3_000, help="pairs of products kept (295 kB each)")
    parser.add_argument("--pairs", type=int, default=16, help="pairs of products in a batch, at full size")
    parser.add_argument(
        "--reuse", type=float, default=16.0, help="times a pair is seen before more are drawn"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Trains and writes RUN/checkpoint.pt and RUN/curve.csv."""
    given = parse(arguments)
    device = device_for(given)
    model, loss_of, ring = BottleIdentity().to(device), IdentityLoss().to(device), Ring(given.ring, device)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    learner = Learner(given, model, keep=0.998, decay=0.02, clip=5.0, beside={"loss": loss_of})
    first_seed = given.seed * 10_000_000 + learner.rendered_before
    with Feed(render_row, given.workers, ring, first_seed, waiting_chunks=6) as feed:
        feed.wait_for(min(given.ring, given.pairs * 4))
        _train(given, learner, loss_of, feed)
    return 0


def _train(given: argparse.Namespace, learner: Learner, loss_of: IdentityLoss, feed: Feed) -> None:
    drawn = 0
    while learner.is_due:
        if drawn >= given.reuse * feed.ring.taken:
            feed.absorb(2)
        coarse = learner.budget.progress() < COARSE_UNTIL
        images, products = batch(feed.ring, given.pairs * (2 if coarse else 1), coarse=coarse)
        vectors = learner.model(vary(images.flatten(0, 1)).contiguous(memory_format=torch.channels_last))
        loss, right = loss_of(vectors.unflatten(0, images.shape[:2]), products)
        learner.learn(loss)
        drawn += len(products) // PAIR
        learner.note(feed.ring.taken, loss=loss.detach(), right=right)


def batch(ring: Ring, pairs: int, *, coarse: bool) -> tuple[Tensor, Tensor]:
    """Images (pairs * PAIR, SHOWN + ASKED, 3, rows, columns) float 0..255 and their products;
    coarse: at half of the rows and columns."""
    images, numbers = ring.draw(pairs)
    views = images.view(pairs * PAIR, VIEWS, *images.shape[2:])
    chosen = torch.stack([SHOWN + torch.randperm(LATER, device=images.device)[:ASKED] for _ in views])
    each = torch.arange(len(views), device=images.device)[:, None]
    picked = torch.cat([views[:, :SHOWN], views[each, chosen]], 1).permute(0, 1, 4, 2, 3).float()
    picked = F.avg_pool2d(picked.flatten(0, 1), 2).unflatten(0, picked.shape[:2]) if coarse else picked
    return _other_brands(picked, numbers.view(-1))


def _other_brands(images: Tensor, products: Tensor) -> tuple[Tensor, Tensor]:
    """A quarter of the products mirrored, a quarter in other colours, in all views alike: new products."""
    mirrored = torch.rand(len(images), device=images.device) < 0.25
    images = torch.where(mirrored[:, None, None, None, None], images.flip(4), images)
    swapped = torch.rand(len(images), device=images.device) < 0.25
    images = torch.where(swapped[:, None, None, None, None], images.roll(1, 2), images)
    return images, products * 4 + mirrored.long() * 2 + swapped.long()


def vary(images: Tensor) -> Tensor:
    """Each sighting moved, stretched, in other light, with noise, partly covered."""
    count, device = images.shape[0], images.device

    def dice(low: float, high: float, *shape: int) -> Tensor:
        return torch.empty(count, *(shape or (1, 1, 1)), device=device).uniform_(low, high)

    matrix = torch.zeros(count, 2, 3, device=device)
    matrix[:, 0, 0], matrix[:, 1, 1] = dice(0.92, 1.08, 1)[:, 0], dice(0.92, 1.08, 1)[:, 0]
    matrix[:, 0, 1] = dice(-0.04, 0.04, 1)[:, 0]
    matrix[:, :, 2] = dice(-0.06, 0.06, 2)
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
    images = F.grid_sample(images, grid, "bilinear", "border", align_corners=False)
    images = images * dice(0.7, 1.35) * (1 + dice(-0.06, 0.06, 3, 1, 1))
    grey = images.mean(1, keepdim=True)
    images = grey + (images - grey) * dice(0.75, 1.25)
    images = images + torch.randn_like(images) * dice(0.0, 6.0)
    rows = torch.arange(images.shape[2], device=device)[None, None, :, None]
    columns = torch.arange(images.shape[3], device=device)[None, None, None, :]
    top, left = dice(-0.2, 1.0) * images.shape[2], dice(-0.2, 1.0) * images.shape[3]
    tall, wide = dice(0.1, 0.4) * images.shape[2], dice(0.15, 0.6) * images.shape[3]
    inside = (rows > top) & (rows < top + tall) & (columns > left) & (columns < left + wide)
    images = torch.where(inside & (dice(0, 1) < 0.2), dice(0.0, 255.0, 3, 1, 1), images)
    return images.clamp(0, 255)


if __name__ == "__main__":
    raise SystemExit(main())
