import base64
import stat
from pathlib import Path

import pytest

from edge.uplink.signing import KeyFileError, key_path, load_key, load_or_make_key, public_key_base64


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = key_path(tmp_path / "data")
    first = public_key_base64(load_or_make_key(path))
    assert public_key_base64(load_or_make_key(path)) == first
    assert len(base64.b64decode(first)) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")


def test_a_missing_key_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="run `python -m edge identity`"):
        load_key(tmp_path / "gateway.key")


def test_a_damaged_key_is_never_replaced_silently(tmp_path: Path) -> None:
    path = tmp_path / "gateway.key"
    path.write_text("damaged")
    with pytest.raises(KeyFileError, match="cannot be read"):
        load_or_make_key(path)
    assert path.read_text() == "damaged"
