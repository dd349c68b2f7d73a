"""Pictures from USB cameras, RTSP streams and files, by OpenCV."""

import time
from pathlib import Path

import cv2
import numpy as np

from edge.vision.camera_socket import CameraGoneError
from edge.vision.pictures import Bgr, Still, checked, read

SUFFIXES = {".jpg", ".jpeg", ".png"}
OPEN_TIMEOUT_MS = READ_TIMEOUT_MS = 8_000
STALE_FRAMES = 4
"""A USB camera's driver keeps some frames; the newest lies behind them."""
MAX_FILES = 10_000


class CaptureCamera:
    """A camera that OpenCV opens: a number (USB) or an rtsp address. Opened on the first grab."""

    def __init__(self, what: int | str, name: str, width: int = 1280, height: int = 720) -> None:
        """`name` is what a person is told; it must hold no password."""
        self._what, self._name = what, name
        self._size = width, height
        self._capture: cv2.VideoCapture | None = None
        self._seq = -1

    def grab(self) -> Still:
        """Take the newest picture. Raises CameraGoneError or BrokenPictureError."""
        if self._capture is None:
            self._capture = self._opened()
        for _ in range(STALE_FRAMES if isinstance(self._what, int) else 0):
            self._capture.grab()
        came, picture = self._capture.read()
        if not came or picture is None:
            self.close()
            raise CameraGoneError(f"{self._name} gives no picture: check its cable and its power")
        self._seq += 1
        return Still(checked(np.asarray(picture, np.uint8)), boottime_s(), self._seq)

    def close(self) -> None:
        """Let go of the camera; safe to call twice."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _opened(self) -> cv2.VideoCapture:
        if isinstance(self._what, int):
            capture = cv2.VideoCapture(self._what, cv2.CAP_V4L2)
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
        else:
            limits = [
                cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
                OPEN_TIMEOUT_MS,
                cv2.CAP_PROP_READ_TIMEOUT_MSEC,
                READ_TIMEOUT_MS,
            ]
            capture = cv2.VideoCapture(self._what, cv2.CAP_FFMPEG, limits)
        if not capture.isOpened():
            capture.release()
            raise CameraGoneError(f"{self._name} cannot be opened: check that it is plugged in and on")
        return capture


class PictureFiles:
    """A picture file, looked at anew each time, or a folder whose files come one after the other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seq = -1

    def grab(self) -> Still:
        """Read the next picture. Raises CameraGoneError or BrokenPictureError."""
        self._seq += 1
        return Still(self._next(), boottime_s(), self._seq)

    def close(self) -> None:
        """Nothing is held."""

    def _next(self) -> Bgr:
        names = self._names()
        if not names:
            raise CameraGoneError(f"{self._path} holds no .jpg or .png")
        try:
            return read(names[self._seq % len(names)])
        except OSError as error:
            raise CameraGoneError(f"{self._path}: {error.strerror}") from None

    def _names(self) -> list[Path]:
        try:
            if not self._path.is_dir():
                return [self._path]
            names = sorted(path for path in self._path.iterdir() if path.suffix.lower() in SUFFIXES)
            return names[:MAX_FILES]
        except OSError as error:
            raise CameraGoneError(f"{self._path}: {error.strerror}") from None


def boottime_s() -> float:
    """Seconds since boot, as the camera process counts them."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) / 1e9
