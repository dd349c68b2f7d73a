"""HTTP/1.1 on one kept connection, as little as a batch needs of it: ten thousand fit in a process."""

import asyncio
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_ANSWER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, the header Retry-After in seconds (0 where there is none), and the body."""

    status: int
    retry_after_s: float
    body: bytes


class _ClosedError(ConnectionError):
    """Not a byte of an answer came."""


class Line:
    """A connection to the cloud that is opened when needed and kept; one request at a time."""

    def __init__(self, url: str, timeout_s: float) -> None:
        parts = urlsplit(url)
        self._host, self._is_tls = parts.hostname or "127.0.0.1", parts.scheme == "https"
        self._port = parts.port or (443 if self._is_tls else 80)
        self._timeout_s = timeout_s
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.opened = 0

    async def post(self, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """Send a request and return the answer. Raises OSError or TimeoutError; then the line is closed.

        A kept connection that the other side closed while nothing was under way is opened anew, once: a
        batch may be sent twice.
        """
        if self._streams is not None and self._streams[0].at_eof():
            self.close()
        was_kept = self._streams is not None
        try:
            async with asyncio.timeout(self._timeout_s):
                try:
                    return await self._exchange(path, headers, body)
                except (_ClosedError, ConnectionResetError, BrokenPipeError):
                    self.close()
                    if not was_kept:
                        raise
                    return await self._exchange(path, headers, body)
        except (OSError, TimeoutError):
            self.close()
            raise

    async def _exchange(self, path: str, headers: dict[str, str], body: bytes) -> Reply:
        if self._streams is None:
            self._streams = await self._open()
        reader, writer = self._streams
        lines = [f"POST {path} HTTP/1.1", f"Host: {self._host}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join((*lines, "", "")).encode() + body)
        try:
            await writer.drain()
            return await self._reply(reader)
        except asyncio.IncompleteReadError as error:
            if not error.partial:
                raise _ClosedError("the connection was closed without an answer") from None
            raise ConnectionError(f"the connection ended in an answer: {error}") from None
        except (asyncio.LimitOverrunError, ValueError, IndexError) as error:
            raise ConnectionError(f"an answer that is none: {error}") from None

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.opened += 1
        tls = ssl.create_default_context() if self._is_tls else None
        return await asyncio.open_connection(self._host, self._port, ssl=tls, limit=1 << 16)

    async def _reply(self, reader: asyncio.StreamReader) -> Reply:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])
        }
        length = int(fields.get("content-length", "0"))
        if length > MAX_ANSWER_BYTES:
            raise ValueError(f"an answer of {length} bytes")
        body = await reader.readexactly(length)
        if fields.get("connection", "").lower() == "close":
            self.close()
        return Reply(int(head[0].split()[1]), float(fields.get("retry-after", "0")), body)
