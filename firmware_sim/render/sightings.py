"""One product as a camera above a bar sees it again and again: what identity is learned and measured on.

Between two sightings everything changes but the product: level, turn, light, place, neighbours, what stands
or reaches before it, size, sharpness. The crop is cut around what is visible, as a detector does.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from firmware_sim.render.arrays import Bytes, Dice, Floats, chance, floats, over, within
from firmware_sim.render.backdrops import draw_backdrop, skin_tone, surface
from firmware_sim.render.camera import photograph
from firmware_sim.render.hands import draw_fingers
from firmware_sim.render.layouts import pick_other, pick_product
from firmware_sim.render.lights import draw_light
from firmware_sim.render.looks import Look
from firmware_sim.render.stock import stocked_look
from firmware_sim.render.vessel import Light, Pose, paste_vessel, size_of

FRONT = 0.5  # the turn that shows the middle of the print
LEAST_VISIBLE = 0.5  # of the bottle's pixels; a bottle hidden further is not asked for its name
EXPOSED_TO = 0.45  # of full white, the median of a picture of a fixed camera
PLACE_PX, PLACES_AT_ONCE, PLACES = 320, 8, 4_000


@dataclass(frozen=True)
class Sighting:
    """A crop, BGR uint8 (h, w, 3), of the bottle with this stock number."""

    image: Bytes
    number: int
    level: float  # of the inner height, 0..1
    visible: float  # share of the bottle's pixels that nothing covers
    turn: float  # half turns away from the print's middle, 0..1


def render_sighting(
    seed: int, number: int, *, shown: bool = False, site: int | None = None, jitter: float = 0.025
) -> Sighting:
    """The product as seen at the moment `seed`; `shown`: put before the camera by a person who enrols it,
    uncovered and more or less facing it. `site`: one bar, whose camera exposes by itself and knows a day's
    light, an evening's, and a few places; without it every sighting has a light and a place of its own.
    The crop's edges miss the bottle by about `jitter` of its size."""
    dice = np.random.default_rng([seed, number, 13])
    look, pose = stocked_look(number), _pose(dice, shown=shown)
    rows, columns = size_of(look, pose)
    side, margin = max(24, int(columns * 0.7)), max(8, int(rows * 0.15))
    light = draw_light(dice) if site is None else _light_of(dice, site)
    places = seed // 64 if site is None else site
    scene = _place(dice, places, rows + 2 * margin, columns + 2 * side, light, margin + rows)
    _neighbours(dice, scene, light, (rows, columns), (side, margin))
    cover = paste_vessel(dice, look, pose, light, scene, (side, margin))
    whole, open_ = cover > 0.5, np.ones(cover.shape, np.float32)
    if not shown:
        open_ = _covered(dice, scene, light, (rows, columns), (side, margin))
    seen = whole & (open_ > 0.5)
    if seen.sum() < LEAST_VISIBLE * whole.sum():
        return render_sighting(seed + 7_919, number, shown=shown, site=site, jitter=jitter)
    if site is not None:
        scene = _exposed(scene)
    image = photograph(dice, scene, gentle=chance(dice, 0.6))
    away = abs((pose.turn - FRONT + 1.0) % 2.0 - 1.0)
    return Sighting(
        _cut(dice, image, seen, jitter), number, pose.level, float(seen.sum() / whole.sum()), away
    )


def _exposed(scene: Floats) -> Floats:
    """What a fixed camera's automatic exposure makes of it: neither black nor blown out on the whole."""
    bright = float(np.median(scene.max(axis=2)))
    return floats(scene * np.clip(EXPOSED_TO / max(bright, 1e-3), 0.6, 2.5))


def _pose(dice: Dice, *, shown: bool) -> Pose:
    """Bottles behind a bar face the guests, more or less; some were put back anyhow."""
    facing = shown or chance(dice, 0.85)
    turn = FRONT + float(dice.normal(0.0, 0.12)) if facing else within(dice, (-1.0, 1.0))
    level = 0.0 if chance(dice, 0.04) else 1.0 if chance(dice, 0.1) else within(dice, (0.02, 1.0))
    tall = float(np.exp(dice.uniform(np.log(80.0), np.log(230.0))))
    return Pose(tall, max(0.0, float(dice.normal(0.09, 0.07))), turn, level)


def _light_of(dice: Dice, site: int) -> Light:
    """A bar by day or in the evening; clouds and dimmers make it brighter or darker, the sun moves."""
    light = draw_light(np.random.default_rng([site, int(chance(dice, 0.5)), 31]))
    bright = np.float32(np.exp(dice.normal(0.0, 0.2)))
    side = float(np.clip(light.side + dice.normal(0.0, 0.2), -1.0, 1.0))
    return replace(light, ambient=light.ambient * bright, key=light.key * bright, side=side)


@lru_cache(maxsize=PLACES_AT_ONCE * 2)
def _backdrop(number: int) -> Floats:
    return draw_backdrop(np.random.default_rng([number, 29]), PLACE_PX, PLACE_PX)


def _place(dice: Dice, places: int, height: int, width: int, light: Light, foot: int) -> Floats:
    """A part of a place, and sometimes the board that the bottle stands on."""
    first_place = places % (PLACES // PLACES_AT_ONCE) * PLACES_AT_ONCE
    backdrop = _backdrop(first_place + int(dice.integers(PLACES_AT_ONCE)))
    tall, wide = min(height, PLACE_PX), min(width, PLACE_PX)
    top, left = int(dice.integers(0, PLACE_PX - tall + 1)), int(dice.integers(0, PLACE_PX - wide + 1))
    part = backdrop[top : top + tall, left : left + wide]
    scene = np.pad(part, ((0, height - tall), (0, width - wide), (0, 0)), mode="reflect")
    scene = floats(scene * (light.ambient + 0.7 * light.key))
    if chance(dice, 0.6):
        first = foot - int(height * within(dice, (0.0, 0.06)))
        board = surface(dice, max(2, height - first), 64)[:, np.arange(width) % 64]
        scene[first:] = board[: height - first] * (light.ambient + 0.7 * light.key)
    return scene


def _beside(dice: Dice, rows: int) -> tuple[Look, Pose]:
    look = pick_product(dice) if chance(dice, 0.8) else pick_other(dice)
    return look, Pose(rows * within(dice, (0.6, 1.1)), 0.09, within(dice, (-1, 1)), within(dice, (0, 1)))


def _neighbours(
    dice: Dice, scene: Floats, light: Light, size: tuple[int, int], corner: tuple[int, int]
) -> None:
    """Bottles left, right and behind."""
    for hand in (-1, 1):
        if chance(dice, 0.55):
            _stand(dice, scene, light, size, corner, hand, (-0.25, 0.4), 0)


def _stand(
    dice: Dice,
    scene: Floats,
    light: Light,
    size: tuple[int, int],
    corner: tuple[int, int],
    hand: int,
    gap: tuple[float, float],
    lower_px: int,
) -> Floats:
    """A vessel on one side of the middle one, `gap` of its width away (negative: overlapping)."""
    rows, columns = size
    look, pose = _beside(dice, rows)
    tall, wide = size_of(look, pose)
    centre = corner[0] + columns / 2 + hand * (columns / 2 + wide / 2 + within(dice, gap) * columns)
    return paste_vessel(
        dice, look, pose, light, scene, (int(centre - wide / 2), corner[1] + rows - tall + lower_px)
    )


def _covered(
    dice: Dice, scene: Floats, light: Light, size: tuple[int, int], corner: tuple[int, int]
) -> Floats:
    """What comes before the bottle: a vessel, a hand, the edge of a board; returns what stays open, 0..1."""
    rows, columns = size
    height, width = scene.shape[:2]
    open_ = np.ones((height, width), np.float32)
    if chance(dice, 0.22):
        hand = 1 if chance(dice, 0.5) else -1
        open_ -= _stand(dice, scene, light, size, corner, hand, (-0.5, -0.1), int(rows * 0.06))
    if chance(dice, 0.06):
        grip = corner[0] + columns / 2, corner[1] + rows * within(dice, (0.15, 0.9))
        tone = skin_tone(dice)
        fingers, alpha = draw_fingers(dice, height, width, grip, columns, columns * 1.1, tone)
        scene[:] = over(scene, fingers * (light.ambient + light.key * 0.7), alpha)
    if chance(dice, 0.1):
        first = corner[1] + int(rows * within(dice, (0.75, 0.97)))
        board = surface(dice, max(2, height - first), 64)[:, np.arange(width) % 64]
        scene[first:] = board[: height - first] * (light.ambient + 0.7 * light.key)
        open_[first:] = 0.0
    return floats(np.clip(open_, 0.0, 1.0))


def _cut(dice: Dice, image: Bytes, seen: npt.NDArray[np.bool_], jitter: float) -> Bytes:
    rows, columns = np.nonzero(seen)
    box = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], float)
    sides = np.array([box[2] - box[0], box[3] - box[1]] * 2)
    box = np.round(box + dice.normal(0.0, jitter, 4) * sides).astype(int)
    left, top = max(0, box[0]), max(0, box[1])
    return np.ascontiguousarray(image[top : max(box[3], top + 8), left : max(box[2], left + 8)])
