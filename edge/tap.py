"""live.sock in the data directory: a running gateway's raw samples for the commands `calibrate` and `tare`.

A line names a scale; lines of JSON come back until the reader goes: {"rate_hz": 10, "counts": [...]}.
Only the gateway's own user may connect. As long as somebody does, weights on that scale are not bottles.
"""

import asyncio
import json
import logging
import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from edge.live import Live, RawRun, TooManyLookersError

log = logging.getLogger(__name__)

SOCKET_NAME = "live.sock"
MAX_LINE_BYTES = 256
BACKLOG_BYTES = 64 * 1024
"""A reader that is further behind misses runs."""
QUIET_S = 10.0
"""Real seconds without a run after which a reader gives up."""


class TapError(OSError):
    """No live samples are to be had."""


class Tap:
    """The gateway's end."""

    def __init__(self, data_dir: Path, live: Live) -> None:
        self._path, self._live = data_dir / SOCKET_NAME, live

    async def run(self) -> None:
        """Serve for ever; without a socket (a path that is too long) say so and do nothing."""
        self._path.unlink(missing_ok=True)
        try:
            server = await asyncio.start_unix_server(self._serve, self._path, limit=MAX_LINE_BYTES)
        except OSError as error:
            log.warning("%s cannot be opened (%s): calibrate on the local page instead", self._path, error)
            return
        self._path.chmod(0o600)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            scale_id = (await reader.readline()).decode().strip()
            with self._live.listening(scale_id) as runs, self._live.working(scale_id):
                gone = asyncio.ensure_future(reader.read(1))
                while not gone.done():
                    await self._pass_on(runs, writer, gone)
                gone.cancel()
        except (KeyError, TooManyLookersError, ValueError) as error:
            writer.write(json.dumps({"error": str(error)}).encode() + b"\n")
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _pass_on(
        self, runs: asyncio.Queue[RawRun], writer: asyncio.StreamWriter, gone: asyncio.Future[bytes]
    ) -> None:
        waiting = asyncio.ensure_future(runs.get())
        either: set[asyncio.Future[Any]] = {waiting, gone}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            waiting.cancel()
            return
        run = waiting.result()
        if writer.transport.get_write_buffer_size() < BACKLOG_BYTES:
            writer.write(json.dumps({"rate_hz": run.rate_hz, "counts": run.counts}).encode() + b"\n")


@contextmanager
def at_work(data_dir: Path, scale_id: str) -> Iterator[None]:
    """Tell the running gateway that weights come and go on a scale. Raises TapError."""
    with _connected(data_dir, scale_id):
        yield


@contextmanager
def _connected(data_dir: Path, scale_id: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as tap:
        tap.settimeout(QUIET_S)
        try:
            tap.connect(str(data_dir / SOCKET_NAME))
            tap.sendall(scale_id.encode() + b"\n")
        except OSError as error:
            raise TapError(
                f"no gateway runs on {data_dir} ({error}): start `python -m edge run` first"
            ) from None
        yield tap


def live_runs(data_dir: Path, scale_id: str) -> Generator[RawRun, None, None]:
    """Yield a scale's runs as they arrive at the running gateway. Raises TapError."""
    with _connected(data_dir, scale_id) as tap, tap.makefile("r") as lines, suppress(TimeoutError):
        for line in lines:
            yield _run(line, scale_id)
    raise TapError(f"nothing came from {scale_id}: check the power and the network of its shelf node")


def _run(line: str, scale_id: str) -> RawRun:
    content = json.loads(line)
    if "error" in content:
        raise TapError(f"the gateway does not show {scale_id}: {content['error']}")
    return RawRun(content["rate_hz"], tuple(content["counts"]))
