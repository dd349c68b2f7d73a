"""Serves the newest frame to whoever asks, over a Unix socket. Owns threads; knows nothing of pixels.

One thread captures and keeps only the newest frame; one per client answers its requests. A slow client
gets fewer frames and delays nobody.
"""

import os
import socket
import threading
from pathlib import Path
from typing import Protocol

from edge.camera.protocol import (
    REQUEST,
    Frame,
    ProtocolError,
    Status,
    decode_request,
    encode_frame,
    encode_refusal,
    read_exactly,
)

CLIENTS_MAX = 8
FRAME_WAIT_S = 5.0
CLIENT_TIMEOUT_S = 30.0
POLL_S = 0.5


class FrameSource(Protocol):
    """Something that makes frames at its own pace."""

    def capture(self) -> Frame:
        """Wait for the next frame."""

    def close(self) -> None:
        """Let go of the device; safe to call twice."""


class Newest:
    """The newest frame, and the wish for one newer than the last."""

    def __init__(self) -> None:
        self._frame: Frame | None = None
        self._changed = threading.Condition()

    def put(self, frame: Frame) -> None:
        """Replace the newest frame."""
        with self._changed:
            self._frame = frame
            self._changed.notify_all()

    def after(self, seq: int, timeout_s: float) -> Frame | None:
        """Return the newest frame with a number over `seq`, waiting for it; None after the timeout."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None and self._frame.seq > seq, timeout_s)
            newest = self._frame
        return newest if newest is not None and newest.seq > seq else None


class FrameServer:
    """A socket at `path` (mode 0660) that answers requests until stop is set."""

    def __init__(self, path: Path, source: FrameSource) -> None:
        """Bind the socket. Raises OSError, FileExistsError when another server answers there."""
        self._path, self._source = path, source
        self._newest = Newest()
        self._seats = threading.BoundedSemaphore(CLIENTS_MAX)
        self._failure: Exception | None = None
        _remove_dead(path)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        os.chmod(path, 0o660)  # noqa: PTH101 (the gateway's group reads it)
        self._listener.listen(CLIENTS_MAX)
        self._listener.settimeout(POLL_S)

    def serve(self, stop: threading.Event) -> None:
        """Capture and answer until `stop`. Raises what the source raised."""
        capturing = threading.Thread(target=self._capture, args=(stop,), name="capture", daemon=True)
        capturing.start()
        try:
            while not stop.is_set():
                self._accept(stop)
        finally:
            self._listener.close()
            self._path.unlink(missing_ok=True)
            capturing.join(timeout=2.0)
            self._source.close()
        if self._failure is not None:
            raise self._failure

    def _capture(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                self._newest.put(self._source.capture())
        except Exception as error:  # noqa: BLE001 (handed to serve(), which raises it)
            self._failure = error
            stop.set()

    def _accept(self, stop: threading.Event) -> None:
        try:
            connection, _ = self._listener.accept()
        except TimeoutError:
            return
        if not self._seats.acquire(blocking=False):
            connection.close()
            return
        threading.Thread(target=self._answer_all, args=(connection, stop), daemon=True).start()

    def _answer_all(self, connection: socket.socket, stop: threading.Event) -> None:
        seen = -1
        try:
            with connection:
                connection.settimeout(CLIENT_TIMEOUT_S)
                while not stop.is_set():
                    seen = self._answer(connection, seen)
        except (OSError, ProtocolError):
            return
        finally:
            self._seats.release()

    def _answer(self, connection: socket.socket, seen: int) -> int:
        request = read_exactly(connection, REQUEST.size)
        try:
            decode_request(request)
        except ProtocolError as error:
            connection.sendall(encode_refusal(Status.BAD_REQUEST, str(error)))
            raise
        frame = self._newest.after(seen, FRAME_WAIT_S)
        if frame is None:
            sentence = f"no new frame within {FRAME_WAIT_S:.0f} s: check the camera"
            connection.sendall(encode_refusal(Status.NO_FRAME, sentence))
            return seen
        connection.sendall(encode_frame(frame))
        return frame.seq


def _remove_dead(path: Path) -> None:
    """Remove a socket that a killed server left; refuse when somebody still answers there."""
    if not path.exists():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise FileExistsError(f"another camera process serves {path}: stop it first, or use another --socket")
