"""The gateway's Ed25519 key: made once, kept in a file only its owner reads. Knows nothing of HTTP."""

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from contract.batch import SIGNATURE_SCHEME, signing_input

KEY_NAME = "gateway.key"
NEXT_KEY_NAME = "gateway.key.next"
"""A key that the cloud may or may not know yet; it becomes gateway.key once it does."""


class SigningKey(Protocol):
    """What signs: a key, or the file that holds the one of this moment."""

    def sign(self, data: bytes, /) -> bytes:
        """Return the signature, 64 bytes."""

    def public_key(self) -> Ed25519PublicKey:
        """Return the public half."""


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
    write_key(path, key)
    return key


def write_key(path: Path, key: Ed25519PrivateKey) -> None:
    """Write a key (PKCS8 PEM, mode 0600), whole or not at all, and durable."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(descriptor)
    fresh.rename(path)


class KeyOnDisk:
    """The key in gateway.key: another process may put a new one there, and the next signature is by that."""

    def __init__(self, path: Path) -> None:
        """Read the key, making it when there is none. Raises KeyFileError."""
        self.path = path
        self._key, self._stamp = load_or_make_key(path), self._seen()

    @property
    def next_path(self) -> Path:
        """Where a key waits until the cloud knows it."""
        return self.path.with_name(NEXT_KEY_NAME)

    def sign(self, data: bytes, /) -> bytes:
        """Return the signature of the key of this moment."""
        return self._current().sign(data)

    def public_key(self) -> Ed25519PublicKey:
        """Return the public half of the key of this moment."""
        return self._current().public_key()

    def adopt_next(self) -> None:
        """The cloud knows the key that waited: from now on it is the key."""
        self.next_path.rename(self.path)

    def _current(self) -> Ed25519PrivateKey:
        seen = self._seen()
        if seen is not None and seen != self._stamp:
            self._key, self._stamp = load_key(self.path), seen
        return self._key

    def _seen(self) -> tuple[int, int] | None:
        """What differs whenever the file does; None while it is away: the key that was read still counts."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino


def public_key_base64(key: SigningKey) -> str:
    """Return the raw 32 bytes of the public key in base64: what the cloud registers."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def signature_header(key: SigningKey, body: bytes, input_of: Callable[[bytes], bytes] = signing_input) -> str:
    """Return the value of the signature header for a body before any Content-Encoding."""
    return f"{SIGNATURE_SCHEME} {base64.b64encode(key.sign(input_of(body))).decode()}"
