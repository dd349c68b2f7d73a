"""From a picture to a network's input, into memory that is kept: nothing is allocated per picture but the
resized one. Pure but for its own buffers; used by one thread."""

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.manifest import Input
from edge.vision.pictures import Bgr

GREY = 114


class Fitter:
    """Feeds pictures of any size to one network."""

    def __init__(self, shape: Input) -> None:
        self._shape = shape
        self._field = np.full((shape.height, shape.width, 3), GREY, np.uint8)
        self._filled = (0, 0)
        self._out = np.zeros((1, 3, shape.height, shape.width), np.float32)
        self._order = (2, 1, 0) if shape.channels == "RGB" else (0, 1, 2)
        low, high = shape.range
        self._gain = tuple(((high - low) / 255.0) * scale for scale in shape.scale)
        self._bias = tuple((low - mean) * scale for mean, scale in zip(shape.mean, shape.scale, strict=True))

    def fit(self, picture: Bgr) -> tuple[NDArray[np.float32], tuple[float, float]]:
        """Return the input (1, 3, h, w) and how many of its pixels a pixel of the picture is, x and y.

        The array is overwritten by the next call.
        """
        height, width = picture.shape[:2]
        if self._shape.is_letterboxed:
            factor = min(self._shape.width / width, self._shape.height / height)
            wide, high = max(1, round(width * factor)), max(1, round(height * factor))
            scale = factor, factor
        else:
            wide, high = self._shape.width, self._shape.height
            scale = wide / width, high / height
        if (wide, high) != self._filled:
            self._field[:] = GREY
            self._filled = wide, high
        how = cv2.INTER_AREA if wide < width or high < height else cv2.INTER_LINEAR
        part = self._field[:high, :wide]
        part[:] = cv2.resize(picture, (wide, high), interpolation=how)
        for to, come in enumerate(self._order):
            np.copyto(self._out[0, to], self._field[..., come])
            if self._gain[to] != 1.0 or self._bias[to] != 0.0:
                self._out[0, to] *= self._gain[to]
                self._out[0, to] += self._bias[to]
        return self._out, scale
