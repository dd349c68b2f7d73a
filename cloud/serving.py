"""Runs the web server: one process, or several that share a port and a database."""

import gc
import logging
import signal
import sys
from types import FrameType

import uvicorn
from fastapi import FastAPI

from cloud.app import create_app
from cloud.settings import Settings, read_settings

KEEP_ALIVE_S = 75
"""Gateways send every few seconds up to once a minute: they shall find their connection still open."""
GRACEFUL_SHUTDOWN_S = 5
"""Open event streams would otherwise keep a stopping process for ever."""
BACKLOG = 4_096
"""Connections that wait to be taken: after a power cut in a town all its gateways come at once."""


def serve(settings: Settings) -> None:
    """Answer until the process is told to stop. Several workers are watched, and replaced when they die."""
    signal.signal(signal.SIGTERM, _end)
    several = f"{__name__}:application"
    shown: FastAPI | str = several if settings.workers > 1 else application_of(settings)
    uvicorn.run(
        shown,
        factory=settings.workers > 1,
        workers=settings.workers,
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level,
        access_log=settings.access_log,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_S,
        backlog=BACKLOG,
        ssl_certfile=settings.tls_cert_file,
        ssl_keyfile=settings.tls_key_file,
    )


def application() -> FastAPI:
    """Return the application of one worker; it reads the same environment as its parent."""
    settings = read_settings()
    set_up_log(settings)
    return application_of(settings)


def application_of(settings: Settings) -> FastAPI:
    """Return the application, and tune this process for it."""
    app = create_app(settings)
    _relax_garbage_collection()
    return app


def set_up_log(settings: Settings) -> None:
    """Write the log to stderr, a line each."""
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )


def _end(_number: int, _frame: FrameType | None) -> None:
    """End with status 0: uvicorn sends itself the signal once more when it has stopped in order."""
    sys.exit(0)


def _relax_garbage_collection() -> None:
    """Look for cycles less often: a batch makes thousands of objects, no cycle, and paid a quarter for it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
