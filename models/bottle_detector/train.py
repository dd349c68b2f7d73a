"""`python -m models.bottle_detector.train --out RUN`: trains the detector from nothing, or goes on.

Rendered pictures, and with `--photographs FOLDER` the few photographs that may be trained on. Ends after
`--minutes` of work. Then: models.bottle_detector.export, models.bottle_detector.evaluate.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.bottle_detector.loss import detector_loss
from models.bottle_detector.network import Detector
from models.bottle_detector.pictures import SIZE, Scenes, read_photographs
from models.bottle_detector.views import vary
from models.feed import Feed, Ring
from models.training import Learner, device_for, options

TRAIN_SEEDS_FROM = 10_000_000  # below: pictures for measuring
SMALL = 256  # most of the training sees this size, the rest SIZE


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = options("models.bottle_detector.train", __doc__, minutes=120.0, rate=1.0e-3)
    parser.add_argument(
        "--photographs", type=Path, help="detection folder; only its files named for training are read"
    )
    parser.add_argument("--photograph-share", type=float, default=0.06, help="of each batch")
    parser.add_argument("--ring", type=int, default=6_000, help="rendered pictures kept (300 kB each)")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--small-until", type=float, default=0.7, help=f"share of the time at {SMALL} px")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Trains and writes RUN/checkpoint.pt and RUN/curve.csv."""
    given = parse(arguments)
    device = device_for(given)
    torch.backends.cudnn.benchmark = True
    photographs = Ring(256, device)
    backdrops: tuple[Any, ...] = ()
    if given.photographs:
        backdrops = tuple(row[0] for row in read_photographs(given.photographs, with_bottles=False))
        for row in read_photographs(given.photographs):
            photographs.add(tuple(column[None] for column in row))
    model, ring = Detector().to(device), Ring(given.ring, device)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    learner = Learner(given, model, keep=0.9995, decay=0.03, clip=10.0, betas=(0.9, 0.99))
    first_seed = TRAIN_SEEDS_FROM + given.seed * 100_000_000 + learner.rendered_before
    with Feed(Scenes(backdrops), given.workers, ring, first_seed) as feed:
        feed.wait_for(min(given.ring, given.batch * 8))
        while learner.is_due:
            feed.absorb()
            size = SMALL if learner.budget.progress() < given.small_until else SIZE
            loss, parts = _cost(model, _batch(given, ring, photographs), size)
            learner.learn(loss)
            learner.note(ring.taken, loss=loss.detach(), **parts)
    return 0


def _batch(given: argparse.Namespace, ring: Ring, photographs: Ring) -> Sequence[Tensor]:
    """Pictures, boxes and which of these are real, some of them photographs."""
    rendered = ring.draw(given.batch)
    shot = round(given.batch * given.photograph_share)
    if not (photographs.size and shot):
        return rendered
    taken = photographs.draw(shot)
    mixed = [torch.cat([first, second[shot:]]) for first, second in zip(taken, rendered, strict=True)]
    order = torch.randperm(given.batch, device=mixed[0].device)
    return [column[order] for column in mixed]


def _cost(model: Detector, drawn: Sequence[Tensor], size: int) -> tuple[Tensor, dict[str, Tensor]]:
    images, boxes, real = drawn
    seen, truth, there = vary(images.permute(0, 3, 1, 2).float(), boxes, real, size)
    kept = max(1, int(there.sum(1).max()))
    order = there.int().argsort(stable=True, dim=1, descending=True)[:, :kept]
    truth, there = truth.gather(1, order[..., None].expand(-1, -1, 4)), there.gather(1, order)
    device = images.device.type
    with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
        logits, found = model.raw(seen.contiguous(memory_format=torch.channels_last))
    return detector_loss(logits.float(), found.float(), truth, there, size)


if __name__ == "__main__":
    raise SystemExit(main())
