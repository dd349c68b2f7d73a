"""cloud.json in the data directory: which cloud let this gateway in, and the key it signs answers with."""

from pathlib import Path

from pydantic import ValidationError

from contract.base import Message, Slug
from contract.identity import PublicKey

CLOUD_NAME = "cloud.json"


class CloudEntry(Message):
    """What an enrolment told."""

    cloud_url: str
    site_id: Slug
    gateway_id: Slug
    cloud_key: PublicKey


class CloudFile:
    """The file; a gateway that an administrator registered by hand has none."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / CLOUD_NAME

    def write(self, entry: CloudEntry) -> None:
        """Replace the file at once. Raises OSError."""
        fresh = self._path.with_suffix(".tmp")
        fresh.write_text(entry.model_dump_json(indent=1))
        fresh.replace(self._path)

    def read(self) -> CloudEntry | None:
        """Return what was told; None where there is nothing to read."""
        try:
            return CloudEntry.model_validate_json(self._path.read_bytes())
        except (OSError, ValidationError):
            return None
