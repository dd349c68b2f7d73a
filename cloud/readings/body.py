"""Reads a request's body while it streams, never more of it than is allowed, compressed or not."""

import asyncio
import zlib
from collections.abc import AsyncIterator

from cloud.problems import Malformed, TooLarge, WrongMediaType
from contract.batch import MAX_BATCH_BYTES

GZIP_WINDOW = 31
"""zlib's number for "a gzip header and 32 kB of window"."""
THREAD_FROM_BYTES = 16 * 1024
"""A larger body is inflated in a thread: zlib lets others run meanwhile."""


async def read_body(stream: AsyncIterator[bytes], encoding: str, max_bytes: int = MAX_BATCH_BYTES) -> bytes:
    """Return the body as it was before any Content-Encoding.

    Raises TooLarge as soon as it is more than max_bytes on either side of the encoding, Malformed for a
    broken gzip stream, WrongMediaType for an encoding other than gzip.
    """
    if encoding in ("", "identity"):
        return await _read(stream, max_bytes)
    if encoding == "gzip":
        return await _read_gzip(stream, max_bytes)
    raise WrongMediaType(f"the encoding {encoding[:40]!r} is not known here; send gzip or none")


async def _read(stream: AsyncIterator[bytes], max_bytes: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in stream:
        size += len(part)
        if size > max_bytes:
            raise _too_large(max_bytes)
        parts.append(part)
    return b"".join(parts)


async def _read_gzip(stream: AsyncIterator[bytes], max_bytes: int) -> bytes:
    raw = await _read(stream, max_bytes)
    if len(raw) < THREAD_FROM_BYTES:
        return inflated(raw, max_bytes)
    return await asyncio.to_thread(inflated, raw, max_bytes)


def inflated(raw: bytes, max_bytes: int) -> bytes:
    """Return what a gzip stream holds; never more than max_bytes of it are made. Raises as read_body."""
    inflate = zlib.decompressobj(GZIP_WINDOW)
    try:
        plain = inflate.decompress(raw, max_bytes + 1)
    except zlib.error as error:
        raise Malformed(f"the body is not gzip as its header says: {error}") from None
    if len(plain) > max_bytes:
        raise _too_large(max_bytes)
    if not inflate.eof or inflate.unused_data:
        raise Malformed("the gzip stream of the body is cut off or followed by something else")
    return plain


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"a batch may have {max_bytes:,} bytes before compression; send fewer records at a time")
