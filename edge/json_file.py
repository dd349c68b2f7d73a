"""Small JSON files in the data directory that several processes change: under a lock, whole or not at all."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

Content = TypeVar("Content", bound=BaseModel)


class JsonFileError(ValueError):
    """A file cannot be read; the message names it and says what to do."""


class JsonFile(Generic[Content]):
    """One file with one kind of content; a file that is not there yet holds the content's defaults."""

    def __init__(self, path: Path, kind: type[Content]) -> None:
        self.path, self._kind = path, kind

    def stamp(self) -> tuple[int, int] | None:
        """Return something that differs whenever the file does; None while there is none."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino

    def read(self) -> Content:
        """Return the content. Raises JsonFileError."""
        try:
            return self._kind.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return self._kind()
        except (ValidationError, OSError) as error:
            raise JsonFileError(
                f"{self.path} cannot be read ({type(error).__name__}): move it away, or restore it"
            ) from None

    def change(self, how: Callable[[Content], Content]) -> Content:
        """Read, change and write; return what was written. Raises JsonFileError or OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_name(f".{self.path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            changed = how(self.read())
            fresh = self.path.with_name(f".{self.path.name}.tmp")
            with fresh.open("w") as file:
                file.write(changed.model_dump_json(indent=1))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path)
            return changed
