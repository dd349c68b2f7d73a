"""`python -m models.bottle_identity.evaluate`: names and 'unknown' on rendered bars of products never seen.

Each bar has 12 to 40 products, some of them flavours of one brand, enrolled with a few crops each, and 12
strangers; each is seen four times later, in other light, at other levels, partly covered, turned.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.bottle_identity.bars import FEWEST, MOST, SHOWN, Bar, Seen, open_bar
from models.bottle_identity.gallery import Answer, Gallery
from models.runtime import IdentityEyes

HERE = Path(__file__).parent
BARS_FROM = 100


@dataclass(frozen=True)
class Score:
    """What a set of bars says; shares 0..1."""

    bars: int
    known: int  # sightings of enrolled products
    strangers: int  # sightings of others
    right: float  # of the known: named rightly
    wrong: float  # of the known: given another product's name; the rest were called unknown
    flagged: float  # of the strangers: called unknown
    right_in_view: float  # of the known that face the camera and are nine tenths visible


def empty_gallery(folder: Path) -> Gallery:
    """A gallery with the manifest's threshold and temperature."""
    limits = json.loads((folder / "manifest.json").read_text())["thresholds"]
    return Gallery(limits["unknown_below"], limits["temperature"])


def enrol(gallery: Gallery, bar: Bar, shown: int) -> Gallery:
    """The gallery with the bar's products, each by its first `shown` crops."""
    for number, crops in zip(bar.numbers, bar.shown, strict=True):
        gallery = gallery.enrolled(str(number), crops[:shown])
    return gallery


def score(gallery: Gallery, bars: list[Bar], shown: int = SHOWN) -> Score:
    """The score of a gallery's rule on bars."""
    known: list[tuple[bool, bool, bool]] = []
    flagged: list[bool] = []
    for bar in bars:
        enrolled = enrol(gallery, bar, shown)
        for seen in bar.seen:
            answer = enrolled.name(seen.vector)
            if seen.right is None:
                flagged.append(answer.product is None)
            else:
                known.append(_judged(answer, str(bar.numbers[seen.right]), seen))
    right, wrong, plain = (np.array(column) for column in zip(*known, strict=True))
    return Score(
        len(bars),
        len(known),
        len(flagged),
        float(right.mean()),
        float(wrong.mean()),
        float(np.mean(flagged)),
        float(right[plain].mean()),
    )


def _judged(answer: Answer, truth: str, seen: Seen) -> tuple[bool, bool, bool]:
    plain = seen.sighting.visible > 0.9 and seen.sighting.turn < 0.25
    return answer.product == truth, answer.product not in (truth, None), plain


def evaluate(folder: Path, file: str, bars: int) -> dict[int, Score]:
    """Scores by how many crops enrolled each product."""
    eyes = IdentityEyes.load(folder, file)
    opened = [open_bar(eyes, seed) for seed in range(BARS_FROM, BARS_FROM + bars)]
    return {shown: score(empty_gallery(folder), opened, shown) for shown in (3, SHOWN)}


def main(arguments: list[str] | None = None) -> int:
    """Prints one line per file and number of enrolling crops."""
    parser = argparse.ArgumentParser(prog="python -m models.bottle_identity.evaluate", description=__doc__)
    parser.add_argument("--folder", type=Path, default=HERE)
    parser.add_argument("--bars", type=int, default=12, help=f"of {FEWEST} to {MOST} products each")
    given = parser.parse_args(arguments)
    for file in ("model.onnx", "model.int8.onnx"):
        for shown, found in evaluate(given.folder, file, given.bars).items():
            print(  # noqa: T201 (the command's result)
                f"{file}, {shown} crops each: right {found.right:.4f} (in view {found.right_in_view:.4f}), "
                f"wrong name {found.wrong:.4f}, unknown flagged {found.flagged:.4f}; "
                f"{found.known} sightings of known products, {found.strangers} of others, {found.bars} bars"
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
