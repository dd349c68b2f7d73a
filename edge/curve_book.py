"""vision/curves.json: how seen levels become volumes here, in force and as a candidate that reads along."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contract.base import Slug, Utc
from edge.domain.bottle_shape import MAX_KNOTS, Curve
from edge.json_file import JsonFile

FILE = Path("vision") / "curves.json"
FOR_ALL = "all-products"
"""Name, in the file, of the curve of products without one of their own."""


class KeptCurve(BaseModel):
    """A curve as it is written."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    knots: Annotated[tuple[tuple[float, float], ...], Field(min_length=2, max_length=MAX_KNOTS + 2)]
    share_sigma: Annotated[float, Field(gt=0, le=1)]
    sigma_factor: Annotated[float, Field(gt=0, le=10)]


class Curves(BaseModel):
    """One set of curves and when it was made."""

    model_config = ConfigDict(frozen=True)

    made_at: Utc | None = None
    curves: dict[Slug, KeptCurve] = {}


class _Book(BaseModel):
    v: int = 1
    in_force: Curves = Curves()
    candidate: Curves | None = None
    before: Curves | None = None


class CurveBook:
    """The curves of one gateway."""

    def __init__(self, data_dir: Path) -> None:
        self._file = JsonFile(data_dir / FILE, _Book)

    def stamp(self) -> object:
        """Return something that differs whenever the book does."""
        return self._file.stamp()

    def in_force(self) -> dict[str, Curve]:
        """Return the curves that are used, by product; "" for all others. Raises JsonFileError."""
        return _read(self._file.read().in_force)

    def candidate(self) -> dict[str, Curve] | None:
        """Return the curves that read along. Raises JsonFileError."""
        found = self._file.read().candidate
        return None if found is None else _read(found)

    def propose(self, curves: Mapping[str, Curve], at: datetime) -> None:
        """Let curves read along. Raises JsonFileError or OSError."""
        kept = _kept(curves, at)
        self._file.change(lambda book: book.model_copy(update={"candidate": kept}))

    def promote(self, at: datetime) -> bool:
        """Put the candidate in force; False when there is none. Raises JsonFileError or OSError."""
        book = self._file.change(
            lambda book: (
                book
                if book.candidate is None
                else _Book(in_force=book.candidate.model_copy(update={"made_at": at}), before=book.in_force)
            )
        )
        return book.candidate is None and book.before is not None

    def drop(self) -> None:
        """Forget the candidate. Raises JsonFileError or OSError."""
        self._file.change(lambda book: book.model_copy(update={"candidate": None}))

    def undo(self) -> bool:
        """Go back to the curves before; False when there are none. Raises JsonFileError or OSError."""
        had = self._file.read().before
        if had is None:
            return False
        self._file.change(lambda book: _Book(in_force=had, candidate=book.candidate))
        return True


def _read(found: Curves) -> dict[str, Curve]:
    return {
        "" if name == FOR_ALL else name: Curve(one.knots, one.share_sigma, one.sigma_factor)
        for name, one in found.curves.items()
    }


def _kept(curves: Mapping[str, Curve], at: datetime) -> Curves:
    return Curves(
        made_at=at,
        curves={
            name or FOR_ALL: KeptCurve(
                knots=one.knots, share_sigma=one.share_sigma, sigma_factor=one.sigma_factor
            )
            for name, one in curves.items()
        },
    )
