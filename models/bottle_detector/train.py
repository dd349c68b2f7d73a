"""`python -m models.bottle_detector.train --out RUN`: trains the detector from nothing, or goes on.

Rendered pictures, and with `--photographs FOLDER` the few photographs that may be trained on. Ends after
`--minutes` of work. Then: models.bottle_detector.export, models.bottle_detector.evaluate.
"""

import argparse
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.bottle_detector.loss import detector_loss
from models.bottle_detector.network import Detector, count_parameters
from models.bottle_detector.pictures import SIZE, Scenes, read_photographs
from models.bottle_detector.views import vary
from models.feed import Feed, Ring
from models.training import Average, Budget, Run, pick_device, rendered_so_far, weight_groups

TRAIN_SEEDS_FROM = 10_000_000  # below: pictures for measuring
SMALL = 256  # most of the training sees this size, the rest SIZE
LOG_EVERY_S = 15.0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m models.bottle_detector.train", description=__doc__)
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of checkpoint and curve; resumed if there"
    )
    parser.add_argument("--minutes", type=float, default=120.0, help="of training, all resumed runs together")
    parser.add_argument(
        "--photographs", type=Path, help="detection folder; only its files named for training are read"
    )
    parser.add_argument("--photograph-share", type=float, default=0.06, help="of each batch")
    parser.add_argument("--workers", type=int, default=1, help="renderer processes")
    parser.add_argument("--threads", type=int, default=1, help="of training, without a GPU")
    parser.add_argument("--ring", type=int, default=6_000, help="rendered pictures kept (300 kB each)")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1.0e-3, help="peak learning rate")
    parser.add_argument("--small-until", type=float, default=0.7, help=f"share of the time at {SMALL} px")
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
    torch.backends.cudnn.benchmark = True
    photographs = Ring(256, device)
    backdrops: tuple[Any, ...] = ()
    if given.photographs:
        backdrops = tuple(row[0] for row in read_photographs(given.photographs, with_bottles=False))
        for row in read_photographs(given.photographs):
            photographs.add(tuple(column[None] for column in row))
    ring = Ring(given.ring, device)
    first_seed = TRAIN_SEEDS_FROM + given.seed * 100_000_000 + rendered_so_far(given.out)
    with Feed(Scenes(backdrops), given.workers, ring, first_seed) as feed:
        feed.wait_for(min(given.ring, given.batch * 8))
        _train(given, device, feed, photographs)
    return 0


def _train(given: argparse.Namespace, device: torch.device, feed: Feed, photographs: Ring) -> None:
    run = Run(given.out)
    model = Detector().to(device)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = Average(model, 0.9995)
    optimizer = torch.optim.AdamW(weight_groups(model, 0.03), given.rate, betas=(0.9, 0.99))
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
    print(f"{count_parameters(model)} parameters on {device}, step {step}", flush=True)  # noqa: T201
    logged = budget.elapsed_s()
    while budget.progress() < 1.0:
        feed.absorb()
        loss, parts = _step(given, device, model, optimizer, budget, feed.ring, photographs)
        average.update(model)
        step += 1
        if budget.elapsed_s() - logged > LOG_EVERY_S or budget.progress() >= 1.0:
            logged = budget.elapsed_s()
            seen = earlier + feed.ring.taken
            run.log(step=step, minutes=logged / 60, rendered=seen, loss=loss, **parts)
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


def _step(
    given: argparse.Namespace,
    device: torch.device,
    model: Detector,
    optimizer: torch.optim.Optimizer,
    budget: Budget,
    ring: Ring,
    photographs: Ring,
) -> tuple[Tensor, dict[str, Tensor]]:
    images, boxes, real = ring.draw(given.batch)
    shot = round(given.batch * given.photograph_share)
    if photographs.size and shot:
        rendered, taken = (images, boxes, real), photographs.draw(shot)
        images, boxes, real = (
            torch.cat([first, second[shot:]]) for first, second in zip(taken, rendered, strict=True)
        )
        order = torch.randperm(given.batch, device=device)
        images, boxes, real = images[order], boxes[order], real[order]
    size = SMALL if budget.progress() < given.small_until else SIZE
    seen, truth, there = vary(images.permute(0, 3, 1, 2).float(), boxes, real, size)
    for group in optimizer.param_groups:
        group["lr"] = budget.rate(given.rate)
    kept = max(1, int(there.sum(1).max()))
    order = there.int().argsort(stable=True, dim=1, descending=True)[:, :kept]
    truth, there = truth.gather(1, order[..., None].expand(-1, -1, 4)), there.gather(1, order)
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        logits, found = model.raw(seen.contiguous(memory_format=torch.channels_last))
    loss, parts = detector_loss(logits.float(), found.float(), truth, there, size)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(model.parameters(), 10.0)
    optimizer.step()
    return loss.detach(), parts


if __name__ == "__main__":
    raise SystemExit(main())
