"""`python benchmarks/vision.py`: the shipped vision models against their limits, beside a proof of concept.

Prints a table for people; the last line is one JSON object. `--write` puts the figures into docs/vision.md
and the cards of the models. What a whole bar with cameras does is measured by benchmarks/vision_bar.py.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import vision_figures as figures
from benchmarks.vision_figures import MODELS, ROOT
from benchmarks.vision_pages import Figure, shown, write

FULL = {"pictures": 300, "crops": 1_200, "bars": 8, "rounds": 200}
QUICK = {"pictures": 30, "crops": 80, "bars": 1, "rounds": 40}


def measure(sizes: dict[str, int]) -> Iterator[Figure]:
    """Every figure, in the order of the pages."""
    yield from figures.photographs()
    yield from figures.rendered(sizes["pictures"], sizes["crops"])
    yield from figures.levels_on_photographs()
    yield from figures.identity(sizes["bars"])
    yield from figures.identity_on_photographs()
    yield from figures.speed(sizes["rounds"])
    yield from figures.sizes()


def line(figure: Figure) -> str:
    """One figure as people read it."""
    said = f"{figure.model:16} {figure.what}: {shown(figure.measured)}"
    if figure.limit is None:
        return f"     {said}"
    relation = "at least" if figure.at_least else "at most"
    return f"{'ok  ' if figure.good else 'MISS'} {said} ({relation} {shown(figure.limit)})"


def write_pages(found: list[Figure]) -> None:
    """The models' cards and docs/vision.md."""
    for model in ("bottle_detector", "fill_level", "bottle_identity"):
        mine = [figure for figure in found if figure.model == model]
        write(MODELS / model / "card.md", mine)
    write(ROOT / "docs" / "vision.md", [figure for figure in found if figure.limit is not None])


def main(arguments: list[str] | None = None) -> int:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(prog="python benchmarks/vision.py", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rendered pictures: under a minute of CPU")
    parser.add_argument(
        "--write", action="store_true", help="put the figures into docs/vision.md and the cards"
    )
    given = parser.parse_args(arguments)
    found = []
    for figure in measure(QUICK if given.quick else FULL):
        print(line(figure), flush=True)
        found.append(figure)
    if given.write:
        write_pages(found)
    missed = [figure.what for figure in found if not figure.good]
    print(json.dumps({"quick": given.quick, "missed": missed, "figures": [asdict(one) for one in found]}))
    return 1 if missed and not given.quick else 0


if __name__ == "__main__":
    raise SystemExit(main())
