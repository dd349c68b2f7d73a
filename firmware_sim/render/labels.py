"""Label textures: what is printed on paper, foil, cans and boxes; uint8 BGR, wrapped later."""

import cv2
import numpy as np

from firmware_sim.render.arrays import Bytes, Dice, chance, clouds, colour, within

TEXTURE_PX = 96
LETTERS = "ABCDEFGHIKLMNOPRSTUVWYZaeiounrstl"
FACES = (0, 1, 2, 3, 4, 5, 6, 7)


def draw_label(dice: Dice, height: int = TEXTURE_PX, width: int = TEXTURE_PX * 2) -> Bytes:
    """A label, (height, width, 3) uint8, that reads as print and says nothing."""
    paper = _paper(dice, height, width)
    for draw in (_bands, _picture, _writing, _small_print):
        if chance(dice, 0.7):
            draw(dice, paper)
    return paper


def _ink(dice: Dice) -> tuple[int, int, int]:
    blue, green, red = (colour(dice, (0.0, 1.0), (0.0, 1.0)) * 255).tolist()
    return int(blue), int(green), int(red)


def _paper(dice: Dice, height: int, width: int) -> Bytes:
    base = (
        colour(dice, (0.75, 1.0), (0.0, 0.25))
        if chance(dice, 0.45)
        else colour(dice, (0.05, 1.0), (0.2, 1.0))
    )
    other, upright = colour(dice), chance(dice, 0.7)
    slope = np.linspace(0.0, within(dice, (0.0, 0.6)), (height if upright else width) // 4, dtype=np.float32)
    ramp = slope[:, None, None] if upright else slope[None, :, None]
    sheet = np.broadcast_to(base + (other - base) * ramp, (height // 4, width // 4, 3))
    sheet = sheet + 0.04 * clouds(dice, height // 4, width // 4, 8)[..., None]
    pixels = np.ascontiguousarray(np.clip(sheet, 0, 1) * 255, dtype=np.uint8)
    return np.asarray(cv2.resize(pixels, (width, height)), np.uint8)


def _bands(dice: Dice, paper: Bytes) -> None:
    height, width = paper.shape[:2]
    for _ in range(int(dice.integers(1, 5))):
        top = int(dice.integers(0, height))
        slant = int(dice.integers(-height, height)) if chance(dice, 0.3) else 0
        cv2.line(paper, (0, top), (width, top + slant), _ink(dice), int(dice.integers(1, 18)), cv2.LINE_AA)


def _picture(dice: Dice, paper: Bytes) -> None:
    height, width = paper.shape[:2]
    for centre in (width // 4, 3 * width // 4):
        for _ in range(int(dice.integers(1, 5))):
            at = (centre + int(dice.integers(-20, 21)), int(dice.integers(height // 5, 4 * height // 5)))
            size = (int(dice.integers(4, 34)), int(dice.integers(4, 34)))
            filled = -1 if chance(dice, 0.7) else int(dice.integers(1, 5))
            if chance(dice, 0.6):
                cv2.ellipse(
                    paper, at, size, float(dice.uniform(0, 180)), 0, 360, _ink(dice), filled, cv2.LINE_AA
                )
            else:
                corners = np.array(at) + dice.integers(-size[0], size[0] + 1, (int(dice.integers(3, 8)), 2))
                cv2.fillPoly(paper, [corners.astype(np.int32)], _ink(dice), cv2.LINE_AA)


def _writing(dice: Dice, paper: Bytes) -> None:
    height, width = paper.shape[:2]
    ink, face = _ink(dice), int(dice.choice(FACES))
    row = int(dice.integers(height // 5, height // 2))
    for _ in range(int(dice.integers(1, 4))):
        word = "".join(dice.choice(list(LETTERS), int(dice.integers(3, 10))))
        size = within(dice, (0.4, 1.6))
        for centre in (width // 4, 3 * width // 4):
            at = (centre - int(len(word) * 9 * size), row)
            cv2.putText(paper, word, at, face, size, ink, int(dice.integers(1, 5)), cv2.LINE_AA)
        row += int(34 * size) + 4


def _small_print(dice: Dice, paper: Bytes) -> None:
    height, width = paper.shape[:2]
    left, top = int(dice.integers(0, width)), int(dice.integers(height // 2, height))
    if chance(dice, 0.3):
        cv2.rectangle(paper, (left - 2, top - 2), (left + 44, top + 26), (255, 255, 255), -1)
        for bar in range(0, 40, 3):
            cv2.line(paper, (left + bar, top), (left + bar, top + 22), (0, 0, 0), int(dice.integers(1, 3)))
        return
    ink = _ink(dice)
    for line in range(top, height, 6):
        cv2.line(paper, (left, line), (left + int(dice.integers(20, 70)), line), ink, 1)
