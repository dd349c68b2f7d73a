"""`python -m models.fill_level.train --out RUN`: trains the fill-level model on rendered crops, or goes on.

No photograph is used. Ends after `--minutes` of work.
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from models.feed import Feed, Ring
from models.fill_level.crops import render_row
from models.fill_level.network import FillLevel, bin_levels
from models.training import Average, Budget, Run, pick_device, rendered_so_far, weight_groups

TRAIN_SEEDS_FROM = 10_000_000
SOFTNESS = 0.012  # of the target's bell, in levels: what a person's reading is good for
LOG_EVERY_S = 15.0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m models.fill_level.train", description=__doc__)
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of checkpoint and curve; resumed if there"
    )
    parser.add_argument("--minutes", type=float, default=60.0, help="of training, all resumed runs together")
    parser.add_argument("--workers", type=int, default=1, help="renderer processes")
    parser.add_argument("--threads", type=int, default=1, help="of training, without a GPU")
    parser.add_argument("--ring", type=int, default=20_000, help="rendered crops kept (37 kB each)")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=1.0e-3, help="peak learning rate")
    parser.add_argument("--start-from", type=Path, help="weights of an earlier run's checkpoint.pt")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Trains and writes RUN/checkpoint.pt and RUN/curve.csv."""
    given = parse(arguments)
    torch.manual_seed(given.seed)
    device = pick_device()
    if device.type == "cpu":
        torch.set_num_threads(given.threads)
    ring = Ring(given.ring, device)
    first_seed = TRAIN_SEEDS_FROM + given.seed * 100_000_000 + rendered_so_far(given.out)
    with Feed(render_row, given.workers, ring, first_seed) as feed:
        feed.wait_for(min(given.ring, given.batch * 8))
        _train(given, device, feed)
    return 0


def _train(given: argparse.Namespace, device: torch.device, feed: Feed) -> None:
    run, model = Run(given.out), FillLevel().to(device)
    average = Average(model, 0.9995)
    optimizer = torch.optim.AdamW(weight_groups(model, 0.03), given.rate)
    budget, step, earlier = Budget(given.minutes * 60), 0, 0
    saved = run.load()
    if saved is not None:
        model.load_state_dict(saved["model"])
        average.model.load_state_dict(saved["average"])
        optimizer.load_state_dict(saved["optimizer"])
        average.steps, step, budget.spent_s = saved["averaged"], saved["step"], saved["spent_s"]
        earlier = int(saved["rendered"])
    elif given.start_from:
        weights = torch.load(given.start_from, map_location="cpu", weights_only=True)["average"]
        model.load_state_dict(weights)
        average.model.load_state_dict(weights)
    logged = budget.elapsed_s()
    while budget.progress() < 1.0:
        feed.absorb()
        images, levels = feed.ring.draw(given.batch)
        for group in optimizer.param_groups:
            group["lr"] = budget.rate(given.rate)
        loss, error = fill_loss(model, vary(images.permute(0, 3, 1, 2).float()), levels[:, 0])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        average.update(model)
        step += 1
        if budget.elapsed_s() - logged > LOG_EVERY_S or budget.progress() >= 1.0:
            logged = budget.elapsed_s()
            seen = earlier + feed.ring.taken
            run.log(step=step, minutes=logged / 60, rendered=seen, loss=loss.detach(), error=error)
            run.save(
                {
                    "model": model.state_dict(),
                    "average": average.model.state_dict(),
                    "step": step,
                    "optimizer": optimizer.state_dict(),
                    "averaged": average.steps,
                    "spent_s": logged,
                    "rendered": seen,
                }
            )


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
