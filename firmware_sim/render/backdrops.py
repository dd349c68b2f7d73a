"""Rooms without bottles: walls, floors, boards, foliage, lights out of focus, clutter, people far away."""

from collections.abc import Callable

import cv2
import numpy as np

from firmware_sim.render.arrays import (
    Bytes,
    Dice,
    Floats,
    blurred,
    chance,
    clouds,
    colour,
    floats,
    over,
    within,
)
from firmware_sim.render.labels import draw_label


def draw_backdrop(dice: Dice, height: int, width: int) -> Floats:
    """A picture (height, width, 3) of a place with no bottle in it."""
    wall = surface(dice, height, width)
    if chance(dice, 0.75):
        wall = blurred(_cluttered(dice, wall), float(dice.gamma(1.2, 2.0)))
    if chance(dice, 0.25):
        wall = _bokeh(dice, wall)
    if chance(dice, 0.3):
        wall = wall * (0.6 + 0.5 * clouds(dice, height, width, 2, 1)[..., None])
    return floats(np.clip(wall, 0.0, 1.2))


def surface(dice: Dice, height: int, width: int) -> Floats:
    """One material filling the picture."""
    draw = SURFACES[int(dice.choice(len(SURFACES), p=SURFACE_ODDS))]
    return draw(dice, height, width)


def _base(dice: Dice) -> Floats:
    if chance(dice, 0.3):
        return colour(dice, (0.02, 0.2), (0.0, 0.5))
    if chance(dice, 0.4):
        return colour(dice, (0.6, 1.0), (0.0, 0.25))
    return colour(dice, (0.15, 0.95), (0.0, 0.8))


def _plain(dice: Dice, height: int, width: int) -> Floats:
    first, second = _base(dice), _base(dice)
    second = first + (second - first) * np.float32(within(dice, (0.0, 0.7)))
    down, across = np.linspace(0, 1, height)[:, None], np.linspace(0, 1, width)[None, :]
    angle = within(dice, (0, 2 * np.pi))
    ramp = np.clip(down * np.sin(angle) + across * np.cos(angle), 0, 1).astype(np.float32)
    grain = clouds(dice, height, width, 40, 2) * np.float32(within(dice, (0.0, 0.05)))
    return floats(first + (second - first) * ramp[..., None] + grain[..., None])


def _wood(dice: Dice, height: int, width: int) -> Floats:
    base = (
        colour(dice, (0.2, 0.85), (0.3, 0.75))
        if chance(dice, 0.2)
        else floats([0.25, 0.42, 0.6]) * np.float32(within(dice, (0.3, 1.4)))
    )
    size = max(height, width)
    grain = floats(cv2.resize(clouds(dice, size, 24, 4, 3), (size, size), interpolation=cv2.INTER_CUBIC))
    fine = floats(
        cv2.resize(floats(dice.standard_normal((size, 8))), (size, size), interpolation=cv2.INTER_LINEAR)
    )
    pattern = 0.16 * grain + 0.05 * fine
    plank = int(dice.integers(24, 140))
    rows = np.arange(size)
    pattern = pattern + floats(dice.normal(0, 0.08, size // plank + 1))[rows // plank][:, None]
    pattern[rows % plank < 2] -= 0.25
    board = base * (1.0 + pattern[..., None])
    board = board if chance(dice, 0.6) else np.transpose(board, (1, 0, 2))
    return floats(board[:height, :width])


def _tiles(dice: Dice, height: int, width: int) -> Floats:
    tall, wide, gap = int(dice.integers(10, 60)), int(dice.integers(16, 100)), int(dice.integers(1, 4))
    row, column = np.arange(height)[:, None], np.arange(width)[None, :]
    shifted = column + (row // tall % 2) * (wide // 2) * int(chance(dice, 0.6))
    shade = floats(
        dice.normal(0, within(dice, (0.01, 0.12)), (height // tall + 1, (width + wide) // wide + 2))
    )
    wall = _base(dice) * (1.0 + shade[row // tall, shifted // wide][..., None])
    joint = ((row % tall < gap) | (shifted % wide < gap)).astype(np.float32)
    return over(
        floats(wall + 0.03 * clouds(dice, height, width, 40, 2)[..., None]),
        np.broadcast_to(_base(dice), wall.shape),
        joint * 0.8,
    )


def _stone(dice: Dice, height: int, width: int) -> Floats:
    rough = clouds(dice, height, width, int(dice.integers(4, 60)), 4) * np.float32(within(dice, (0.05, 0.3)))
    veins = np.exp(-np.abs(clouds(dice, height, width, 4, 4)) * 30) * np.float32(within(dice, (-0.3, 0.3)))
    return floats(_base(dice) * (1.0 + (rough + veins)[..., None]))


def _stripes(dice: Dice, height: int, width: int) -> Floats:
    """Blinds, curtains, fences, corrugation, table legs: upright texture that looks like rows of bottles."""
    across = np.arange(width, dtype=np.float32)
    period, power = within(dice, (6, 70)), within(dice, (0.3, 4.0))
    wave = (
        np.abs(np.sin(across * np.pi / period + clouds(dice, 1, width, 6, 2)[0] * within(dice, (0, 3))))
        ** power
    )
    sheet = np.broadcast_to(wave[None, :, None], (height, width, 1))
    first, second = _base(dice), _base(dice)
    picture = floats(first + (second - first) * sheet + 0.04 * clouds(dice, height, width, 30, 2)[..., None])
    return (
        picture
        if chance(dice, 0.7)
        else floats(cv2.resize(np.transpose(picture, (1, 0, 2)), (width, height)))
    )


def _foliage(dice: Dice, height: int, width: int) -> Floats:
    """Leaves and grass: many overlapping blades."""
    pixels = np.ascontiguousarray(
        np.clip(_stone(dice, height, width) * floats([0.5, 1.0, 0.6]), 0, 1) * 255, dtype=np.uint8
    )
    blade, upright = within(dice, (4, 40)), chance(dice, 0.5)
    tint = floats([0.3, 0.8, 0.5]) * within(dice, (0.4, 1.1)) * floats(dice.uniform(0.6, 1.4, 3))
    for _ in range(int(dice.integers(60, 400))):
        x, y = int(dice.integers(0, width)), int(dice.integers(0, height))
        turn = float(dice.normal(90, 25)) if upright else float(dice.uniform(0, 180))
        ink = np.clip(tint * float(dice.uniform(0.4, 1.4)) * 255, 0, 255)
        axes = (int(blade * dice.uniform(0.4, 1.0)) + 1, int(blade * dice.uniform(0.08, 0.4)) + 1)
        cv2.ellipse(pixels, (x, y), axes, turn, 0, 360, ink.tolist(), -1, cv2.LINE_AA)
    return floats(pixels) / np.float32(255)


SURFACES: tuple[Callable[[Dice, int, int], Floats], ...] = (_plain, _wood, _tiles, _stone, _stripes, _foliage)
SURFACE_ODDS = (0.36, 0.17, 0.12, 0.14, 0.11, 0.10)


def _cluttered(dice: Dice, wall: Floats) -> Floats:
    """Doors, screens, books, boxes, chairs, far people: shapes in front of the wall."""
    pixels: Bytes = np.ascontiguousarray(np.clip(wall, 0, 1) * 255, dtype=np.uint8)
    for _ in range(int(dice.integers(2, 22))):
        CLUTTER[int(dice.integers(len(CLUTTER)))](dice, pixels)
    return floats(pixels) / np.float32(255)


def _ink(dice: Dice) -> list[float]:
    return list((_base(dice) * 255).tolist())


def _panel(dice: Dice, pixels: Bytes) -> None:
    height, width = pixels.shape[:2]
    box = int(dice.integers(8, width // 2)), int(dice.integers(8, height // 2))
    x, y = int(dice.integers(-20, width)), int(dice.integers(-20, height))
    corners = np.array([[0, 0], [box[0], 0], [box[0], box[1]], [0, box[1]]]) + dice.integers(-6, 7, (4, 2))
    corners = (corners + np.array([x, y])).astype(np.int32)
    cv2.fillPoly(pixels, [corners], _ink(dice), cv2.LINE_AA)
    if chance(dice, 0.4):
        cv2.polylines(pixels, [corners], True, _ink(dice), int(dice.integers(1, 6)), cv2.LINE_AA)  # noqa: FBT003


def _poster(dice: Dice, pixels: Bytes) -> None:
    height, width = pixels.shape[:2]
    size = int(dice.integers(20, width // 2)), int(dice.integers(20, height // 2))
    x, y = int(dice.integers(0, width - size[0])), int(dice.integers(0, height - size[1]))
    pixels[y : y + size[1], x : x + size[0]] = cv2.resize(draw_label(dice), size)


def _pole(dice: Dice, pixels: Bytes) -> None:
    height, width = pixels.shape[:2]
    x, lean = int(dice.integers(0, width)), int(dice.normal(0, 30))
    ends = (int(dice.integers(-20, height)), int(dice.integers(0, height + 20)))
    ink, thick = _ink(dice), int(dice.integers(1, 22))
    cv2.line(pixels, (x, ends[0]), (x + lean, ends[1]), ink, thick, cv2.LINE_AA)
    if thick > 6:
        lighter = [min(255.0, value * 1.3 + 10) for value in ink]
        cv2.line(
            pixels,
            (x - thick // 4, ends[0]),
            (x + lean - thick // 4, ends[1]),
            lighter,
            thick // 3,
            cv2.LINE_AA,
        )


def _books(dice: Dice, pixels: Bytes) -> None:
    height, width = pixels.shape[:2]
    x, foot = int(dice.integers(-20, width)), int(dice.integers(20, height))
    for _ in range(int(dice.integers(3, 14))):
        wide, tall = int(dice.integers(4, 18)), int(dice.integers(20, 90))
        cv2.rectangle(pixels, (x, foot - tall), (x + wide, foot), _ink(dice), -1)
        x += wide + 1


def _blob(dice: Dice, pixels: Bytes) -> None:
    height, width = pixels.shape[:2]
    at = int(dice.integers(0, width)), int(dice.integers(0, height))
    axes = int(dice.integers(4, 70)), int(dice.integers(4, 70))
    cv2.ellipse(pixels, at, axes, float(dice.uniform(0, 180)), 0, 360, _ink(dice), -1, cv2.LINE_AA)
    if chance(dice, 0.5):
        cv2.ellipse(
            pixels,
            (at[0] - axes[0] // 3, at[1] - axes[1] // 3),
            (axes[0] // 2, axes[1] // 2),
            0,
            0,
            360,
            _ink(dice),
            -1,
            cv2.LINE_AA,
        )


def _person(dice: Dice, pixels: Bytes) -> None:
    """Someone standing about: torso, arms, neck, hair, head."""
    height, width = pixels.shape[:2]
    head = int(np.exp(dice.uniform(np.log(8), np.log(100))))
    x, y = int(dice.integers(0, width)), int(dice.integers(head // 2, height))
    skin, cloth = (skin_tone(dice) * 255).tolist(), _ink(dice)
    cv2.ellipse(
        pixels, (x, y + head * 4), (int(head * 1.7), int(head * 2.9)), 0, 0, 360, cloth, -1, cv2.LINE_AA
    )
    for side in (-1, 1):
        shoulder = x + side * int(head * 1.5), y + int(head * 2.1)
        elbow = (
            shoulder[0] + side * int(head * within(dice, (0.0, 1.2))),
            shoulder[1] + int(head * within(dice, (1.0, 2.4))),
        )
        hand = x + int(head * within(dice, (-1.5, 1.5))), elbow[1] + int(head * within(dice, (-1.5, 1.5)))
        cv2.line(pixels, shoulder, elbow, cloth, max(2, int(head * 0.8)), cv2.LINE_AA)
        cv2.line(
            pixels, elbow, hand, skin if chance(dice, 0.6) else cloth, max(2, int(head * 0.5)), cv2.LINE_AA
        )
    cv2.line(pixels, (x, y), (x, y + int(head * 1.3)), skin, max(2, int(head * 0.8)), cv2.LINE_AA)
    hair, long = (colour(dice, (0.02, 0.5)) * 255).tolist(), within(dice, (1.0, 1.8))
    cv2.ellipse(
        pixels,
        (x, y - head // 3 + int((long - 1) * head)),
        (int(head * 0.98), int(head * 1.15 * long)),
        0,
        0,
        360,
        hair,
        -1,
        cv2.LINE_AA,
    )
    cv2.ellipse(pixels, (x, y), (int(head * 0.72), head), 0, 0, 360, skin, -1, cv2.LINE_AA)


CLUTTER: tuple[Callable[[Dice, Bytes], None], ...] = (_panel, _panel, _poster, _pole, _books, _blob, _person)


def skin_tone(dice: Dice) -> Floats:
    """A skin colour, BGR."""
    pale, dark = floats([0.68, 0.78, 0.95]), floats([0.12, 0.20, 0.35])
    return floats(pale + (dark - pale) * np.float32(dice.beta(1.2, 1.8))) * np.float32(
        within(dice, (0.85, 1.05))
    )


def _bokeh(dice: Dice, wall: Floats) -> Floats:
    """Lamps out of focus."""
    height, width = wall.shape[:2]
    glow = np.zeros((height, width, 3), np.uint8)
    size = within(dice, (3, 26))
    for _ in range(int(dice.integers(4, 40))):
        at = int(dice.integers(0, width)), int(dice.integers(0, height))
        ink = (colour(dice, (0.3, 1.0), (0.0, 0.7)) * 200).tolist()
        cv2.circle(glow, at, max(1, int(size * dice.uniform(0.6, 1.2))), ink, -1, cv2.LINE_AA)
    return wall + blurred(floats(glow) / np.float32(255), within(dice, (0.5, 3.0)))
