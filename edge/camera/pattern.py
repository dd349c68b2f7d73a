"""A moving test chart: pictures without a camera. Bars of colour, a sweeping line, and the time as a block.

The block in the top left corner carries the frame's boottime in 64 squares, black for 0 and white for 1,
so that whoever looks at a frame, or a test that reads it, sees how fresh it is.
"""

import time

import numpy as np
from numpy.typing import NDArray

from edge.camera.protocol import Frame, PixelFormat

BLOCK_PIXELS = 4
BITS = 64
COLUMNS = 16
COLOURS = (
    (235, 235, 235),
    (235, 235, 16),
    (16, 235, 235),
    (16, 235, 16),
    (235, 16, 235),
    (235, 16, 16),
    (16, 16, 235),
)
SWEEP_NS = 4_000_000_000
"""The line crosses the picture in this time."""
MIN_WIDTH, MIN_HEIGHT = COLUMNS * BLOCK_PIXELS, BITS // COLUMNS * BLOCK_PIXELS

Picture = NDArray[np.uint8]


class PatternSource:
    """Frames of the test chart, at most `fps` a second."""

    def __init__(self, width: int, height: int, fps: float) -> None:
        if width < MIN_WIDTH or height < MIN_HEIGHT:
            raise ValueError(
                f"the chart needs at least {MIN_WIDTH} x {MIN_HEIGHT} pixels, got {width} x {height}"
            )
        self._interval_s = 1.0 / fps
        self._bars = _bars(width, height)
        self._due_s = time.monotonic()
        self._seq = -1

    def capture(self) -> Frame:
        """Wait for the next frame's time and draw it."""
        wait_s = self._due_s - time.monotonic()
        if wait_s > 0:
            time.sleep(wait_s)
        self._due_s = max(self._due_s + self._interval_s, time.monotonic())
        self._seq += 1
        boottime_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        return draw(self._bars, self._seq, boottime_ns)

    def close(self) -> None:
        """Nothing is held; safe to call twice."""


def draw(bars: Picture, seq: int, boottime_ns: int) -> Frame:
    """Draw line and time block over the bars."""
    picture = bars.copy()
    height, width, _ = picture.shape
    picture[:, boottime_ns % SWEEP_NS * width // SWEEP_NS] = 0
    picture[:MIN_HEIGHT, :MIN_WIDTH] = _block(boottime_ns)[:, :, None]
    return Frame(width, height, PixelFormat.RGB24, seq, boottime_ns, 10_000, picture.tobytes())


def read_time_block(frame: Frame) -> int:
    """Return the boottime drawn into a chart, ns: the inverse of the block."""
    picture = np.frombuffer(frame.payload, np.uint8).reshape(frame.height, frame.width, -1)
    half = BLOCK_PIXELS // 2
    bits = (picture[half:MIN_HEIGHT:BLOCK_PIXELS, half:MIN_WIDTH:BLOCK_PIXELS, 0] > 127).ravel()
    return int("".join("1" if bit else "0" for bit in bits), 2)


def _bars(width: int, height: int) -> Picture:
    colours = np.array(COLOURS, np.uint8)
    row = colours[np.arange(width) * len(COLOURS) // width]
    return np.ascontiguousarray(np.broadcast_to(row, (height, width, 3)))


def _block(boottime_ns: int) -> Picture:
    bits = np.array([boottime_ns >> (BITS - 1 - i) & 1 for i in range(BITS)], np.uint8).reshape(-1, COLUMNS)
    return (bits * 255).repeat(BLOCK_PIXELS, axis=0).repeat(BLOCK_PIXELS, axis=1)
