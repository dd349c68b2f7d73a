"""The status file: written whole or not at all, read by another process. Knows nothing of its contents."""

import os
from pathlib import Path

from edge.domain.status import Status

STATUS_NAME = "status.json"


class StatusFile:
    """status.json in the data directory."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / STATUS_NAME

    def write(self, status: Status) -> None:
        """Replace the file at once. Raises OSError."""
        fresh = self._path.with_suffix(".tmp")
        fresh.write_text(status.model_dump_json())
        fresh.replace(self._path)

    def read(self) -> Status | None:
        """Return what was last written; None when there is nothing to read. Raises ValidationError."""
        try:
            return Status.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None


def probe_durability(directory: Path) -> str | None:
    """Write, fsync and remove a small file; None when it worked, else a sentence."""
    probe = directory / ".selftest"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with probe.open("wb") as file:
            file.write(b"barback")
            file.flush()
            os.fsync(file.fileno())
        probe.unlink()
    except OSError as error:
        return f"{directory} ({error.strerror}): make it writable for this user, or free some space"
    return None
