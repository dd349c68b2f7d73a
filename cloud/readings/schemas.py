"""What the readings feature hands out and takes in, beside the wire's own messages (contract.batch)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SignedBody:
    """A batch as it came: the body after decompression, whose bytes are signed, and the two headers."""

    body: bytes
    gateway_id: str
    signature: bytes
