"""calibration.json in the data directory: what was calibrated when, how well, and what was undone.

It overrides the layout's tare and span. Several processes write it (`calibrate`, `tare`, a running gateway's
page and button), each under a lock and whole or not at all; a running gateway notices by its change.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contract.base import Slug, Utc

BOOK_NAME = "calibration.json"
MAX_ENTRIES = 50
"""Per scale; the oldest go."""


class Calibration(BaseModel):
    """One calibration of one scale; weight_g = (counts - tare_counts) / counts_per_g."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    made_at: Utc
    how: Literal["calibrate", "tare", "button"]
    tare_counts: Annotated[float, Field(ge=-(2**24), le=2**24)]
    counts_per_g: Annotated[float, Field(ge=-1e6, le=1e6)]
    loads_g: tuple[float, ...] = ()
    sigma_tare_g: float | None = None
    sigma_span: float | None = None
    linearity_error_g: float | None = None
    repeatability_g: float | None = None
    check_error_g: float | None = None
    temperature_c: Annotated[float, Field(ge=-60, le=120)] | None = None
    """At the cell; None where its node does not say."""
    undone_at: Utc | None = None


class _Pages(BaseModel):
    v: Literal[1] = 1
    scales: dict[Slug, tuple[Calibration, ...]] = {}


class BookError(ValueError):
    """calibration.json cannot be read."""


class CalibrationBook:
    """The calibrations of one gateway."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / BOOK_NAME
        self._lock_path = data_dir / f".{BOOK_NAME}.lock"

    def stamp(self) -> tuple[int, int] | None:
        """Return something that differs whenever the file does; None while there is none."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino

    def history(self, scale_id: str) -> tuple[Calibration, ...]:
        """Return all that is known of a scale, oldest first. Raises BookError."""
        return self._read().scales.get(scale_id, ())

    def current(self) -> dict[str, Calibration]:
        """Return the calibration in force of every scale that has one. Raises BookError."""
        return {name: last for name, entries in self._read().scales.items() if (last := _in_force(entries))}

    def spanned(self, scale_id: str) -> Calibration | None:
        """How the span in force was found: a later tare does not make it younger. Raises BookError."""
        made = [one for one in self.history(scale_id) if one.how == "calibrate" and not one.undone_at]
        return made[-1] if made else None

    def add(self, scale_id: str, calibration: Calibration) -> None:
        """Put a calibration in force. Raises BookError or OSError."""
        with self._changing() as pages:
            entries = (*pages.scales.get(scale_id, ()), calibration)
            pages.scales[scale_id] = entries[-MAX_ENTRIES:]

    def undo(self, scale_id: str, at: datetime) -> tuple[Calibration, Calibration | None] | None:
        """Take the calibration in force back; return it and the one before, None when there is none.

        Raises BookError or OSError.
        """
        with self._changing() as pages:
            entries = list(pages.scales.get(scale_id, ()))
            last = _in_force(entries)
            if last is None:
                return None
            entries[entries.index(last)] = last.model_copy(update={"undone_at": at})
            pages.scales[scale_id] = tuple(entries)
            return last, _in_force(entries)

    @contextmanager
    def _changing(self) -> Iterator[_Pages]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock_path.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            pages = self._read()
            yield pages
            fresh = self._path.with_suffix(".tmp")
            with fresh.open("w") as file:
                file.write(pages.model_dump_json(indent=1))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)

    def _read(self) -> _Pages:
        try:
            return _Pages.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return _Pages()
        except (ValidationError, OSError) as error:
            raise BookError(
                f"{self._path} cannot be read ({type(error).__name__}): move it away to fall back to the "
                "layout's calibration, or restore it from a backup"
            ) from None


def _in_force(entries: list[Calibration] | tuple[Calibration, ...]) -> Calibration | None:
    standing = [entry for entry in entries if entry.undone_at is None]
    return standing[-1] if standing else None
