"""Records as they lie in the file: a block is one commit's records of one lane, compressed. Pure.

A reading is some 280 bytes of JSON and differs from its neighbours in a few digits: 60 of them together
compress to 30 bytes each (zlib at level 3, 0.5 us a record), one by one to 180. So an SD card that is
written every 5 s gets a page or two, and 14 days offline fit into half a gigabyte.
"""

import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

LEVEL = 3
MAX_BLOCK_ROWS = 256
MAX_BLOCK_BYTES = 256 * 1024
"""Of a block before compression, but for a single record that is larger."""


class Block(NamedTuple):
    """Consecutive records of a lane, and the checksum over their place and their bytes."""

    first_seq: int
    rows: int
    crc32: int
    body: bytes

    @property
    def end_seq(self) -> int:
        """The number after its last."""
        return self.first_seq + self.rows


def blocks(epoch: str, lane: str, first_seq: int, bodies: Sequence[bytes]) -> Iterator[Block]:
    """Yield the blocks of consecutive records; no record may hold a newline (JSON does not)."""
    part: list[bytes] = []
    size = 0
    for body in bodies:
        assert b"\n" not in body, "a record is one line of JSON"
        if part and (len(part) >= MAX_BLOCK_ROWS or size + len(body) > MAX_BLOCK_BYTES):
            yield _block(epoch, lane, first_seq, part)
            first_seq, part, size = first_seq + len(part), [], 0
        part.append(body)
        size += len(body)
    if part:
        yield _block(epoch, lane, first_seq, part)


def records(epoch: str, lane: str, block: Block) -> list[bytes] | None:
    """Return the records of a block; None where a bit of it, or of its place, has changed."""
    if checksum(epoch, lane, block.first_seq, block.rows, block.body) != block.crc32:
        return None
    try:
        found = zlib.decompress(block.body).split(b"\n")
    except zlib.error:
        return None
    return found if len(found) == block.rows else None


def checksum(epoch: str, lane: str, first_seq: int, count: int, body: bytes) -> int:
    """Return the crc32 of a block: of whose it is, where it stands and what it holds."""
    return zlib.crc32(body, zlib.crc32(f"{epoch}/{lane}/{first_seq}/{count}/".encode()))


def _block(epoch: str, lane: str, first_seq: int, part: Sequence[bytes]) -> Block:
    body = zlib.compress(b"\n".join(part), LEVEL)
    return Block(first_seq, len(part), checksum(epoch, lane, first_seq, len(part), body), body)
