"""Nonces and tokens: texts with an HMAC, so that any process of this cloud knows them without asking. Pure.

nonce  <issued, Unix s>.<random, hex>.<HMAC>
token  <gateway_id>.<ends, Unix s>.<key id>.<HMAC>
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass

NONCE_LIVES_S = 60
TOKEN_LIVES_S = 600
CLOCKS_DIFFER_S = 5
"""Processes of one cloud may disagree about the time by this much."""


class StaleError(ValueError):
    """Ours, but too old; the message says what to do."""


class ForgedError(ValueError):
    """Not made here."""


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """What a token says: which gateway, and by which of its keys it was got."""

    gateway_id: str
    key_id: str
    ends_s: int


def key_id(public_key: bytes) -> str:
    """Return a short name of a key: 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def make_nonce(secret: bytes, now_s: float, random: bytes) -> str:
    """Return a nonce issued now."""
    return _sealed(secret, "nonce", f"{int(now_s)}.{random.hex()}")


def read_nonce(secret: bytes, now_s: float, nonce: str) -> str:
    """Return the random part of a nonce of ours. Raises ForgedError or StaleError."""
    issued, _, random = _opened(secret, "nonce", nonce).partition(".")
    if not -CLOCKS_DIFFER_S <= now_s - int(issued) <= NONCE_LIVES_S:
        raise StaleError(f"the nonce is older than {NONCE_LIVES_S} s; get a new one and sign that")
    return random


def make_token(secret: bytes, now_s: float, gateway_id: str, public_key: bytes) -> str:
    """Return a token for a gateway that has shown this key."""
    return _sealed(secret, "token", f"{gateway_id}.{int(now_s) + TOKEN_LIVES_S}.{key_id(public_key)}")


def read_token(secret: bytes, now_s: float, token: str) -> TokenClaims:
    """Return what a token of ours says. Raises ForgedError or StaleError."""
    gateway_id, ends, key = _opened(secret, "token", token).split(".")
    if now_s > int(ends) + CLOCKS_DIFFER_S:
        raise StaleError("the token has expired; sign a new nonce for another")
    return TokenClaims(gateway_id, key, int(ends))


def _sealed(secret: bytes, purpose: str, text: str) -> str:
    return f"{text}.{_mac(secret, purpose, text)}"


def _opened(secret: bytes, purpose: str, sealed: str) -> str:
    text, _, mac = sealed.rpartition(".")
    if not hmac.compare_digest(mac.encode(), _mac(secret, purpose, text).encode()):
        raise ForgedError(f"this {purpose} was not made here")
    return text


def _mac(secret: bytes, purpose: str, text: str) -> str:
    digest = hmac.new(secret, f"barback-{purpose}-v1\n{text}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
