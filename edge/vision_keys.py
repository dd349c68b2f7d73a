"""Which models a gateway uses: where the shipped ones are, and whose signature it takes beside its own."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable
from pathlib import Path

from edge.settings import Settings, SettingsError
from edge.uplink.signing import key_path, load_or_make_key

SHIPPED_MODELS = Path(__file__).resolve().parents[1] / "models"
Say = Callable[[str], None]
"""How a command about seeing speaks."""


def shipped_models(settings: Settings) -> Path:
    """Return the folder of the models that came with this software."""
    return settings.models_dir or SHIPPED_MODELS


def trusted_keys(settings: Settings) -> frozenset[bytes]:
    """Return raw public keys. Raises SettingsError, KeyFileError or OSError."""
    own = load_or_make_key(key_path(settings.data_dir)).public_key().public_bytes_raw()
    return frozenset({own, *(_key(text) for text in settings.model_keys)})


def _key(text: str) -> bytes:
    try:
        key = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        key = b""
    if len(key) != 32:
        raise SettingsError(
            f"BARBACK_EDGE_MODEL_KEYS: {text[:20]!r} is no key: give what `python -m edge identity` prints"
        )
    return key
