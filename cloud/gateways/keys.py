"""Whose signature it is. Pure."""

from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def signed_by(public_keys: Iterable[bytes], signature: bytes, said: bytes) -> bytes | None:
    """Return the first of the keys (raw Ed25519) that signed what was said; None for none."""
    for key in public_keys:
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, said)
        except (InvalidSignature, ValueError):
            continue
        return key
    return None
