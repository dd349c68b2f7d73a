"""Pictures as arrays: BGR, uint8, (height, width, 3). Owns decoding, cutting and drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.domain.sight import Box

Bgr = NDArray[np.uint8]
MAX_SIDE = 4608
"""The widest mode of the Camera Module 3."""
MAX_FILE_BYTES = 32 * 1024 * 1024
JPEG_START, JPEG_END = b"\xff\xd8", b"\xff\xd9"


class BrokenPictureError(ValueError):
    """What came is no whole picture; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Still:
    """One picture of a camera. boottime_s is the instant of its exposure, seconds since boot."""

    picture: Bgr
    boottime_s: float
    seq: int = 0


def decoded(data: bytes) -> Bgr:
    """Decode a JPEG or PNG file's bytes. Raises BrokenPictureError."""
    if not data:
        raise BrokenPictureError("the picture is empty (0 bytes)")
    if len(data) > MAX_FILE_BYTES:
        raise BrokenPictureError(f"the picture has {len(data)} bytes, at most {MAX_FILE_BYTES} are taken")
    if data.startswith(JPEG_START) and JPEG_END not in data[-1024:]:
        raise BrokenPictureError("the picture ends in its middle: the camera or its cable dropped the rest")
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        picture = None
    if picture is None:
        raise BrokenPictureError("this is no JPEG or PNG")
    return checked(np.asarray(picture, np.uint8))


def read(path: Path) -> Bgr:
    """Read a picture file. Raises BrokenPictureError or OSError."""
    try:
        return decoded(path.read_bytes())
    except BrokenPictureError as error:
        raise BrokenPictureError(f"{path}: {error}") from None


def checked(picture: Bgr) -> Bgr:
    """Return the picture if it can be looked at. Raises BrokenPictureError."""
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise BrokenPictureError(f"a picture has three channels of a byte each, got {picture.shape}")
    height, width = picture.shape[:2]
    if not (16 <= height <= MAX_SIDE and 16 <= width <= MAX_SIDE):
        raise BrokenPictureError(f"a side must be 16 to {MAX_SIDE} pixels, got {width} x {height}")
    return picture


def turned(picture: Bgr, degrees: int) -> Bgr:
    """Turn a picture clockwise by 0, 90, 180 or 270 degrees: a camera that hangs sideways."""
    if degrees == 0:
        return picture
    return np.ascontiguousarray(np.rot90(picture, -degrees // 90))


def cut(picture: Bgr, box: Box, margin: float = 0.0) -> Bgr:
    """Return the part of a picture in a box of shares, at least 4 x 4 pixels; margin in shares of the box."""
    height, width = picture.shape[:2]
    left, right = box.left - margin * box.width, box.right + margin * box.width
    top, bottom = box.top - margin * box.height, box.bottom + margin * box.height
    x1 = min(max(0, round(left * width)), width - 4)
    y1 = min(max(0, round(top * height)), height - 4)
    x2 = min(width, max(round(right * width), x1 + 4))
    y2 = min(height, max(round(bottom * height), y1 + 4))
    return picture[y1:y2, x1:x2]


def jpeg(picture: Bgr, quality: int = 85, max_side: int | None = None) -> bytes:
    """Return a picture as JPEG, made smaller where its longer side is over max_side."""
    side = max(picture.shape[:2])
    if max_side is not None and side > max_side:
        factor = max_side / side
        picture = np.asarray(
            cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8
        )
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return encoded.tobytes()


def png(picture: Bgr) -> bytes:
    """Return a picture as PNG."""
    _, encoded = cv2.imencode(".png", picture)
    return encoded.tobytes()


def draw(picture: Bgr, boxes: Sequence[tuple[Box, str, bool]]) -> Bgr:
    """Return a copy with boxes and words drawn in; green where the flag is true, red where not."""
    shown = picture.copy()
    height, width = shown.shape[:2]
    thick = max(1, round(max(height, width) / 500))
    for box, words, is_good in boxes:
        colour = (60, 200, 60) if is_good else (40, 40, 230)
        corner = round(box.left * width), round(box.top * height)
        cv2.rectangle(shown, corner, (round(box.right * width), round(box.bottom * height)), colour, thick)
        at = corner[0], max(12 * thick, corner[1] - 4)
        cv2.putText(shown, words, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45 * thick, (0, 0, 0), thick + 2)
        cv2.putText(shown, words, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45 * thick, (255, 255, 255), thick)
    return shown
