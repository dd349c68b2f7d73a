"""local_page.json in the data directory: where the local page is and its PIN, for `python -m edge status`.

Readable by the gateway's own user only; it goes when the gateway stops, and the PIN with it.
"""

from pathlib import Path

from pydantic import BaseModel, ValidationError

PAGE_NAME = "local_page.json"


class PageEntry(BaseModel):
    """Where the page is, and its PIN."""

    url: str
    pin: str


class PageFile:
    """The file."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / PAGE_NAME

    def write(self, entry: PageEntry) -> None:
        """Replace the file, readable by nobody else at any time. Raises OSError."""
        self._path.unlink(missing_ok=True)
        self._path.touch(mode=0o600)
        self._path.write_text(entry.model_dump_json())

    def read(self) -> PageEntry | None:
        """Return the page of a running gateway; None when there is none."""
        try:
            return PageEntry.model_validate_json(self._path.read_bytes())
        except (OSError, ValidationError):
            return None

    def remove(self) -> None:
        """The gateway stops."""
        self._path.unlink(missing_ok=True)
