"""The signed batch, its answer, and the refusals (POST /gateway/v1/batches).

A batch is one run of consecutive records of one lane. Its body is JSON (a Batch); its signature stands
in a header, so that a neighbour can carry body and headers on unchanged:

    Barback-Gateway:   the gateway that accepted the records and signed them
    Barback-Signature: ed25519 <base64 of the signature over signing_input(body)>

The cloud keeps one high-water mark per (gateway, epoch, lane): the last sequence number it has committed
(-1 before the first). It takes a batch that begins at mark + 1, or that carries a declared gap from
mark + 1 up to its start; records at or under the mark are already there and are skipped. What begins
above it gets 409 with expected_seq, from which the gateway goes on. The answer comes after the commit.
"""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, model_validator

from contract.anchors import Sent
from contract.base import Hex32, Message, Sentence, Slug, Utc
from contract.records import Lane, Record

BATCHES_PATH = "/gateway/v1/batches"
GATEWAY_HEADER = "Barback-Gateway"
SIGNATURE_HEADER = "Barback-Signature"
SIGNATURE_SCHEME = "ed25519"

MAX_BATCH_RECORDS = 2_000
MAX_BATCH_BYTES = 4 * 1024 * 1024
"""Of the body as it is signed, before any Content-Encoding."""

Seq = Annotated[int, Field(ge=0, lt=2**53)]


def signing_input(body: bytes) -> bytes:
    """Return the bytes that are signed: the body behind a prefix, so that no other signature fits."""
    return b"barback-batch-v1\n" + body


class Gap(Message):
    """Records that were given up on purpose, from from_seq up to the batch's first_seq - 1."""

    from_seq: Seq
    reason: Sentence


class _Head(Message):
    v: Literal[1] = 1
    gateway_id: Slug
    epoch: Hex32
    lane: Lane
    first_seq: Seq
    gap: Gap | None = None
    sent: Sent | None = None
    """The sender's clocks when it signed this; older gateways do not say."""

    @model_validator(mode="after")
    def _gap_ends_here(self) -> "_Head":
        if self.gap is not None and self.gap.from_seq >= self.first_seq:
            raise ValueError(f"a gap from {self.gap.from_seq} cannot end before {self.first_seq}")
        return self


class Batch(_Head):
    """Consecutive records: records[i] has the sequence number first_seq + i."""

    records: Annotated[list[Record], Field(max_length=MAX_BATCH_RECORDS)]


class LooseBatch(_Head):
    """The same batch with its records unread: for finding the bad ones when Batch refuses the whole."""

    records: Annotated[list[JsonValue], Field(max_length=MAX_BATCH_RECORDS)]


class Refusal(Message):
    """A record that was put into quarantine instead of the tables, and why."""

    seq: Seq
    reason: Sentence


class BatchAnswer(Message):
    """200: everything up to and including `mark` is committed."""

    epoch: Hex32
    lane: Lane
    mark: Annotated[int, Field(ge=-1, lt=2**53)]
    stored: Annotated[int, Field(ge=0)]
    already_there: Annotated[int, Field(ge=0)] = 0
    flagged: Annotated[int, Field(ge=0)] = 0
    """Stored, but with a time or value that is not believed."""
    quarantined: Annotated[tuple[Refusal, ...], Field(max_length=MAX_BATCH_RECORDS)] = ()
    received_at: Utc | None = None
    """The cloud's clock when the whole body had arrived; older clouds do not say."""


class Problem(Message):
    """RFC 9457 problem details: every refusal has this shape; `detail` says what to do next."""

    type: str = "about:blank"
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    expected_seq: int | None = None
    """With status 409: the sequence number with which the next batch must begin."""
