"""Rendered crops as arrays of the network's size."""

import cv2
import numpy as np
import numpy.typing as npt

from firmware_sim.render.crops import render_crop
from models.fill_level.network import COLUMNS, ROWS

UNREADABLE = -1.0


def fitted(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The crop stretched to (ROWS, COLUMNS, 3)."""
    small = image.shape[0] > ROWS or image.shape[1] > COLUMNS
    return np.asarray(
        cv2.resize(image, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA if small else cv2.INTER_LINEAR),
        np.uint8,
    )


def render_row(seed: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Crop (ROWS, COLUMNS, 3) and its level (1,), UNREADABLE where nobody could tell."""
    crop = render_crop(seed, 144 + seed % 5 * 24)
    return fitted(crop.image), np.array([UNREADABLE if crop.level is None else crop.level], np.float32)
