"""What every training command shares: options, a schedule by time, averaged weights, checkpoints, curves."""

import argparse
import copy
import csv
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.layers import count_parameters

LOG_EVERY_S = 15.0


def options(prog: str, words: str | None, *, minutes: float, rate: float) -> argparse.ArgumentParser:
    """The options that every training command has."""
    parser = argparse.ArgumentParser(prog=f"python -m {prog}", description=words)
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of checkpoint and curve; resumed if there"
    )
    parser.add_argument(
        "--minutes", type=float, default=minutes, help="of training, all resumed runs together"
    )
    parser.add_argument("--workers", type=int, default=1, help="renderer processes")
    parser.add_argument("--threads", type=int, default=1, help="of training, without a GPU")
    parser.add_argument("--rate", type=float, default=rate, help="peak learning rate")
    parser.add_argument("--start-from", type=Path, help="weights of an earlier run's checkpoint.pt")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def device_for(given: argparse.Namespace) -> torch.device:
    """The GPU where there is one; sets seed and threads too."""
    torch.manual_seed(given.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cpu":
        torch.set_num_threads(given.threads)
    return device


@dataclass
class Budget:
    """Training ends after `seconds` of work, counted over all resumed runs, from the first question on."""

    seconds: float
    spent_s: float = 0.0
    _from: float | None = None

    def progress(self) -> float:
        """0 at the start, 1 at the end."""
        return min(1.0, self.elapsed_s() / max(self.seconds, 1e-9))

    def elapsed_s(self) -> float:
        """Seconds of this and of earlier runs."""
        if self._from is None:
            self._from = time.monotonic()
        return self.spent_s + time.monotonic() - self._from

    def rate(self, peak: float, *, warm: float = 0.02, floor: float = 0.02) -> float:
        """Learning rate now: a short rise, then a half cosine down to `floor` of the peak."""
        done = self.progress()
        if done < warm:
            return peak * (0.05 + 0.95 * done / warm)
        return peak * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * (done - warm) / (1 - warm))))


class Average:
    """Exponential average of a model's weights: what is evaluated and shipped."""

    def __init__(self, model: nn.Module, keep: float) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(requires_grad=False)
        self.keep, self.steps = keep, 0

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Takes in the newest weights; young averages forget faster."""
        self.steps += 1
        keep = min(self.keep, (1 + self.steps) / (10 + self.steps))
        mine, new = self.model.state_dict(), model.state_dict()
        floats = [name for name, value in mine.items() if value.is_floating_point()]
        torch._foreach_lerp_(
            [mine[name] for name in floats], [new[name].detach() for name in floats], 1 - keep
        )


@dataclass
class Run:
    """A training run's folder: checkpoint.pt and curve.csv."""

    folder: Path
    rows: list[dict[str, float]] = field(default_factory=list)

    def load(self) -> dict[str, Any] | None:
        """The last checkpoint, or None."""
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return None
        saved: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        self.rows = list(saved["curve"])
        return saved

    def save(self, state: dict[str, Any]) -> None:
        """Writes checkpoint and curve; a run cut short continues from here."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / "checkpoint.part"
        torch.save({**state, "curve": self.rows}, part)
        part.replace(self.folder / "checkpoint.pt")
        with (self.folder / "curve.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(self.rows[0]) if self.rows else ["step"], lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)

    def log(self, **row: float | Tensor) -> None:
        """One point of the curve, printed too."""
        point = {name: round(float(value), 5) for name, value in row.items()}
        self.rows.append(point)
        print(" ".join(f"{name}={value:g}" for name, value in point.items()), flush=True)  # noqa: T201


def weight_groups(model: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Weights decay, biases and norms do not."""
    wide = [weights for weights in model.parameters() if weights.ndim > 1]
    narrow = [weights for weights in model.parameters() if weights.ndim <= 1]
    return [{"params": wide, "weight_decay": decay}, {"params": narrow, "weight_decay": 0.0}]


class Learner:
    """A run: the model, its average, its optimiser and its time. Goes on where the folder holds a checkpoint.

    `beside` are further modules that learn, by the name under which the checkpoint keeps them."""

    def __init__(
        self,
        given: argparse.Namespace,
        model: nn.Module,
        *,
        keep: float,
        decay: float,
        clip: float,
        betas: tuple[float, float] = (0.9, 0.999),
        beside: Mapping[str, nn.Module] | None = None,
    ) -> None:
        self.model, self.average, self.clip, self.rate = model, Average(model, keep), clip, given.rate
        self.run, self.budget, self.step, self.rendered_before = (
            Run(given.out),
            Budget(given.minutes * 60),
            0,
            0,
        )
        self._beside = dict(beside or {})
        groups = weight_groups(model, decay)
        groups += [{"params": list(one.parameters()), "weight_decay": 0.0} for one in self._beside.values()]
        self.optimizer = torch.optim.AdamW(groups, given.rate, betas=betas)
        saved = self.run.load()
        if saved is not None:
            self._go_on(saved)
        elif given.start_from:
            weights = torch.load(given.start_from, map_location="cpu", weights_only=True)["average"]
            model.load_state_dict(weights)
            self.average.model.load_state_dict(weights)
        self._logged_s = self.budget.spent_s
        print(f"{count_parameters(model)} parameters, step {self.step}", flush=True)  # noqa: T201

    def _go_on(self, saved: dict[str, Any]) -> None:
        self.model.load_state_dict(saved["model"])
        self.average.model.load_state_dict(saved["average"])
        self.optimizer.load_state_dict(saved["optimizer"])
        for name, one in self._beside.items():
            one.load_state_dict(saved[name])
        self.average.steps, self.step = saved["averaged"], saved["step"]
        self.budget.spent_s, self.rendered_before = saved["spent_s"], int(saved["rendered"])

    @property
    def is_due(self) -> bool:
        """Whether there is time for another step."""
        return self.budget.progress() < 1.0

    def learn(self, loss: Tensor) -> None:
        """One step down the loss, at the rate of the schedule."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.budget.rate(self.rate)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimizer.step()
        self.average.update(self.model)
        self.step += 1

    def note(self, rendered: int, **row: float | Tensor) -> None:
        """A point of the curve and a checkpoint, every LOG_EVERY_S and at the end; `rendered` samples came
        in this stretch."""
        if self.is_due and self.budget.elapsed_s() - self._logged_s < LOG_EVERY_S:
            return
        self._logged_s = self.budget.elapsed_s()
        seen = self.rendered_before + rendered
        self.run.log(step=self.step, minutes=self._logged_s / 60, rendered=seen, **row)
        self.run.save(
            {
                "model": self.model.state_dict(),
                "average": self.average.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "averaged": self.average.steps,
                "spent_s": self._logged_s,
                "rendered": seen,
                **{name: one.state_dict() for name, one in self._beside.items()},
            }
        )


def averaged_weights(run: Path) -> dict[str, Tensor]:
    """What a run ships. Raises OSError where the folder holds no checkpoint."""
    weights: dict[str, Tensor] = torch.load(run / "checkpoint.pt", map_location="cpu", weights_only=True)[
        "average"
    ]
    return weights
