"""An application on a port of its own, in a thread of the tests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from firmware_sim.house.ports import LOOPBACK, free_port, wait_until


@contextmanager
def served(app: Any, folder: Path | None = None) -> Iterator[str]:
    """Serve an application on a port of its own; with a folder, over TLS with its certificate."""
    tls = (
        {} if folder is None else {"ssl_certfile": folder / "cloud.pem", "ssl_keyfile": folder / "cloud.key"}
    )
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host=LOOPBACK, port=port, log_level="error", **tls))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until("the server", lambda: server.started)
    try:
        yield f"http{'' if folder is None else 's'}://{LOOPBACK}:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
