"""What a fixed camera sees of one shelf: the same wall, board and light, bottles that come, go and empty.

The places are known exactly, so are boxes, levels and the share of its liquid that each bottle holds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from firmware_sim.render.arrays import Bytes, Dice, Floats, floats, over, within
from firmware_sim.render.backdrops import draw_backdrop, surface
from firmware_sim.render.camera import photograph
from firmware_sim.render.lights import draw_light
from firmware_sim.render.looks import Look, look_of
from firmware_sim.render.vessel import Pose, draw_vessel, inner_top, seen_level, size_of

BOARD_AT = 0.86
"""Height of the board's edge in the picture."""
TALL = 0.66
"""A bottle's height, of the picture's."""
ROOM = 0.74
"""Of a place's width that a bottle may fill."""
FIRST_PRODUCT = 40_000
FAMILIES = {"spirit", "bordeaux", "burgundy", "longneck"}
CURVE_STEPS = 128
Looks = Callable[[int], Look]


@dataclass(frozen=True)
class Standing:
    """A bottle in a place: its product's number, its share of a full bottle's liquid, how it is turned."""

    product: int
    share: float
    turn: float = 0.0


@dataclass(frozen=True)
class Shown:
    """A picture BGR uint8 (h, w, 3), and by place the box (x1, y1, x2, y2 in pixels) and the seen level."""

    image: Bytes
    boxes: dict[str, tuple[float, float, float, float]]
    levels: dict[str, float]


def bar_products(count: int, seed: int) -> tuple[int, ...]:
    """Numbers of `count` products of a bar: bottles that can be seen through, all different."""
    found: list[int] = []
    number = FIRST_PRODUCT + 1_000 * seed
    while len(found) < count:
        look = look_of(number)
        if look.see_through and look.frost == 0 and look.outline.family.name in FAMILIES:
            found.append(number)
        number += 1
    return tuple(found)


@lru_cache(maxsize=512)
def _heights(product: int, looks: Looks) -> tuple[Floats, Floats]:
    """Heights 0..1 along the axis and the share of a full bottle under each."""
    look = looks(product)
    heights = np.linspace(0.015, inner_top(look), CURVE_STEPS)
    radius = np.interp(heights, np.linspace(0, 1, len(look.outline.radius)), look.outline.radius)
    volume = np.concatenate([[0.0], np.cumsum(radius[1:] ** 2 + radius[:-1] ** 2)])
    return floats(heights), floats(volume / volume[-1])


def height_of_share(product: int, share: float, looks: Looks = look_of) -> float:
    """The pose's level at which a bottle holds this share of a full one's liquid."""
    heights, shares = _heights(product, looks)
    height = float(np.interp(min(max(share, 0.0), 1.0), shares, heights))
    return (height - 0.015) / (float(heights[-1]) - 0.015)


class BarView:
    """One shelf before one camera."""

    def __init__(
        self,
        places: Sequence[str],
        seed: int,
        width: int = 640,
        height: int = 360,
        looks: Looks = look_of,
    ) -> None:
        """`places` from left to right; `looks` says what a product's number looks like."""
        self._looks = looks
        self.width, self.height = width, height
        self._places = tuple(places)
        dice = np.random.default_rng([seed, 31])
        self._light = draw_light(dice)
        self._wall = self._room(dice)
        self._above = max(0.0, float(dice.normal(0.06, 0.04)))
        self._seed = seed

    def place_box(self, place: str) -> tuple[float, float, float, float]:
        """The box of a place as a technician would draw it, shares of the picture."""
        number, wide = self._places.index(place), 1.0 / len(self._places)
        return number * wide, BOARD_AT - TALL - 0.04, (number + 1) * wide, BOARD_AT + 0.03

    def picture(
        self, bottles: Mapping[str, Standing | None], moment: int, *, light: float = 1.0, covered: float = 0.0
    ) -> Shown:
        """The shelf at a moment; `light` dims it, something stands before the share `covered` of it."""
        dice = np.random.default_rng([self._seed, moment, 32])
        scene = self._wall.copy()
        boxes, levels = {}, {}
        for place, standing in bottles.items():
            if standing is None:
                continue
            look, pose = self._posed(standing)
            boxes[place] = self._stand(dice, scene, place, look, pose)
            levels[place] = seen_level(look, pose)
        if covered > 0:
            scene[:, : round(covered * self.width)] = 0.25
        return Shown(photograph(dice, floats(scene * np.float32(light)), gentle=True), boxes, levels)

    def _posed(self, standing: Standing) -> tuple[Look, Pose]:
        look = self._looks(standing.product)
        room = ROOM * self.width / len(self._places)
        tall = min(TALL * self.height, room / max(look.outline.width, 0.05))
        level = (
            height_of_share(standing.product, standing.share, self._looks) if standing.share > 0.001 else 0.0
        )
        return look, Pose(tall, self._above, standing.turn, level)

    def _stand(
        self, dice: Dice, scene: Floats, place: str, look: Look, pose: Pose
    ) -> tuple[float, float, float, float]:
        rows, columns = size_of(look, pose)
        left, _, right, _ = self.place_box(place)
        x = round((left + right) / 2 * self.width - columns / 2 + float(dice.normal(0, 0.6)))
        y = round(BOARD_AT * self.height) - rows
        x, y = min(max(0, x), self.width - columns), max(0, y)
        region = np.s_[y : y + rows, x : x + columns]
        steady = np.random.default_rng([self._seed, look.product])
        picture, alpha = draw_vessel(steady, look, pose, self._light, scene[region])
        scene[region] = over(scene[region], picture, alpha)
        return float(x), float(y), float(x + columns), float(y + rows)

    def _room(self, dice: Dice) -> Floats:
        scene = draw_backdrop(dice, self.height, self.width)
        edge, under = round(BOARD_AT * self.height), round((BOARD_AT + 0.05) * self.height)
        wood = surface(dice, self.height, self.width) * (self._light.ambient + 0.7 * self._light.key)
        top = round((BOARD_AT - 0.03) * self.height)
        scene[top:edge] = wood[top:edge]
        scene[edge:under] = wood[edge:under] * 0.7
        scene[under:] *= np.float32(within(dice, (0.3, 0.6)))
        return floats(scene)
