"""One bottle as a detector cuts it out, with its level: what the fill-level model learns from."""

from dataclasses import dataclass, replace

import numpy as np

from firmware_sim.render.arrays import Bytes, Dice, Floats, chance, floats, over, within
from firmware_sim.render.backdrops import draw_backdrop
from firmware_sim.render.camera import photograph
from firmware_sim.render.hands import draw_fingers
from firmware_sim.render.layouts import pick_product
from firmware_sim.render.lights import draw_light
from firmware_sim.render.looks import Look, look_of
from firmware_sim.render.vessel import Light, Pose, paste_vessel, seen_level, size_of

LEAST_CONTRAST = 0.045  # of full white, between the wet wall and the dry one
LEAST_SHARE = 0.2  # of the width, where that contrast must be seen


@dataclass(frozen=True)
class Crop:
    """A bottle's crop, BGR uint8 (h, w, 3); `level` is (bottom - surface) / (bottom - top) of the crop,
    None where nobody could tell: opaque, covered, or too little contrast."""

    image: Bytes
    level: float | None
    product: int
    bottle_level: float | None  # the same of the bottle's true box, whatever the crop's edges miss


def render_crop(seed: int, height: int = 192, *, jitter: float = 0.03, product: int | None = None) -> Crop:
    """A crop about `height` pixels tall; its edges miss the bottle's box by about `jitter` of its size."""
    dice = np.random.default_rng([seed, 5])
    look = _crop_look(dice) if product is None else look_of(product)
    pose = Pose(float(height), max(0.0, float(dice.normal(0.1, 0.09))), within(dice, (-1, 1)), _level(dice))
    rows, columns = size_of(look, pose)
    margin = max(2, int(rows * 0.12))
    scene, light = _place(dice, rows + 2 * margin, columns + 2 * margin), draw_light(dice)
    if chance(dice, 0.4):
        _neighbours(dice, scene, light, rows, columns, margin)
    wet = _stood(seed, look, pose, light, scene, margin)
    dry = _stood(seed, look, replace(pose, level=0.0), light, scene, margin)
    cover = np.zeros(wet.shape[:2], np.float32)
    picture = wet
    if chance(dice, 0.08):
        grip = columns / 2 + margin, margin + rows * within(dice, (0.2, 0.9))
        fingers, cover = draw_fingers(
            dice, wet.shape[0], wet.shape[1], grip, columns, columns * 1.1, floats([0.5, 0.6, 0.8])
        )
        picture = over(wet, fingers * (light.ambient + light.key * 0.7), cover)
    seen = seen_level(look, pose)
    readable = _readable(
        look, pose, np.abs(wet - dry).max(axis=2) * (cover < 0.5), margin + rows * (1.0 - seen), columns
    )
    image = photograph(dice, picture, gentle=chance(dice, 0.5))
    return _cut(dice, image, seen if readable else None, (rows, columns), margin, jitter, look.product)


def _crop_look(dice: Dice) -> Look:
    """Mostly vessels that can be seen through: the others teach only when to stay silent."""
    look = pick_product(dice)
    for _ in range(3):
        if look.see_through and (chance(dice, 0.5) or len(look.labels) == 0 or chance(dice, 0.5)):
            return look
        look = pick_product(dice)
    return look


def _level(dice: Dice) -> float:
    return 0.0 if chance(dice, 0.03) else 1.0 if chance(dice, 0.04) else within(dice, (0.01, 1.0))


def _place(dice: Dice, height: int, width: int) -> Floats:
    """What is behind: any place, dark cloth and bright walls more often than in scenes."""
    scene = draw_backdrop(dice, height, width)
    if chance(dice, 0.3):
        scene = floats(scene * within(dice, (0.1, 0.5)))
    return scene


def _neighbours(dice: Dice, scene: Floats, light: Light, rows: int, columns: int, margin: int) -> None:
    """Bottles to the left and right, and sometimes one behind, as on a shelf."""
    for side in (-1, 1):
        if not chance(dice, 0.7):
            continue
        look = pick_product(dice)
        pose = Pose(rows * within(dice, (0.7, 1.1)), 0.1, within(dice, (-1, 1)), _level(dice))
        tall, wide = size_of(look, pose)
        centre = margin + columns / 2 + side * (columns / 2 + wide / 2 + within(dice, (-0.25, 0.3)) * wide)
        paste_vessel(dice, look, pose, light, scene, (int(centre - wide / 2), margin + rows - tall))


def _stood(seed: int, look: Look, pose: Pose, light: Light, scene: Floats, margin: int) -> Floats:
    """The scene with the bottle in its middle; the same seed gives the same wall, whatever the level."""
    stood = scene.copy()
    paste_vessel(np.random.default_rng(seed), look, pose, light, stood, (margin, margin))
    return stood


def _readable(look: Look, pose: Pose, contrast: Floats, surface_px: float, columns: int) -> bool:
    """Whether a person could point at the surface: the wet wall just under it differs from the dry one."""
    if not look.see_through:
        return False
    if pose.level <= 0.0:
        return float(look.wall.mean()) > 0.35
    below = np.clip(np.array([2, 4, 7]) + int(surface_px), 0, contrast.shape[0] - 1)
    return float((contrast[below].max(axis=0) > LEAST_CONTRAST).sum()) > LEAST_SHARE * columns * 0.8


def _cut(
    dice: Dice,
    image: Bytes,
    level: float | None,
    size: tuple[int, int],
    margin: int,
    jitter: float,
    product: int,
) -> Crop:
    rows, columns = size
    slack = np.clip(dice.normal(0.0, jitter, 4) * [rows, rows, columns, columns], -margin, margin)
    if chance(dice, 0.35):
        slack[:] = 0
    top, bottom = round(margin + slack[0]), round(margin + rows + slack[1])
    left, right = round(margin + slack[2]), round(margin + columns + slack[3])
    part = image[max(0, top) : bottom, max(0, left) : max(right, left + 4)]
    moved = None
    if level is not None:
        surface = margin + rows * (1.0 - level)
        moved = float(np.clip((bottom - surface) / max(bottom - top, 1), 0.0, 1.0))
    return Crop(np.ascontiguousarray(part), moved, product, level)
