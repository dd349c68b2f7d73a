"""What the scale has taught: kept crops are read again by the reader in use, and curves are bent to them."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from edge.curve_book import CurveBook
from edge.domain.bottle_shape import Pair
from edge.domain.teaching import Lesson, teach
from edge.vision.level_reader import LevelReader
from edge.vision.pairs import PairFolder
from edge.vision.pictures import BrokenPictureError, read
from edge.vision.room import PAIRS


def read_pairs(data_dir: Path, reader: LevelReader | None) -> dict[str, list[Pair]]:
    """Return the pairs by product; without a reader as they were read when they were kept."""
    found: dict[str, list[Pair]] = {}
    for product_id, kept in PairFolder(data_dir / PAIRS).pairs().items():
        own = []
        for one in kept:
            pair = Pair(one.level, one.sigma, one.share)
            if reader is not None:
                try:
                    level = reader.read(read(one.path))
                except (BrokenPictureError, OSError):
                    continue
                if level is None:
                    continue
                pair = Pair(level.level, level.sigma, one.share)
            own.append(pair)
        if own:
            found[product_id] = own
    return found


def give_lesson(
    data_dir: Path,
    reader: LevelReader | None,
    at: datetime,
    say: Callable[[str], None],
    *,
    is_at_once: bool = False,
) -> bool:
    """Teach, and let the result read along (or use it at once); False when there is nothing to learn.

    Raises JsonFileError or OSError.
    """
    book = CurveBook(data_dir)
    in_force = book.in_force()
    curves, lessons = teach(read_pairs(data_dir, reader), in_force)
    for line in _table(lessons):
        say(line)
    if curves == in_force:
        say("Nothing is changed: no product has enough weighed crops that make it better.")
        return False
    book.propose(curves, at)
    if is_at_once:
        book.promote(at)
        say("It is used from now on; `python -m edge model teach --undo` takes it back.")
    else:
        say("It reads along in the running gateway and is used once it has proved itself on fresh crops.")
    return True


def _table(lessons: list[Lesson]) -> list[str]:
    rows = [f"{'product':<28}{'crops':>7}{'kept apart':>12}{'error before':>14}{'after':>9}"]
    for one in lessons:
        name = one.product_id or "all together"
        if one.kept_apart == 0:
            rows.append(f"{name:<28}{one.pairs:>7}{'-':>12}{'too few':>14}{'':>9}")
            continue
        after = f"{100 * one.error_after:.1f} %" + ("" if one.is_better else "  worse, left as it was")
        rows.append(
            f"{name:<28}{one.pairs:>7}{one.kept_apart:>12}{100 * one.error_before:>12.1f} %{after:>9}"
        )
    return rows
