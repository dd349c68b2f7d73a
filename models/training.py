"""What every training command shares: a schedule by time, averaged weights, checkpoints, curves."""

import copy
import csv
import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


def pick_device() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@dataclass
class Budget:
    """Training ends after `seconds` of work, counted over all resumed runs."""

    seconds: float
    spent_s: float = 0.0
    _from: float = field(default_factory=time.monotonic)

    def progress(self) -> float:
        """0 at the start, 1 at the end."""
        return min(1.0, self.elapsed_s() / self.seconds)

    def elapsed_s(self) -> float:
        """Seconds of this and of earlier runs."""
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


def rendered_so_far(folder: Path) -> int:
    """How many seeds earlier stretches of a run have drawn: the next one goes on after them."""
    saved = Run(folder).load()
    return int(saved["rendered"]) if saved else 0


def weight_groups(model: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Weights decay, biases and norms do not."""
    wide = [weights for weights in model.parameters() if weights.ndim > 1]
    narrow = [weights for weights in model.parameters() if weights.ndim <= 1]
    return [{"params": wide, "weight_decay": decay}, {"params": narrow, "weight_decay": 0.0}]
