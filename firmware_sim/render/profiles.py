"""Outlines: how wide a bottle, can, glass or jar is at each height, and what family it belongs to.

An outline is a surface of revolution (or a rounded box, see `squareness`); heights and radii are in units of
the whole height and of the widest radius, 0 at the bottom.
"""

from dataclasses import dataclass

import numpy as np

from firmware_sim.render.arrays import Dice, Floats, chance, floats, within

Span = tuple[float, float]
STEPS = 257


@dataclass(frozen=True)
class Family:
    """A kind of vessel; spans are drawn from evenly."""

    name: str
    width: Span  # widest diameter over height
    neck: Span  # neck diameter over widest
    neck_length: Span  # over height
    shoulder: Span  # over height
    waist: float = 0.0  # chance of a waist or bulge in the body
    ribs: float = 0.0  # chance of ribs
    square: float = 0.0  # chance of a rounded box instead of a circle
    stuffs: str = "glass"  # glass | plastic | opaque | metal
    caps: str = "screw"  # one of or several of: crown screw cork foil pourer pump nozzle sport none
    weight: float = 1.0
    bottle: bool = True


FAMILIES: tuple[Family, ...] = (
    Family(
        "bordeaux", (0.23, 0.29), (0.32, 0.40), (0.24, 0.32), (0.08, 0.14), caps="cork foil foil", weight=1.4
    ),
    Family("burgundy", (0.26, 0.32), (0.32, 0.40), (0.22, 0.30), (0.26, 0.36), caps="cork foil foil none"),
    Family("sparkling", (0.28, 0.34), (0.32, 0.38), (0.18, 0.26), (0.28, 0.38), caps="foil", weight=0.6),
    Family(
        "longneck",
        (0.24, 0.30),
        (0.40, 0.48),
        (0.24, 0.34),
        (0.14, 0.24),
        caps="crown crown none",
        weight=1.8,
    ),
    Family("stubby", (0.32, 0.42), (0.42, 0.52), (0.10, 0.20), (0.12, 0.22), caps="crown screw none"),
    Family(
        "spirit",
        (0.25, 0.36),
        (0.30, 0.42),
        (0.16, 0.28),
        (0.04, 0.14),
        0.1,
        0.05,
        0.4,
        caps="screw cork pourer none",
        weight=2.0,
    ),
    Family(
        "flask",
        (0.38, 0.55),
        (0.24, 0.36),
        (0.14, 0.26),
        (0.05, 0.16),
        0.1,
        0.05,
        0.7,
        caps="screw cork pourer",
    ),
    Family(
        "decanter",
        (0.48, 0.80),
        (0.20, 0.34),
        (0.20, 0.36),
        (0.15, 0.36),
        0.2,
        0.05,
        0.3,
        caps="cork screw none",
    ),
    Family(
        "contour",
        (0.26, 0.34),
        (0.38, 0.46),
        (0.10, 0.24),
        (0.22, 0.34),
        0.9,
        0.3,
        caps="crown screw none",
        weight=1.2,
    ),
    Family(
        "soda", (0.27, 0.35), (0.34, 0.44), (0.06, 0.12), (0.18, 0.30), 0.4, 0.3, stuffs="plastic", weight=1.6
    ),
    Family(
        "water",
        (0.26, 0.37),
        (0.36, 0.50),
        (0.05, 0.11),
        (0.12, 0.26),
        0.3,
        0.85,
        0.1,
        stuffs="plastic",
        weight=2.0,
    ),
    Family(
        "juice",
        (0.34, 0.48),
        (0.48, 0.68),
        (0.05, 0.10),
        (0.10, 0.24),
        0.4,
        0.4,
        0.25,
        stuffs="plastic",
        weight=1.2,
    ),
    Family(
        "milk",
        (0.36, 0.52),
        (0.42, 0.60),
        (0.06, 0.16),
        (0.12, 0.26),
        0.2,
        0.1,
        0.3,
        stuffs="opaque glass",
        caps="screw none",
        weight=0.6,
    ),
    Family(
        "squeeze",
        (0.24, 0.38),
        (0.70, 0.95),
        (0.00, 0.04),
        (0.04, 0.10),
        0.2,
        stuffs="opaque plastic",
        caps="nozzle",
        weight=0.5,
    ),
    Family(
        "soap",
        (0.30, 0.52),
        (0.36, 0.55),
        (0.03, 0.08),
        (0.05, 0.18),
        0.2,
        0.0,
        0.4,
        stuffs="opaque plastic",
        caps="pump screw",
        weight=0.6,
    ),
    Family(
        "sport",
        (0.24, 0.36),
        (0.55, 0.90),
        (0.03, 0.08),
        (0.02, 0.10),
        0.2,
        0.1,
        stuffs="metal opaque plastic",
        caps="sport screw",
        weight=1.0,
    ),
    Family(
        "vial",
        (0.34, 0.52),
        (0.40, 0.60),
        (0.10, 0.20),
        (0.06, 0.14),
        0.0,
        0.0,
        0.4,
        caps="pump screw nozzle",
        weight=0.6,
    ),
    Family(
        "perfume",
        (0.55, 0.90),
        (0.22, 0.40),
        (0.06, 0.12),
        (0.02, 0.06),
        0.0,
        0.0,
        0.8,
        caps="screw",
        weight=0.4,
    ),
)

OTHERS: tuple[Family, ...] = (
    Family(
        "can",
        (0.46, 0.60),
        (0.80, 0.90),
        (0.01, 0.03),
        (0.05, 0.09),
        stuffs="metal",
        caps="lid",
        weight=3.0,
        bottle=False,
    ),
    Family(
        "slim can",
        (0.32, 0.42),
        (0.82, 0.92),
        (0.01, 0.02),
        (0.04, 0.07),
        stuffs="metal",
        caps="lid",
        weight=1.2,
        bottle=False,
    ),
    Family(
        "jar",
        (0.55, 0.95),
        (0.84, 0.98),
        (0.02, 0.06),
        (0.03, 0.08),
        0.1,
        0.1,
        0.2,
        caps="jar",
        weight=0.7,
        bottle=False,
    ),
    Family(
        "tumbler", (0.60, 0.95), (1.0, 1.0), (0.0, 0.0), (0.0, 0.0), caps="none", weight=1.5, bottle=False
    ),
    Family("pint", (0.45, 0.62), (1.0, 1.0), (0.0, 0.0), (0.0, 0.0), caps="none", weight=1.0, bottle=False),
    Family(
        "stem glass", (0.38, 0.60), (1.0, 1.0), (0.0, 0.0), (0.0, 0.0), caps="none", weight=1.5, bottle=False
    ),
    Family(
        "cup",
        (0.65, 1.0),
        (1.0, 1.0),
        (0.0, 0.0),
        (0.0, 0.0),
        stuffs="opaque",
        caps="none",
        weight=1.0,
        bottle=False,
    ),
    Family(
        "box",
        (0.25, 0.95),
        (1.0, 1.0),
        (0.0, 0.0),
        (0.0, 0.0),
        square=1.0,
        stuffs="opaque",
        caps="none",
        weight=1.4,
        bottle=False,
    ),
    Family(
        "candle",
        (0.10, 0.40),
        (1.0, 1.0),
        (0.0, 0.0),
        (0.0, 0.0),
        stuffs="opaque",
        caps="none",
        weight=0.7,
        bottle=False,
    ),
    Family(
        "post",
        (0.03, 0.16),
        (1.0, 1.0),
        (0.0, 0.0),
        (0.0, 0.0),
        0.3,
        0.2,
        0.4,
        stuffs="opaque metal",
        caps="none",
        weight=1.4,
        bottle=False,
    ),
    Family(
        "vase",
        (0.40, 0.80),
        (0.40, 0.90),
        (0.05, 0.20),
        (0.15, 0.30),
        0.9,
        0.1,
        stuffs="opaque glass",
        caps="none",
        weight=0.5,
        bottle=False,
    ),
)


@dataclass(frozen=True)
class Outline:
    """`radius[i]` is the radius at height i / (STEPS - 1), over the widest; `width` is over height."""

    family: Family
    width: float
    radius: Floats
    body_top: float
    neck_from: float
    squareness: float  # 2 = round, 8 = a box with rounded edges
    rib_count: float  # 0 = none; per body height


def draw_outline(dice: Dice, family: Family) -> Outline:
    """An outline of the family."""
    neck_length, shoulder = within(dice, family.neck_length), within(dice, family.shoulder)
    body_top = max(0.25, 1.0 - neck_length - shoulder)
    neck_from = body_top + shoulder
    heights = np.linspace(0.0, 1.0, STEPS, dtype=np.float32)
    radius = _special(dice, family, heights)
    if radius is None:
        radius = _body(dice, family, heights, body_top) * _necked(dice, family, heights, body_top, neck_from)
    rounded = np.clip(heights / np.float32(within(dice, (0.008, 0.05))), 0.0, 1.0)
    radius = radius * (np.float32(0.86) + np.float32(0.14) * np.sqrt(rounded))
    square = within(dice, (3.0, 9.0)) if chance(dice, family.square) else 2.0
    ribs = within(dice, (6.0, 22.0)) if chance(dice, family.ribs) else 0.0
    return Outline(
        family, within(dice, family.width), floats(radius / radius.max()), body_top, neck_from, square, ribs
    )


def _necked(dice: Dice, family: Family, heights: Floats, body_top: float, neck_from: float) -> Floats:
    """1 along the body, the neck's share above the shoulder, a curve between, a lip at the top."""
    neck = within(dice, family.neck)
    along = np.clip((heights - body_top) / max(neck_from - body_top, 1e-3), 0.0, 1.0)
    bend = within(dice, (0.7, 2.6))
    drop = 0.5 - 0.5 * np.cos(np.pi * along ** np.float32(bend))
    taper = within(dice, (0.0, 0.15)) * np.clip((heights - neck_from) / max(1.0 - neck_from, 1e-3), 0.0, 1.0)
    radius = 1.0 + (neck - 1.0) * drop - neck * taper * (family.neck_length[1] > 0.1)
    lip = (heights > 1.0 - within(dice, (0.01, 0.035))) * within(dice, (0.0, 0.12))
    return floats(radius * (1.0 + lip))


def _body(dice: Dice, family: Family, heights: Floats, body_top: float) -> Floats:
    """Straight with a slight taper; a waist or a bulge where the family has them."""
    along = np.clip(heights / max(body_top, 1e-3), 0.0, 1.0)
    radius = 1.0 - within(dice, (-0.03, 0.09)) * (1.0 - along)
    if chance(dice, family.waist):
        depth = within(dice, (-0.16, 0.16))
        centre, spread = within(dice, (0.3, 0.7)), within(dice, (0.12, 0.28))
        radius = radius - depth * np.exp(-(((along - centre) / spread) ** 2))
    return floats(radius)


def _special(dice: Dice, family: Family, heights: Floats) -> Floats | None:
    """Vessels that are not a body with a neck: glasses, cups, posts, boxes."""
    if family.name == "stem glass":
        bowl_from, bend = within(dice, (0.35, 0.6)), within(dice, (0.4, 1.0))
        along = np.clip((heights - bowl_from) / (1.0 - bowl_from), 0.0, 1.0)
        bowl = np.sin(np.clip(along * within(dice, (1.5, 2.2)), 0.0, np.pi)) ** np.float32(bend)
        foot = within(dice, (0.6, 0.9)) * np.exp(-heights / 0.02)
        return floats(np.maximum(np.maximum(bowl, foot), within(dice, (0.06, 0.12))))
    if family.name in ("tumbler", "pint", "cup", "candle", "box", "post"):
        spread = 0.0 if family.name in ("candle", "box", "post") else within(dice, (0.0, 0.35))
        return floats(1.0 - spread * (1.0 - heights))
    return None


def pick_family(dice: Dice, families: tuple[Family, ...]) -> Family:
    """One of the families, by weight."""
    weights = np.array([family.weight for family in families])
    return families[int(dice.choice(len(families), p=weights / weights.sum()))]
