"""The few array types and soft shapes every part of the renderer uses.

Colours are BGR float32 0..1 unless a name says otherwise; pixel coordinates grow right and down.
"""

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]
Bytes: TypeAlias = npt.NDArray[np.uint8]
Dice: TypeAlias = np.random.Generator


def floats(values: npt.ArrayLike) -> Floats:
    """The values as float32, whatever they came as."""
    return np.asarray(values, np.float32)


def within(dice: Dice, span: tuple[float, float]) -> float:
    """A number between the two ends, evenly."""
    return float(dice.uniform(span[0], span[1]))


def chance(dice: Dice, probability: float) -> bool:
    """True with this probability."""
    return bool(dice.random() < probability)


def colour(
    dice: Dice, value: tuple[float, float] = (0.0, 1.0), saturation: tuple[float, float] = (0.0, 1.0)
) -> Floats:
    """A colour, (3,), of any hue with value and saturation inside the spans."""
    return from_hsv(float(dice.random()), within(dice, saturation), within(dice, value))


def from_hsv(hue: float, saturation: float, value: float) -> Floats:
    """BGR (3,) of a hue 0..1, saturation 0..1 and value 0..1."""
    turns = (floats([1.0, 3.0, 5.0]) + hue * 6.0) % 6.0
    return floats(value - value * saturation * np.clip(np.minimum(turns, 4.0 - turns), 0.0, 1.0))


def clouds(dice: Dice, height: int, width: int, cells: int, octaves: int = 3) -> Floats:
    """Smooth noise, (height, width), mean about 0 and mostly within -1..1."""
    total = np.zeros((height, width), np.float32)
    weight = 1.0
    for octave in range(octaves):
        count = min(cells * 2**octave, 128)
        rows = max(2, round(count * height / max(width, 1)))
        grid = floats(dice.standard_normal((min(rows, 160), max(2, count))))
        total += weight * floats(
            cv2.resize(
                grid, (width, height), interpolation=cv2.INTER_CUBIC if octave == 0 else cv2.INTER_LINEAR
            )
        )
        weight *= 0.5
    return total * np.float32(0.5)


def over(below: Floats, above: Floats, alpha: Floats) -> Floats:
    """`above` laid on `below`, alpha (h, w) 0..1."""
    mixed: Floats = above - below
    mixed *= alpha[..., None]
    mixed += below
    return mixed


def soft_step(distance_px: Floats) -> Floats:
    """0 outside, 1 inside, one pixel wide between: the antialiased edge of a half plane."""
    return floats(np.clip(distance_px + np.float32(0.5), 0.0, 1.0))


def blurred(image: Floats, sigma_px: float) -> Floats:
    """The image behind a soft lens; nothing below a third of a pixel."""
    if sigma_px < 0.33:
        return image
    return floats(cv2.GaussianBlur(image, (0, 0), sigma_px))
