"""A picture of a place with bottles, and the exact box, level and product of each bottle in it.

A stage is filled back to front; a map of who covers which pixel gives the visible part of every bottle.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from firmware_sim.render import layouts
from firmware_sim.render.arrays import Bytes, Dice, Floats, blurred, floats, over, within
from firmware_sim.render.backdrops import draw_backdrop, skin_tone
from firmware_sim.render.camera import photograph
from firmware_sim.render.hands import draw_arm, draw_fingers
from firmware_sim.render.layouts import Placed, Plan
from firmware_sim.render.lights import draw_light
from firmware_sim.render.vessel import Light, draw_vessel, seen_level

LEAST_VISIBLE = 0.22
LEAST_SIDE_PX = 5


@dataclass(frozen=True)
class SeenBottle:
    """One bottle as the picture shows it; box x1, y1, x2, y2 in pixels around its visible part."""

    box: tuple[float, float, float, float]
    product: int
    level: (
        float | None
    )  # (bottom - surface) / (bottom - top) of the whole bottle; None where nobody could see it
    visible: float  # share of its pixels that are neither covered nor outside


@dataclass(frozen=True)
class Picture:
    """A rendered photograph, BGR uint8 (height, width, 3), and what is in it."""

    image: Bytes
    bottles: tuple[SeenBottle, ...]
    kind: str


@dataclass
class Stage:
    """A picture being filled: colours, and which placed thing owns each pixel (-1 = the place itself)."""

    picture: Floats
    owner: npt.NDArray[np.int16]
    light: Light


def render_scene(
    seed: int, size: int = 320, *, kind: str | None = None, backdrop: Bytes | None = None
) -> Picture:
    """A square picture of `size` pixels; the same arguments give the same picture.

    `kind` is one of layouts.KINDS (drawn by its odds where None); `backdrop` replaces the place by a
    photograph of at least that size.
    """
    dice = np.random.default_rng(seed)
    chosen = kind or layouts.pick_kind(dice)
    if chosen not in layouts.KINDS:
        raise ValueError(f"no scene kind {chosen!r}: use one of {', '.join(layouts.KINDS)}")
    place = draw_backdrop(dice, size, size) if backdrop is None else _crop(dice, backdrop, size)
    plan = layouts.KINDS[chosen](dice, size)
    stage = Stage(place, np.full((size, size), -1, np.int16), draw_light(dice))
    for piece in plan.furniture:
        piece(stage.picture, stage.light)
    extents = [_put(dice, stage, number, placed, plan) for number, placed in enumerate(plan.things)]
    _cover(dice, stage, plan)
    return Picture(photograph(dice, _glaze(dice, stage.picture, plan)), _found(stage, plan, extents), chosen)


def _crop(dice: Dice, backdrop: Bytes, size: int) -> Floats:
    top, left = (int(dice.integers(0, max(1, side - size + 1))) for side in backdrop.shape[:2])
    part = cv2.resize(backdrop[top : top + size, left : left + size], (size, size))
    return floats(part) / np.float32(255)


def _put(dice: Dice, stage: Stage, number: int, placed: Placed, plan: Plan) -> int:
    """Draws one thing; returns how many pixels it would have if nothing covered or cut it."""
    look = placed.look
    if placed.held:
        _arm(dice, stage, placed)
    rows, columns = placed.size
    move = placed.matrix()
    inverse = cv2.invertAffineTransform(move)
    behind = floats(cv2.warpAffine(stage.picture, inverse, (columns, rows), borderMode=cv2.BORDER_REPLICATE))
    picture, alpha = draw_vessel(dice, look, placed.pose, stage.light, behind)
    left, top, right, bottom = placed.bounds(stage.owner.shape[1], stage.owner.shape[0])
    if right <= left or bottom <= top:
        return round(float(alpha.sum()))
    if plan.shadows and not placed.held:
        _shadow(stage, placed, within(dice, (0.2, 0.7)))
    shift = np.array([[1, 0, -left], [0, 1, -top]], np.float32)
    local = floats((shift @ np.vstack([move, [0, 0, 1]]))[:2])
    window = (right - left, bottom - top)
    colours = blurred(
        floats(cv2.warpAffine(picture, local, window, borderMode=cv2.BORDER_REPLICATE)), placed.blur_px
    )
    cover = floats(cv2.warpAffine(alpha, local, window))
    region = np.s_[top:bottom, left:right]
    stage.picture[region] = over(
        stage.picture[region], colours, blurred(cover[..., None], placed.blur_px).reshape(cover.shape)
    )
    stage.owner[region][cover > 0.5] = number
    return round(float(alpha.sum()))


def _shadow(stage: Stage, placed: Placed, strength: float) -> None:
    """The dark where a vessel touches what it stands on, drawn out away from the light."""
    height, width = stage.owner.shape
    half = placed.size[1] / 2
    x, y = placed.foot
    reach = half * (1.0 + abs(stage.light.side))
    centre = x - stage.light.side * half * 0.7, y - half * 0.1
    top, bottom = max(0, int(centre[1] - half)), min(height, int(centre[1] + half) + 1)
    left, right = max(0, int(centre[0] - 2 * reach)), min(width, int(centre[0] + 2 * reach) + 1)
    if bottom <= top or right <= left:
        return
    down = (np.arange(top, bottom, dtype=np.float32)[:, None] - centre[1]) / max(half * 0.35, 1.0)
    across = (np.arange(left, right, dtype=np.float32)[None, :] - centre[0]) / max(reach, 1.0)
    dark = np.float32(strength) * np.exp(-(down**2) - across**2)
    stage.picture[top:bottom, left:right] *= 1.0 - floats(dark)[..., None]


def _grip(placed: Placed) -> tuple[float, float]:
    move = placed.matrix()
    at = move @ np.array([placed.size[1] / 2, placed.size[0] * (1.0 - placed.grip), 1.0])
    return float(at[0]), float(at[1])


def _arm(dice: Dice, stage: Stage, placed: Placed) -> None:
    height, width = stage.owner.shape
    picture, alpha = draw_arm(dice, height, width, _grip(placed), placed.size[1] * within(dice, (0.7, 1.3)))
    stage.picture[:] = over(stage.picture, picture * (stage.light.ambient + 0.7 * stage.light.key), alpha)


def _cover(dice: Dice, stage: Stage, plan: Plan) -> None:
    """Fingers before held things."""
    height, width = stage.owner.shape
    for number, placed in enumerate(plan.things):
        if not placed.held:
            continue
        span = float(placed.size[1])
        picture, alpha = draw_fingers(
            dice, height, width, _grip(placed), span, max(span, placed.size[0] * 0.3), skin_tone(dice)
        )
        stage.picture[:] = over(stage.picture, picture * (stage.light.ambient + 0.7 * stage.light.key), alpha)
        hidden = (alpha > 0.5) & (stage.owner == number)
        stage.owner[hidden] = number if placed.look.outline.family.bottle else -1


def _glaze(dice: Dice, picture: Floats, plan: Plan) -> Floats:
    """A glass door's reflections."""
    if not plan.glass_door:
        return picture
    height, width = picture.shape[:2]
    across, down = np.arange(width)[None, :] / width, np.arange(height)[:, None] / height
    glare = np.zeros((height, width), np.float32)
    for _ in range(int(dice.integers(1, 4))):
        distance = across + within(dice, (-0.6, 0.6)) * down - within(dice, (0, 1))
        glare += within(dice, (0.03, 0.25)) * np.exp(-((distance / within(dice, (0.02, 0.2))) ** 2)).astype(
            np.float32
        )
    return floats(picture + glare[..., None])


def _found(stage: Stage, plan: Plan, extents: list[int]) -> tuple[SeenBottle, ...]:
    found = []
    for number, (placed, pixels) in enumerate(zip(plan.things, extents, strict=True)):
        if not placed.look.outline.family.bottle:
            continue
        rows, columns = np.nonzero(stage.owner == number)
        if len(rows) < LEAST_VISIBLE * pixels or len(rows) < LEAST_SIDE_PX**2:
            continue
        box = float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)
        if min(box[2] - box[0], box[3] - box[1]) < LEAST_SIDE_PX:
            continue
        level = seen_level(placed.look, placed.pose) if placed.look.see_through and placed.tilt == 0 else None
        found.append(SeenBottle(box, placed.look.product, level, min(1.0, len(rows) / max(pixels, 1))))
    return tuple(found)
