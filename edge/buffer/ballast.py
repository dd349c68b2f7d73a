"""A file that only takes up room, so that there is some when the disk is full.

After SQLITE_FULL a WAL database can neither delete nor checkpoint, because both need room first. 8 MiB (twice
what the write-ahead log may take) given back at that moment are enough; less was measured not to be.
"""

import os
import shutil
from pathlib import Path

BALLAST_BYTES = 8 * 1024 * 1024
SPARE_FACTOR = 4
"""The ballast is laid down again once this many times its size is free."""


class Ballast:
    """The file beside the outbox. Raises nothing: without ballast the outbox still works, less surely."""

    def __init__(self, path: Path, size: int = BALLAST_BYTES) -> None:
        self._path, self._size = path, size

    @property
    def is_there(self) -> bool:
        """Whether there is something to give back."""
        return self._path.exists()

    @property
    def used_bytes(self) -> int:
        """What it takes of the disk."""
        return self._size if self.is_there else 0

    def free_bytes(self) -> int:
        """Free bytes of the disk, for everybody."""
        return shutil.disk_usage(self._path.parent).free

    def lay(self) -> bool:
        """Lay it down where there is room enough; True when it is there."""
        if self.is_there:
            return True
        if self._size == 0 or self.free_bytes() < SPARE_FACTOR * self._size:
            return False
        fresh = self._path.with_suffix(".new")
        try:
            with fresh.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size)
            fresh.rename(self._path)
        except OSError:
            fresh.unlink(missing_ok=True)
            return False
        return True

    def give_back(self) -> bool:
        """Delete it; True when that freed room."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True
