"""Where things stand: shelves, bars, fridges, tables, hands, heaps. Plans only; scene.py draws them."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from firmware_sim.render.arrays import Dice, Floats, blurred, chance, colour, floats, within
from firmware_sim.render.backdrops import surface
from firmware_sim.render.looks import Look, look_of
from firmware_sim.render.vessel import Light, Pose, size_of

PRODUCTS = 3_000
Furniture = Callable[[Floats, Light], None]


@dataclass(frozen=True)
class Placed:
    """One vessel at its place; `foot` is the middle of its lower edge in pixels, `tilt` in radians."""

    look: Look
    pose: Pose
    foot: tuple[float, float]
    tilt: float = 0.0
    held: bool = False
    blur_px: float = 0.0
    grip: float = 0.4  # height of the hand
    squash: float = 1.0  # foreshortening along the axis

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of its own picture."""
        return size_of(self.look, self.pose)

    def matrix(self) -> Floats:
        """From its own picture to the scene, (2, 3)."""
        rows, columns = self.size
        cosine, sine = np.cos(self.tilt), np.sin(self.tilt)
        turn = np.array([[cosine, -sine * self.squash], [sine, cosine * self.squash]])
        if self.tilt == 0.0:
            at = np.round(np.array(self.foot) - [columns / 2, rows])
        else:
            at = np.array(self.foot) - turn @ [columns / 2, rows]
        return floats(np.column_stack([turn, at]))

    def bounds(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of the part of the scene it can touch."""
        rows, columns = self.size
        corners = np.array([[0, 0, 1], [columns, 0, 1], [0, rows, 1], [columns, rows, 1]]) @ self.matrix().T
        low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0)) + 1
        return (
            int(np.clip(low[0], 0, width)),
            int(np.clip(low[1], 0, height)),
            int(np.clip(high[0], 0, width)),
            int(np.clip(high[1], 0, height)),
        )


@dataclass(frozen=True)
class Plan:
    """What a scene is made of, back to front."""

    things: tuple[Placed, ...]
    furniture: tuple[Furniture, ...] = ()
    shadows: bool = True
    glass_door: bool = False


def pick_product(dice: Dice) -> Look:
    """Any product's look."""
    return look_of(int(dice.integers(PRODUCTS)))


def pick_other(dice: Dice) -> Look:
    """Something that is no bottle."""
    return look_of(int(dice.integers(PRODUCTS)), bottle=False)


def draw_pose(dice: Dice, height_px: float, from_above: float) -> Pose:
    """A moment of a vessel: any level, any turn."""
    level = 0.0 if chance(dice, 0.08) else 1.0 if chance(dice, 0.15) else within(dice, (0.02, 1.0))
    return Pose(height_px, from_above, within(dice, (-1.0, 1.0)), level)


def _row(
    dice: Dice, size: int, foot: float, height: float, above: float, *, others: float, blur: float = 0.0
) -> list[Placed]:
    """Vessels side by side along one line, some products repeated."""
    placed: list[Placed] = []
    x = within(dice, (-0.1, 0.3)) * size
    end = size * within(dice, (0.7, 1.1))
    gap = within(dice, (-0.12, 0.5)) if chance(dice, 0.7) else within(dice, (0.3, 2.0))
    look = pick_product(dice)
    repeat = within(dice, (0.0, 0.95))
    while x < end and len(placed) < 24:
        if not chance(dice, repeat):
            look = pick_other(dice) if chance(dice, others) else pick_product(dice)
        tall = height * within(dice, (0.92, 1.0)) * _relative_height(look)
        thing = Placed(look, draw_pose(dice, tall, above), (0, 0), blur_px=blur)
        wide = thing.size[1]
        spot = (x + wide / 2, foot + float(dice.normal(0, 0.01)) * height)
        placed.append(Placed(look, thing.pose, spot, blur_px=blur, tilt=_lean(dice)))
        x += wide * (1.0 + gap) + 1.0
    return placed


def _relative_height(look: Look) -> float:
    """Cans and cups are lower than bottles, wide things lower than slim ones."""
    return float(np.clip(0.30 / look.outline.width, 0.35, 1.05)) if look.outline.width > 0.33 else 1.0


def _lean(dice: Dice) -> float:
    return float(dice.normal(0, 0.05)) if chance(dice, 0.25) else 0.0


def shelf(dice: Dice, size: int) -> Plan:
    """One to four boards with rows of bottles, a second row behind."""
    boards = int(dice.integers(1, 5))
    pitch = size / boards * within(dice, (0.8, 1.4))
    start = within(dice, (0.3, 1.0)) * pitch
    above = max(0.0, float(dice.normal(0.08, 0.08)))
    things: list[Placed] = []
    feet = [start + pitch * board for board in range(boards + 1)]
    for foot in feet:
        tall = pitch * within(dice, (0.6, 0.92))
        if chance(dice, 0.4):
            things += _row(dice, size, foot - pitch * 0.06, tall, above, others=0.1)
        things += _row(dice, size, foot, tall, above, others=0.12)
    return Plan(tuple(things), tuple(_board(dice, size, foot, pitch) for foot in feet))


def fridge(dice: Dice, size: int) -> Plan:
    """Boards of wire, cold light, a glass door, many cans among the bottles."""
    boards = int(dice.integers(2, 5))
    pitch = size / boards * within(dice, (0.9, 1.2))
    feet = [pitch * (board + within(dice, (0.75, 0.85))) for board in range(boards)]
    things: list[Placed] = []
    for foot in feet:
        tall, others = pitch * within(dice, (0.7, 0.95)), within(dice, (0.0, 0.7))
        if chance(dice, 0.5):
            things += _row(dice, size, foot - pitch * 0.05, tall, 0.1, others=others)
        things += _row(dice, size, foot, tall, 0.1, others=others)
    return Plan(tuple(things), tuple(_wire(dice, size, foot) for foot in feet), glass_door=chance(dice, 0.5))


def counter(dice: Dice, size: int) -> Plan:
    """A bar or table top with bottles near and far, glasses and cans between."""
    above = within(dice, (0.05, 0.4))
    horizon = size * within(dice, (0.3, 0.75))
    count = int(dice.integers(1, 11))
    tall = size * within(dice, (0.18, 0.75))
    things = []
    for _ in range(count):
        near = float(dice.beta(1.5, 1.5))
        foot = horizon + near * (size * within(dice, (0.92, 1.15)) - horizon)
        scale = 0.55 + 0.45 * near
        look = pick_other(dice) if chance(dice, 0.35) else pick_product(dice)
        pose = draw_pose(dice, tall * scale * _relative_height(look) * within(dice, (0.8, 1.0)), above)
        things.append(
            Placed(
                look,
                pose,
                (within(dice, (0.02, 0.98)) * size, foot),
                tilt=_lean(dice),
                blur_px=max(0.0, float(dice.normal(0, 0.7))),
            )
        )
    return Plan(tuple(sorted(things, key=lambda thing: thing.foot[1])), (_table(dice, size, horizon),))


def close(dice: Dice, size: int) -> Plan:
    """One to four large bottles that fill the picture or leave it."""
    count = int(dice.integers(1, 5))
    above = max(0.0, float(dice.normal(0.1, 0.1)))
    tall = size * within(dice, (0.6, 1.5))
    foot = size * within(dice, (0.8, 1.2))
    things = []
    for number in range(count):
        look = pick_other(dice) if chance(dice, 0.12) else pick_product(dice)
        x = size * ((number + 0.5) / count + within(dice, (-0.2, 0.2)))
        pose = draw_pose(dice, tall * within(dice, (0.75, 1.0)) * _relative_height(look), above)
        things.append(Placed(look, pose, (x, foot + within(dice, (-0.05, 0.05)) * size), tilt=_lean(dice)))
    table = (_table(dice, size, size * within(dice, (0.5, 0.95))),) if chance(dice, 0.7) else ()
    return Plan(tuple(sorted(things, key=lambda thing: thing.foot[1])), table)


def held(dice: Dice, size: int) -> Plan:
    """A bottle, sometimes a can or glass, in a hand; more in the background."""
    things: list[Placed] = []
    if chance(dice, 0.3):
        things += _row(
            dice,
            size,
            size * within(dice, (0.5, 1.0)),
            size * within(dice, (0.2, 0.6)),
            0.05,
            others=0.4,
            blur=within(dice, (0.0, 2.0)),
        )[:6]
    for _ in range(1 + int(chance(dice, 0.2))):
        look = pick_other(dice) if chance(dice, 0.2) else pick_product(dice)
        tall = size * within(dice, (0.3, 1.05)) * _relative_height(look)
        tilt = float(dice.normal(0, 0.35)) if chance(dice, 0.8) else within(dice, (-3.1, 3.1))
        middle = np.array([within(dice, (0.25, 0.75)), within(dice, (0.3, 0.7))]) * size
        foot = middle + np.array([-np.sin(tilt), np.cos(tilt)]) * tall / 2
        pose = draw_pose(dice, tall, max(0.0, float(dice.normal(0.06, 0.08))))
        things.append(
            Placed(
                look,
                pose,
                (float(foot[0]), float(foot[1])),
                tilt,
                held=chance(dice, 0.85),
                grip=within(dice, (0.15, 0.6)),
            )
        )
    return Plan(tuple(things), shadows=False)


def lying(dice: Dice, size: int) -> Plan:
    """Bottles at any angle: on the floor, in a heap, photographed from above or turned."""
    things = []
    tall = size * within(dice, (0.2, 0.85))
    shared = within(dice, (-3.14, 3.14)) if chance(dice, 0.4) else None
    for _ in range(int(dice.integers(1, 8))):
        look = pick_other(dice) if chance(dice, 0.3) else pick_product(dice)
        tilt = within(dice, (-3.14, 3.14)) if shared is None else shared + float(dice.normal(0, 0.08))
        spot = within(dice, (0.1, 0.9)) * size, within(dice, (0.1, 0.9)) * size
        pose = draw_pose(
            dice, tall * within(dice, (0.8, 1.0)) * _relative_height(look), within(dice, (0.0, 0.35))
        )
        things.append(Placed(look, pose, spot, tilt, squash=within(dice, (0.6, 1.0))))
    return Plan(tuple(things), (_table(dice, size, -size * 0.1),) if chance(dice, 0.6) else ())


def dense(dice: Dice, size: int) -> Plan:
    """Rows behind rows, touching and covering each other, often all of one product."""
    above = within(dice, (0.05, 0.4))
    rows = int(dice.integers(2, 6))
    tall = size * within(dice, (0.15, 0.6))
    foot = size * within(dice, (0.35, 0.8))
    things: list[Placed] = []
    for row in range(rows):
        things += _row(
            dice,
            size,
            foot + row * tall * (0.06 + above * 0.5),
            tall * (0.85 + 0.15 * row / rows),
            above,
            others=0.03,
        )
    return Plan(tuple(things), (_table(dice, size, foot * 0.8),))


def nothing(dice: Dice, size: int) -> Plan:
    """No bottle: cans, glasses, cups, posts, boxes, hands."""
    things = []
    above = within(dice, (0.0, 0.4))
    for _ in range(int(dice.integers(0, 9))):
        look = pick_other(dice)
        pose = draw_pose(dice, size * within(dice, (0.15, 0.9)) * _relative_height(look), above)
        tilt = within(dice, (-3.1, 3.1)) if chance(dice, 0.25) else _lean(dice)
        spot = within(dice, (0.0, 1.0)) * size, within(dice, (0.3, 1.15)) * size
        things.append(Placed(look, pose, spot, tilt, held=chance(dice, 0.1)))
    table = (_table(dice, size, size * within(dice, (0.2, 0.8))),) if chance(dice, 0.6) else ()
    return Plan(tuple(sorted(things, key=lambda thing: thing.foot[1])), table)


KINDS: dict[str, Callable[[Dice, int], Plan]] = {
    "shelf": shelf,
    "fridge": fridge,
    "counter": counter,
    "close": close,
    "held": held,
    "lying": lying,
    "dense": dense,
    "nothing": nothing,
}
ODDS = (0.12, 0.05, 0.22, 0.18, 0.15, 0.11, 0.07, 0.10)


def pick_kind(dice: Dice) -> str:
    """One of KINDS, by ODDS."""
    return list(KINDS)[int(dice.choice(len(ODDS), p=ODDS))]


def _board(dice: Dice, size: int, foot: float, pitch: float) -> Furniture:
    """A shelf's board: its top, its front edge, the shadow under it."""
    depth, edge = pitch * within(dice, (0.02, 0.12)), pitch * within(dice, (0.02, 0.08))
    wood = surface(dice, max(2, int(depth + edge)), size)
    clear = within(dice, (0.2, 0.6)) if chance(dice, 0.15) else 1.0

    def draw(picture: Floats, light: Light) -> None:
        top, middle, bottom = (
            int(np.clip(value, 0, size)) for value in (foot - depth, foot + 2, foot + edge + 2)
        )
        lit = wood * (light.ambient + 0.8 * light.key)
        for first, last, shade in ((top, middle, 1.0), (middle, bottom, 0.7)):
            part = lit[: max(0, last - first)] * shade
            picture[first : first + len(part)] += (part - picture[first : first + len(part)]) * np.float32(
                clear
            )
        under = np.exp(-np.arange(max(0, min(size - bottom, int(pitch * 0.3)))) / max(pitch * 0.08, 1.0))
        picture[bottom : bottom + len(under)] *= floats(1.0 - 0.5 * under)[:, None, None]

    return draw


def _wire(dice: Dice, size: int, foot: float) -> Furniture:
    ink, pitch = floats(within(dice, (0.4, 1.0))), int(dice.integers(6, 30))

    def draw(picture: Floats, light: Light) -> None:
        y = int(np.clip(foot, 1, size - 3))
        picture[y : y + 2] = ink * (light.ambient + 0.8 * light.key)
        picture[y + 2 : y + 8, ::pitch] = ink * light.ambient

    return draw


def _table(dice: Dice, size: int, horizon: float) -> Furniture:
    """A plane from the horizon to the lower edge, its texture growing towards us."""
    top = surface(dice, size, size)
    near = within(dice, (1.0, 3.0))
    soft = within(dice, (0.0, 2.5))
    tint = floats(1.0) if chance(dice, 0.8) else colour(dice, (0.6, 1.0))

    def draw(picture: Floats, light: Light) -> None:
        first = int(np.clip(horizon, 0, size - 2))
        rows = np.linspace(0, 1, size - first, dtype=np.float32)[:, None] ** 0.6
        across = np.linspace(-0.5, 0.5, size, dtype=np.float32)[None, :]
        x = (0.5 + across * (near - (near - 1.0) * rows) / near) * (size - 1)
        y = np.repeat(rows * (size - 1), size, axis=1)
        plane = floats(cv2.remap(top, floats(x), floats(y), cv2.INTER_LINEAR)) * tint
        picture[first:] = blurred(plane * (light.ambient + 0.7 * light.key), soft)

    return draw
