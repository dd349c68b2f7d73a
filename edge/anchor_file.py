"""Remembers the newest anchor beyond a boot: time has not gone back since. Knows nothing of clocks."""

import logging
from datetime import UTC, datetime
from pathlib import Path

ANCHOR_NAME = "anchor.txt"
log = logging.getLogger(__name__)


class AnchorFile:
    """anchor.txt in the data directory: one instant."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / ANCHOR_NAME

    def write(self, at: datetime) -> None:
        """Replace it; a disk that is full is no reason to stop."""
        fresh = self._path.with_suffix(".new")
        try:
            fresh.write_text(at.isoformat())
            fresh.replace(self._path)
        except OSError as error:
            log.warning("%s cannot be written: %s", self._path.name, error)

    def read(self) -> datetime | None:
        """Return the instant; None where there is none that makes sense."""
        try:
            return datetime.fromisoformat(self._path.read_text()).astimezone(UTC)
        except (OSError, ValueError, OverflowError):
            return None
