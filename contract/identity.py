"""Who a gateway is: enrolled by a claim, known by its key, let in by short tokens, renewed by its old key.

A claim is a code of 16 characters that a person carries from the cloud's page to the gateway; its first four
name it, the other twelve (60 bits) are known to both sides and never travel. Request and answer of an
enrolment each carry an HMAC made with them, so the code proves the gateway to the cloud and the cloud (and
the certificate it shows) to the gateway. Nothing here depends on the gateway's clock: whatever ends, ends
by the cloud's clock, and is told to the gateway as seconds from now.
"""

import hashlib
import hmac
from typing import Annotated, Literal, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from pydantic import Field, StringConstraints

from contract.base import Message, Slug
from contract.layout import SiteLayout

ENROLMENTS_PATH = "/gateway/v1/enrolments"
NONCES_PATH = "/gateway/v1/nonces"
TOKENS_PATH = "/gateway/v1/tokens"
KEYS_PATH = "/gateway/v1/keys"
LAYOUT_PATH = "/gateway/v1/layout"

CLAIM_HEADER = "Barback-Claim"
"""Of an enrolment and of its answer: '<handle> <HMAC, 64 hexadecimal digits>'."""
ANSWER_TO_HEADER = "Barback-Answer-To"
"""32 random hexadecimal digits; a request with it asks the cloud to sign its answer (it goes by a relay)."""
ANSWER_SIGNATURE_HEADER = "Barback-Answer-Signature"

MAX_IDENTITY_BYTES = 8 * 1024
"""Of any request of this module."""
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, which people misread."""
HANDLE_LENGTH, SECRET_LENGTH, GROUP = 4, 12, 4
MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
LINK_SCHEME = "barback"

PublicKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{43}=$")]
"""32 bytes, base64."""
Signature = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{86}==$")]
"""64 bytes, base64."""
Fingerprint = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a certificate (DER), hexadecimal."""
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~-]{16,512}$")]
Seconds = Annotated[float, Field(ge=0, le=31_622_400)]


class ClaimCode(NamedTuple):
    """A claim as people carry it."""

    handle: str
    secret: str

    def __str__(self) -> str:
        """Return it in groups of four, as it is read out."""
        whole = self.handle + self.secret
        return "-".join(whole[at : at + GROUP] for at in range(0, len(whole), GROUP))

    @classmethod
    def parse(cls, text: str) -> "ClaimCode":
        """Read what a person typed: case, blanks and hyphens do not matter, nor O for 0 and I or L for 1.

        Raises ValueError with what to do.
        """
        plain = text.strip().upper().translate(MISREAD)
        if len(plain) != HANDLE_LENGTH + SECRET_LENGTH or not set(plain) <= set(ALPHABET):
            raise ValueError(
                f"a claim has {HANDLE_LENGTH + SECRET_LENGTH} letters and digits, such as "
                "7KQ4-M2XD-9TPA-60FR; copy it from the page that made it"
            )
        return cls(plain[:HANDLE_LENGTH], plain[HANDLE_LENGTH:])


def claim_link(cloud_url: str, code: ClaimCode) -> str:
    """Return what a claim's picture (QR) says: the cloud's address and the code."""
    return f"{LINK_SCHEME}://enrol?{urlencode({'cloud': cloud_url, 'code': str(code)})}"


def parse_claim(text: str) -> tuple[ClaimCode, str | None]:
    """Read a code or a claim's link; return the code, and the cloud's address where the link has one.

    Raises ValueError with what to do.
    """
    parts = urlsplit(text.strip())
    if parts.scheme.lower() != LINK_SCHEME:
        return ClaimCode.parse(text), None
    fields = parse_qs(parts.query)
    return ClaimCode.parse(fields.get("code", [""])[0]), fields.get("cloud", [None])[0]


def claim_mac(secret: str, body: bytes) -> str:
    """Return the HMAC-SHA256 of an enrolment's body, hexadecimal."""
    return hmac.new(secret.encode(), b"barback-claim-v1\n" + body, hashlib.sha256).hexdigest()


def enrolled_mac(secret: str, request_mac: str, body: bytes) -> str:
    """Return the HMAC-SHA256 of the answer's body to one request, hexadecimal."""
    said = b"barback-enrolled-v1\n" + request_mac.encode() + b"\n" + body
    return hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()


def possession_input(context: str, public_key: str) -> bytes:
    """What a new key signs to show that its other half is there; context: a claim's handle or the gateway."""
    return f"barback-possession-v1\n{context}\n{public_key}".encode()


def nonce_input(gateway_id: str, nonce: str) -> bytes:
    """What a gateway's key signs to get a token."""
    return f"barback-nonce-v1\n{gateway_id}\n{nonce}".encode()


def rotation_input(body: bytes) -> bytes:
    """What the old key signs to let a new one in."""
    return b"barback-rotation-v1\n" + body


def answer_input(answer_to: str, batch_signature: str, status: int, body: bytes) -> bytes:
    """What the cloud signs when a batch came by a relay: which batch, which request, which answer."""
    return f"barback-answer-v1\n{answer_to}\n{batch_signature}\n{status}\n".encode() + body


class EnrolmentRequest(Message):
    """A gateway with a key of its own and a claim in somebody's hand."""

    v: Literal[1] = 1
    gateway_id: Slug | None = None
    """None lets the claim name it, where it was made for one gateway."""
    site_id: Slug | None = None
    """The site the gateway believes to be at, where it has a layout already."""
    public_key: PublicKey
    proof: Signature
    """Over possession_input(handle, public_key), by that key."""
    seen_certificate: Fingerprint | None = None
    """Of the cloud's certificate as the gateway saw it, where no authority vouches for it."""


class EnrolmentAnswer(Message):
    """The gateway is registered."""

    v: Literal[1] = 1
    site_id: Slug
    gateway_id: Slug
    cloud_key: PublicKey
    """With which the cloud signs answers that come back by a relay."""
    certificate: Fingerprint | None = None
    """Of the cloud's own certificate; None where something in front of the cloud ends TLS."""
    layout: SiteLayout


class NonceAnswer(Message):
    """Something to sign, once."""

    nonce: Token
    expires_in_s: Seconds


class TokenRequest(Message):
    """A nonce, signed."""

    v: Literal[1] = 1
    gateway_id: Slug
    nonce: Token
    signature: Signature
    """Over nonce_input(gateway_id, nonce)."""


class TokenAnswer(Message):
    """Goes into `Authorization: Bearer TOKEN`; worth nothing once its key is revoked."""

    token: Token
    expires_in_s: Seconds


class KeyRequest(Message):
    """A new key beside the old one; the old key signs rotation_input(body), in Barback-Signature."""

    v: Literal[1] = 1
    gateway_id: Slug
    public_key: PublicKey
    proof: Signature
    """Over possession_input(gateway_id, public_key), by the new key."""


class KeyAnswer(Message):
    """The new key counts now; the old one for a while longer."""

    public_key: PublicKey
    old_key_ends_in_s: Seconds
