"""`python -m models.fill_level.evaluate`: error, answers, coverage on rendered crops kept from training.

The crops are cut as a detector cuts them, a little beside the bottle; the truth is the bottle's own level."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from firmware_sim.render.crops import render_crop
from models.runtime import LevelReader

HERE = Path(__file__).parent
SEEDS_FROM = 1_000
BOX_ERROR = 0.02  # how far a detector's box misses the bottle's edges, in box sides: two thirds of the crops


@dataclass(frozen=True)
class Score:
    """What a set of crops says about a reader."""

    crops: int
    readable: int
    answered: float  # share of the readable ones that got an answer
    silent: float  # share of the unreadable ones that got none
    mean_error: float
    covered: float  # share of answers within one stated sigma


def evaluate(reader: LevelReader, crops: int) -> Score:
    """The score on the first `crops` rendered crops kept for measuring."""
    errors, sigmas, answers, silences = [], [], [], []
    for seed in range(SEEDS_FROM, SEEDS_FROM + crops):
        crop = render_crop(seed, 144 + seed % 5 * 24, jitter=BOX_ERROR)
        answer = reader.read(crop.image)
        if crop.bottle_level is None:
            silences.append(answer is None)
            continue
        answers.append(answer is not None)
        if answer is not None:
            errors.append(abs(answer[0] - crop.bottle_level))
            sigmas.append(answer[1])
    covered = float(np.mean(np.array(errors) <= np.array(sigmas))) if errors else 0.0
    return Score(
        crops,
        len(answers),
        float(np.mean(answers)),
        float(np.mean(silences)),
        float(np.mean(errors)),
        covered,
    )


def main(arguments: list[str] | None = None) -> int:
    """Prints one line per file."""
    parser = argparse.ArgumentParser(prog="python -m models.fill_level.evaluate", description=__doc__)
    parser.add_argument("--folder", type=Path, default=HERE)
    parser.add_argument("--crops", type=int, default=1_500)
    given = parser.parse_args(arguments)
    for file in ("model.onnx", "model.int8.onnx"):
        found = evaluate(LevelReader.load(given.folder, file), given.crops)
        print(  # noqa: T201 (the command's result)
            f"{file}: mean error {found.mean_error:.4f}, within one sigma {found.covered:.3f}, "
            f"answered {found.answered:.3f} of {found.readable} readable, silent on {found.silent:.3f}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
