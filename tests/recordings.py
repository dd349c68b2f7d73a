"""Real recordings lie outside the repository; a test that needs one skips where it is missing."""

import os
from pathlib import Path

import pytest

DEFAULT = Path(__file__).parents[2] / "shared" / "data"


def recording(name: str) -> Path:
    """Return the path of a recording such as load_cell/run1.csv, or skip the test and say so."""
    folder = Path(os.environ.get("BARBACK_DATA", DEFAULT))
    if not (folder / name).is_file():
        pytest.skip(f"the recording {name} is not in {folder}; set BARBACK_DATA to the folder that has it")
    return folder / name
