"""Pictures from the camera process (edge/camera) over its local socket. The client's side of its protocol.

It is written down in edge/camera/protocol.py, and again here, because the two are deployed apart; the same
fixture bytes test both.
"""

import socket
import struct
from pathlib import Path

import numpy as np

from edge.vision.pictures import BrokenPictureError, Still, checked

REQUEST = b"BBRQ" + struct.pack("<BBH", 1, 1, 0)
ANSWER = struct.Struct("<4sBBBxIIQQII")
OK = 0
CHANNELS = {1: 3, 2: 3, 3: 1}
RGB, BGR, GREY = 1, 2, 3
MAX_PAYLOAD = 64 * 1024 * 1024
MAX_SENTENCE = 1024
TIMEOUT_S = 10.0


class CameraGoneError(OSError):
    """There is no picture to be had; the message says what to do."""


class CameraSocket:
    """The newest frame of a camera process. One thread at a time; connects anew after any fault."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: socket.socket | None = None

    def grab(self) -> Still:
        """Wait for the newest picture. Raises CameraGoneError or BrokenPictureError."""
        try:
            connection = self._connected()
            connection.sendall(REQUEST)
            return read_answer(connection)
        except CameraGoneError:
            raise
        except BrokenPictureError:
            self.close()
            raise
        except OSError as error:
            self.close()
            words = error.strerror or type(error).__name__
            raise CameraGoneError(
                f"the camera process does not answer at {self._path} ({words}): check its service and the "
                "camera's cable"
            ) from None

    def close(self) -> None:
        """Let go of the socket; safe to call twice."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> socket.socket:
        if self._connection is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(TIMEOUT_S)
            try:
                connection.connect(str(self._path))
            except OSError:
                connection.close()
                raise
            self._connection = connection
        return self._connection


def read_answer(connection: socket.socket) -> Still:
    """Read one answer. Raises CameraGoneError, BrokenPictureError or OSError."""
    magic, version, status, form, width, height, seq, boottime_ns, _, size = ANSWER.unpack(
        _exactly(connection, ANSWER.size)
    )
    if magic != b"BBFR" or version != 1:
        raise BrokenPictureError("what answers on the socket is no camera process of version 1")
    if status != OK:
        raise CameraGoneError(_exactly(connection, min(size, MAX_SENTENCE)).decode(errors="replace"))
    channels = CHANNELS.get(form, 0)
    if not 0 < width * height * channels == size <= MAX_PAYLOAD:
        raise BrokenPictureError(f"a frame of {width} x {height} in format {form} cannot have {size} bytes")
    pixels = np.frombuffer(_exactly(connection, size), np.uint8).reshape(height, width, channels)
    if form == RGB:
        pixels = np.ascontiguousarray(pixels[..., ::-1])
    elif form == GREY:
        pixels = np.repeat(pixels, 3, axis=2)
    return Still(checked(pixels), boottime_ns / 1e9, seq)


def _exactly(connection: socket.socket, size: int) -> bytearray:
    data = bytearray(size)
    view, got = memoryview(data), 0
    while got < size:
        count = connection.recv_into(view[got:])
        if count == 0:
            raise BrokenPictureError(f"the camera process closed after {got} of {size} bytes")
        got += count
    return data
