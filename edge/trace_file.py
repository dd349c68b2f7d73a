"""Recorded traces as CSV files with a header line. Knows nothing of weighing."""

import csv
from pathlib import Path

import numpy as np

from edge.domain.calibration import Floats

GRAMS_PER_UNIT = {"kg": 1000.0, "g": 1.0}
MAX_SAMPLES = 10_000_000


class TraceError(ValueError):
    """The file is not a trace."""


def read_trace(path: Path, column: str | None, unit: str | None) -> Floats:
    """Return a column in grams: the named one, or the first whose name ends in _kg or _g.

    The unit is the name's ending unless given. Raises TraceError or OSError.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        index = _column(header, column)
        scale = _scale(header[index], unit)
        try:
            values = [float(row[index]) for row, _ in zip(rows, range(MAX_SAMPLES), strict=False)]
        except (ValueError, IndexError) as error:
            raise TraceError(
                f"{path}: a row without a number in column {header[index]!r} ({error})"
            ) from None
    weight_g = np.array(values) * scale
    if not weight_g.size or not np.isfinite(weight_g).all():
        raise TraceError(f"{path}: column {header[index]!r} is empty or has values that are not finite")
    return weight_g


def weight_columns(path: Path) -> list[str]:
    """Return the names of the columns that end in _kg or _g. Raises TraceError or OSError."""
    with path.open(newline="", encoding="utf-8") as file:
        header = next(csv.reader(file), [])
    _column(header, None)
    return [name for name in header if _unit(name)]


def _column(header: list[str], wanted: str | None) -> int:
    matching = [i for i, name in enumerate(header) if name == wanted or (wanted is None and _unit(name))]
    if not matching:
        raise TraceError(
            f"no column {wanted or '*_kg or *_g'}; the file has {', '.join(header) or 'no header'}"
        )
    return matching[0]


def _unit(name: str) -> str | None:
    ending = name.rsplit("_", 1)[-1]
    return ending if ending in GRAMS_PER_UNIT else None


def _scale(name: str, unit: str | None) -> float:
    known = unit or _unit(name)
    if known is None:
        raise TraceError(f"column {name!r} does not say its unit: pass --unit kg or --unit g")
    return GRAMS_PER_UNIT[known]
