"""The gateway's Ed25519 key: made once, kept in a file only its owner reads. Knows nothing of HTTP."""

import base64
import os
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from contract.batch import SIGNATURE_SCHEME, signing_input

KEY_NAME = "gateway.key"


class KeyFileError(RuntimeError):
    """The key cannot be read."""


def key_path(data_dir: Path) -> Path:
    """Where a gateway keeps its key."""
    return data_dir / KEY_NAME


def load_key(path: Path) -> Ed25519PrivateKey:
    """Read the key. Raises KeyFileError with what to do."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except FileNotFoundError:
        raise KeyFileError(f"{path} is missing: run `python -m edge identity` and register the key") from None
    except (OSError, ValueError, TypeError) as error:
        raise KeyFileError(
            f"{path} cannot be read ({error}): restore it, or move it away for a new one"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} is not an Ed25519 key: move it away and run `python -m edge identity`")
    return key


def load_or_make_key(path: Path) -> Ed25519PrivateKey:
    """Read the key, making it (PKCS8 PEM, mode 0600, durable) when there is none."""
    if path.exists():
        return load_key(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(descriptor)
    fresh.rename(path)
    return key


def public_key_base64(key: Ed25519PrivateKey) -> str:
    """Return the raw 32 bytes of the public key in base64: what the cloud registers."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def signature_header(
    key: Ed25519PrivateKey, body: bytes, input_of: Callable[[bytes], bytes] = signing_input
) -> str:
    """Return the value of the signature header for a body before any Content-Encoding."""
    return f"{SIGNATURE_SCHEME} {base64.b64encode(key.sign(input_of(body))).decode()}"
