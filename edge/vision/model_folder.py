"""A model's folder, opened: manifest, signature, sums, session, input. Owns which of its files runs.

`python -m edge bench vision` writes choice.json into the gateway's own directory: FP32 or INT8, whichever is
faster on this device.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.vision.manifest import (
    Kind,
    Manifest,
    ModelRefusedError,
    Trust,
    model_bytes,
    read_manifest,
    trust_of,
)
from edge.vision.sessions import check_input, open_session

FIRST, SECOND = "model.onnx", "model.int8.onnx"
CHOICE = "vision_choice.json"


@dataclass(frozen=True, slots=True)
class OpenModel:
    """A model that may be used."""

    folder: Path
    file: str
    manifest: Manifest
    trust: Trust
    session: Any

    @property
    def name(self) -> str:
        """What a person calls it."""
        return f"{self.manifest.model} {self.manifest.version} ({self.file}, {self.trust.value})"


def open_model(
    folder: Path, kind: Kind, *, keys: Collection[bytes], is_shipped: bool, file: str | None = None
) -> OpenModel:
    """Open a model after every check. Raises ModelRefusedError; `file` is the manifest's first by default."""
    manifest, raw = read_manifest(folder)
    if manifest.model != kind:
        raise ModelRefusedError(f"{folder} is a {manifest.model}, not a {kind}: give the right folder")
    trust = trust_of(raw, folder, keys, is_shipped=is_shipped)
    names = [entry.file for entry in manifest.files]
    chosen = file if file in names else names[0]
    session = open_session(model_bytes(folder, manifest, chosen), folder / chosen)
    check_input(session, manifest.input, folder / chosen)
    return OpenModel(folder, chosen, manifest, trust, session)


def read_choice(data_dir: Path) -> dict[str, str]:
    """Return the file that runs, by kind of model; empty where nothing was measured here."""
    try:
        found = json.loads((data_dir / CHOICE).read_text())
    except (OSError, ValueError):
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def write_choice(data_dir: Path, choice: dict[str, str]) -> None:
    """Keep which file runs. Raises OSError."""
    data_dir.mkdir(parents=True, exist_ok=True)
    fresh = data_dir / f".{CHOICE}.tmp"
    fresh.write_text(json.dumps(choice, indent=1) + "\n")
    fresh.replace(data_dir / CHOICE)
