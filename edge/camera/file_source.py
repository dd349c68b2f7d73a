"""A picture file (binary PPM) as a camera: every change of the file is a frame. For simulated cameras.

Whoever writes the file must replace it whole (write beside it, then rename), so that no half picture is read.
"""

import re
import time
from pathlib import Path

from edge.camera.protocol import MAX_SIDE, Frame, PixelFormat

POLL_S = 0.05
HEADER_BYTES = 64


class PictureFileError(ValueError):
    """The file is no binary PPM."""


class FileSource:
    """Frames of a file, at most `fps` a second; without a change the last one again after a second."""

    def __init__(self, path: Path, fps: float) -> None:
        self._path, self._interval_s = path, 1.0 / fps
        self._seq, self._stamp, self._due_s = -1, 0, 0.0

    def capture(self) -> Frame:
        """Wait for a change of the file. Raises OSError or PictureFileError."""
        until_s = time.monotonic() + 1.0
        while True:
            stamp = self._path.stat().st_mtime_ns
            now_s = time.monotonic()
            if now_s >= self._due_s and (stamp != self._stamp or now_s >= until_s):
                break
            time.sleep(POLL_S)
        self._due_s, self._stamp = now_s + self._interval_s, stamp
        width, height, pixels = read_ppm(self._path.read_bytes())
        self._seq += 1
        boottime_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        return Frame(width, height, PixelFormat.RGB24, self._seq, boottime_ns, 10_000, pixels)

    def close(self) -> None:
        """Nothing is held; safe to call twice."""


def read_ppm(data: bytes) -> tuple[int, int, bytes]:
    """Return width, height and pixels (red, green, blue). Raises PictureFileError."""
    head = re.match(rb"P6\s+(\d{1,5})\s+(\d{1,5})\s+255\s", data[:HEADER_BYTES])
    if head is None:
        raise PictureFileError("this is no binary PPM of 8 bits (P6 WIDTH HEIGHT 255)")
    width, height = int(head[1]), int(head[2])
    pixels = data[head.end() :]
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE) or len(pixels) != width * height * 3:
        raise PictureFileError(f"{width} x {height} pixels do not fit a file of {len(data)} bytes")
    return width, height, pixels
