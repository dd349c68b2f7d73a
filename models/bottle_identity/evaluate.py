"""`python -m models.bottle_identity.evaluate`: names and 'unknown' on rendered bars of products never seen.

Each bar has 12 to 40 products, some of them flavours of one brand, enrolled with a few crops each, and 12
strangers; each is seen four times later, in other light, at other levels, partly covered, turned.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.bottle_identity.bars import FEWEST, MOST, SHOWN, Embedded, embedded, open_bar
from models.bottle_identity.gallery import Gallery
from models.runtime import IdentityEyes

HERE = Path(__file__).parent
FILES = ("model.onnx", "model.int8.onnx")
BARS_FROM = 100
FEW = 3  # crops that must do
IN_VIEW, FACING = 0.9, 0.25  # visible share, half turns: what counts as plainly seen


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


def enrolled(empty: Gallery, seen: Embedded, shown: int) -> Gallery:
    """The gallery with the bar's products, each by its first `shown` crops."""
    gallery = empty
    for number, crops in zip(seen.bar.numbers, seen.shown, strict=True):
        gallery = gallery.enrolled(str(number), crops[:shown])
    return gallery


def score(empty: Gallery, bars: Sequence[Embedded], shown: int = SHOWN) -> Score:
    """The score of a gallery's rule on bars."""
    known: list[tuple[bool, bool, bool]] = []
    flagged: list[bool] = []
    for seen in bars:
        gallery = enrolled(empty, seen, shown)
        for vector, (sighting, right) in zip(seen.later, seen.bar.later, strict=True):
            said = gallery.name(vector).product
            if right is None:
                flagged.append(said is None)
                continue
            plain = sighting.visible > IN_VIEW and sighting.turn < FACING
            known.append((said == str(seen.bar.numbers[right]), said is not None, plain))
    right_, named, plain_ = (np.array(column) for column in zip(*known, strict=True))
    return Score(
        len(bars),
        len(known),
        len(flagged),
        float(right_.mean()),
        float((named & ~right_).mean()),
        float(np.mean(flagged)),
        float(right_[plain_].mean()),
    )


def evaluate(folder: Path, files: Sequence[str], bars: int) -> dict[tuple[str, int], Score]:
    """Scores by file and by how many crops enrolled each product; every bar is rendered once."""
    eyes = {file: IdentityEyes.load(folder, file) for file in files}
    seen: dict[str, list[Embedded]] = {file: [] for file in files}
    for seed in range(BARS_FROM, BARS_FROM + bars):
        bar = open_bar(seed)
        for file in files:
            seen[file].append(embedded(bar, eyes[file]))
    empty = empty_gallery(folder)
    return {(file, shown): score(empty, seen[file], shown) for file in files for shown in (SHOWN, FEW)}


def main(arguments: list[str] | None = None) -> int:
    """Prints one line per file and number of enrolling crops."""
    parser = argparse.ArgumentParser(prog="python -m models.bottle_identity.evaluate", description=__doc__)
    parser.add_argument("--folder", type=Path, default=HERE)
    parser.add_argument("--bars", type=int, default=12, help=f"of {FEWEST} to {MOST} products each")
    given = parser.parse_args(arguments)
    for (file, shown), found in evaluate(given.folder, FILES, given.bars).items():
        print(  # noqa: T201 (the command's result)
            f"{file}, {shown} crops each: right {found.right:.4f} (in view {found.right_in_view:.4f}), "
            f"wrong name {found.wrong:.4f}, unknown flagged {found.flagged:.4f}; "
            f"{found.known} sightings of known products, {found.strangers} of others, {found.bars} bars"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
