"""Serves an ASGI application on an address of the LAN, inside the gateway's own loop. Knows no page.

Starting, stopping and signals belong to the gateway; a port that cannot be had is a sentence in its log.
"""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import uvicorn
from starlette.applications import Starlette

log = logging.getLogger(__name__)

STOP_WITHIN_S = 1


class Served(Protocol):
    """Something to serve."""

    def app(self) -> Starlette:
        """Return the ASGI application."""


class _Server(uvicorn.Server):
    """uvicorn without its hands on the signals: they belong to the gateway."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    served: Served, address: str, port: int, *, name: str, setting: str, most: int, hint: str = ""
) -> None:
    """Serve for ever, at most `most` requests at a time; the hint is said with the address.

    Returns after a sentence in the log, which names the `setting` to change, when the port cannot be had.
    """
    try:
        listening = _listen(address, port)
    except OSError as error:
        log.warning("no %s: %s port %d cannot be had (%s); change %s", name, address, port, error, setting)
        return
    config = uvicorn.Config(
        served.app(),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        limit_concurrency=most,
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )
    server = _Server(config)
    log.info("%s on http://%s:%d%s", name, address, port, f"; {hint}" if hint else "")
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = server.force_exit = True
        await asyncio.wait([serving], timeout=STOP_WITHIN_S)
        listening.close()


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
    except OSError:
        listening.close()
        raise
    return listening
