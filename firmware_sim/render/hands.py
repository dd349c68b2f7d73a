"""Hands and arms, as they come before bottles: fingers around, a forearm out of the picture."""

import cv2
import numpy as np

from firmware_sim.render.arrays import Dice, Floats, blurred, chance, colour, floats, within
from firmware_sim.render.backdrops import skin_tone

Stroke = tuple[tuple[int, int], tuple[int, int], int]


def draw_arm(
    dice: Dice, height: int, width: int, grip: tuple[float, float], size_px: float
) -> tuple[Floats, Floats]:
    """Palm and forearm behind a held thing at `grip` (x, y): picture (h, w, 3) and alpha (h, w)."""
    angle = within(dice, (0.1, np.pi - 0.1)) if chance(dice, 0.85) else within(dice, (-np.pi, 0))
    reach = max(height, width) * 1.5
    end = grip[0] + reach * np.cos(angle), grip[1] + reach * np.sin(angle)
    wrist = int(size_px * within(dice, (0.35, 0.5)))
    strokes: list[Stroke] = [(_at(grip), _at(end), wrist), (_at(grip), _at(grip), int(size_px * 0.75))]
    tone = skin_tone(dice)
    picture, alpha = _shaded(dice, height, width, strokes, tone)
    if chance(dice, 0.5):
        far = grip[0] + size_px * 1.3 * np.cos(angle), grip[1] + size_px * 1.3 * np.sin(angle)
        sleeve, covered = _shaded(dice, height, width, [(_at(far), _at(end), int(wrist * 1.5))], colour(dice))
        picture = picture + (sleeve - picture) * covered[..., None]
        alpha = np.maximum(alpha, covered)
    return picture, alpha


def draw_fingers(
    dice: Dice,
    height: int,
    width: int,
    grip: tuple[float, float],
    span_px: float,
    size_px: float,
    tone: Floats,
) -> tuple[Floats, Floats]:
    """Fingers laid across a held thing that is `span_px` wide."""
    side = 1 if chance(dice, 0.5) else -1
    thick = max(2, int(size_px * within(dice, (0.16, 0.24))))
    lean = within(dice, (-0.3, 0.3)) * size_px
    strokes: list[Stroke] = []
    for finger in range(int(dice.integers(2, 5))):
        y = grip[1] + (finger - 1.5) * thick * 1.05
        start = grip[0] + side * span_px * 0.58, y + lean * 0.3
        end = (
            grip[0] + side * span_px * within(dice, (-0.25, 0.2)),
            y - lean * 0.3 + within(dice, (-0.2, 0.2)) * thick,
        )
        strokes.append((_at(start), _at(end), thick))
    thumb = grip[0] - side * span_px * 0.55, grip[1] + within(dice, (-0.6, 0.2)) * size_px
    tip = grip[0] - side * span_px * within(dice, (0.1, 0.4)), thumb[1] - within(dice, (0.0, 0.5)) * size_px
    strokes.append((_at(thumb), _at(tip), int(thick * 1.15)))
    return _shaded(dice, height, width, strokes, tone)


def _at(point: tuple[float, float]) -> tuple[int, int]:
    return int(np.clip(point[0], -4000, 4000)), int(np.clip(point[1], -4000, 4000))


def _shaded(
    dice: Dice, height: int, width: int, strokes: list[Stroke], tone: Floats
) -> tuple[Floats, Floats]:
    """Thick rounded strokes, darker towards their lower edge and between each other."""
    alpha = np.zeros((height, width), np.uint8)
    shade = np.full((height, width), 120, np.uint8)
    for start, end, thick in strokes:
        cv2.line(alpha, start, end, 255, max(1, thick), cv2.LINE_AA)
        cv2.line(shade, start, end, 150, max(1, thick), cv2.LINE_AA)
        lifted = (start[0], start[1] - thick // 6), (end[0], end[1] - thick // 6)
        cv2.line(shade, lifted[0], lifted[1], 225, max(1, int(thick * 0.6)), cv2.LINE_AA)
    thickest = max(thick for _, _, thick in strokes)
    lit = blurred(floats(shade) / np.float32(220), thickest * 0.12)
    grain = 1.0 + within(dice, (0.0, 0.06)) * floats(dice.standard_normal((height, width)))
    return floats(tone * (lit * grain)[..., None]), floats(alpha) / np.float32(255)
