"""Whether a picture can be looked at at all: dark, blown out, blurred, covered, turned. On a small copy.

Numbers are of an 8-bit grey picture of 160 pixels across. Sharpness and structure are compared with what this
camera showed before, since a bar's back wall has its own.
"""

from collections import deque
from dataclasses import dataclass, field
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from contract.sightings import CameraState
from edge.vision.pictures import Bgr

WIDTH = 160
DARK_BELOW = 14.0
"""Brightest tenth of the picture under this: no light, or a covered lens."""
BLOWN_ABOVE, BLOWN_SHARE = 250, 0.6
SHARP_SHARE = 0.18
"""Of this camera's usual sharpness."""
LEAST_SHARP = 4.0
FLAT_SHARE = 0.85
"""Of the picture without structure: something stands before the lens."""
FLAT_STD = 3.0
CELL = 16
TURNED_BETTER = 0.25
"""How much better a turned picture must fit the usual one than the upright does, in correlation."""
REMEMBERED = 20

HINTS = {
    CameraState.DARK: "The camera sees only dark: switch the light on, or uncover its lens.",
    CameraState.BLOWN_OUT: "The picture is blown out: turn the camera away from the lamp or the window.",
    CameraState.BLURRED: "The picture is blurred: wipe the lens, check its focus and its mount.",
    CameraState.BLOCKED: "Something stands in front of the camera: take it away.",
    CameraState.ROTATED: "The picture is turned: turn the camera back, or set its `rotate`.",
}


@dataclass(slots=True)
class PictureCheck:
    """What is usual for one camera, and whether a picture is."""

    _sharpness: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _usual: NDArray[np.float32] | None = None

    def state(self, picture: Bgr) -> CameraState:
        """Judge one picture; good ones become part of what is usual."""
        grey = _small(picture)
        if float(np.percentile(grey, 90)) < DARK_BELOW:
            return CameraState.DARK
        if float((grey >= BLOWN_ABOVE).mean()) > BLOWN_SHARE:
            return CameraState.BLOWN_OUT
        if _flat_share(grey) > FLAT_SHARE:
            return CameraState.BLOCKED
        sharp = float(cv2.Laplacian(grey, cv2.CV_32F).var())
        usual = median(self._sharpness) if len(self._sharpness) >= 3 else LEAST_SHARP / SHARP_SHARE
        if sharp < SHARP_SHARE * usual:
            return CameraState.BLURRED
        if self._is_turned(grey):
            return CameraState.ROTATED
        self._sharpness.append(sharp)
        return CameraState.OK

    def _is_turned(self, grey: NDArray[np.uint8]) -> bool:
        """Compare with the usual picture, upright and in the three other ways."""
        tiny = np.asarray(cv2.resize(grey, (24, 24), interpolation=cv2.INTER_AREA), np.float32)
        tiny = (tiny - tiny.mean()) / max(float(tiny.std()), 1.0)
        if self._usual is None:
            self._usual = tiny
            return False
        upright, *others = [float((np.rot90(tiny, turn) * self._usual).mean()) for turn in range(4)]
        if max(others) > upright + TURNED_BETTER and max(others) > 0.5:
            return True
        self._usual += np.float32(0.1) * (tiny - self._usual)
        return False


def _small(picture: Bgr) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    high = max(CELL, round(height * WIDTH / width))
    small = cv2.resize(picture, (WIDTH, high), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)


def _flat_share(grey: NDArray[np.uint8]) -> float:
    """Share of the picture's cells that hold nothing but one shade."""
    high, wide = grey.shape[0] // CELL, grey.shape[1] // CELL
    cells = grey[: high * CELL, : wide * CELL].reshape(high, CELL, wide, CELL).astype(np.float32)
    return float((cells.std(axis=(1, 3)) < FLAT_STD).mean())
