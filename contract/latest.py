"""What every scale shows now (POST /gateway/v1/latest): the newest value, not durable, ahead of any backlog.

Signed as a batch is, with a prefix of its own. It is never kept or repeated: what is lost is replaced by
the next one a few seconds later, and the durable readings come by their own lane. A receiver that keeps
"the newest by position" may take `next_seq` for the position of all its readings: rows of the lane
`states` with a lower number of the same epoch are older, all others are newer.
"""

from typing import Annotated, Literal

from pydantic import Field

from contract.anchors import BoottimeNs, Sent
from contract.base import Hex32, Message, Slug, Utc
from contract.batch import Seq
from contract.records import Reading

LATEST_PATH = "/gateway/v1/latest"
MAX_LATEST_READINGS = 256
MAX_LATEST_BYTES = 128 * 1024


def latest_signing_input(body: bytes) -> bytes:
    """Return the bytes that are signed: the body behind a prefix, so that no other signature fits."""
    return b"barback-latest-v1\n" + body


class LatestReading(Message):
    """A reading and the boot time at which it was true."""

    boottime_ns: BoottimeNs
    reading: Reading


class Latest(Message):
    """All scales of a gateway, each once."""

    v: Literal[1] = 1
    gateway_id: Slug
    epoch: Hex32
    next_seq: Seq
    """The number that the next record of the lane `states` will get."""
    waiting: Annotated[int, Field(ge=0)] = 0
    """Records of all lanes that the cloud has not acknowledged yet."""
    sent: Sent
    readings: Annotated[tuple[LatestReading, ...], Field(max_length=MAX_LATEST_READINGS)]


class LatestAnswer(Message):
    """200: seen. received_at is the cloud's clock when the whole body had arrived."""

    received_at: Utc
