"""A product's look: outline, stuff, liquid, label and cap, all drawn from the product's seed.

The same product number always gives the same look; how full it is, how it is turned and lit belongs to the
moment (vessel.Pose), not to the product.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from firmware_sim.render.arrays import Bytes, Dice, Floats, chance, colour, floats, from_hsv, within
from firmware_sim.render.labels import draw_label
from firmware_sim.render.profiles import FAMILIES, OTHERS, Family, Outline, draw_outline, pick_family

# Share of light that one wall lets through, BGR: flint, brown, green, olive, blue, smoked.
GLASS = (
    (0.97, 0.98, 0.97),
    (0.12, 0.33, 0.62),
    (0.35, 0.66, 0.30),
    (0.25, 0.50, 0.42),
    (0.78, 0.45, 0.20),
    (0.45, 0.45, 0.48),
)
GLASS_ODDS = (0.46, 0.18, 0.17, 0.07, 0.07, 0.05)
# What a full width lets through, BGR, and how cloudy it is (0 clear .. 1 milk).
LIQUIDS: tuple[tuple[Floats, float], ...] = tuple(
    (floats(through), cloudy)
    for through, cloudy in (
        ((0.96, 0.96, 0.95), 0.0),
        ((0.93, 0.95, 0.92), 0.04),
        ((0.10, 0.45, 0.85), 0.0),
        ((0.05, 0.28, 0.70), 0.0),
        ((0.02, 0.06, 0.16), 0.0),
        ((0.10, 0.04, 0.35), 0.0),
        ((0.55, 0.50, 0.92), 0.0),
        ((0.55, 0.86, 0.90), 0.0),
        ((0.05, 0.45, 0.95), 0.8),
        ((0.20, 0.72, 0.95), 0.7),
        ((0.92, 0.96, 0.97), 1.0),
        ((0.20, 0.80, 0.30), 0.1),
        ((0.85, 0.45, 0.05), 0.1),
        ((0.08, 0.08, 0.80), 0.2),
        ((0.10, 0.55, 0.75), 0.3),
        ((0.06, 0.30, 0.10), 0.1),
    )
)


@dataclass(frozen=True)
class Label:
    """One label; `bottom` and `top` are heights 0..1, `wrap` the share of the half turn it covers."""

    texture: Bytes
    bottom: float
    top: float
    wrap: float
    clear: float  # 0 paper .. 0.6 printed film


@dataclass(frozen=True)
class Look:
    """Everything a product keeps from one moment to the next."""

    product: int
    outline: Outline
    see_through: bool
    wall: Floats  # (3,) share of light one wall lets through; the paint where nothing is seen through
    gloss: float
    frost: float  # 0 clear .. 1 sand-blasted
    metal: bool
    liquid: Floats  # (3,)
    cloudy: float
    labels: tuple[Label, ...]
    cap: str
    cap_colour: Floats
    cap_from: float  # height where the cap begins, 1 = none
    facets: float  # strength of cut or pressed facets
    neck_ring: Floats | None
    rings: tuple[
        tuple[float, float], ...
    ]  # moulded rings: height, strength; the false friends of a liquid line


@lru_cache(maxsize=4096)
def look_of(product: int, *, bottle: bool = True) -> Look:
    """The look of a product number: a bottle, or one of the things that are not."""
    dice = np.random.default_rng([product, int(bottle), 77])
    family = pick_family(dice, FAMILIES if bottle else OTHERS)
    return draw_look(dice, family, product)


def draw_look(dice: Dice, family: Family, product: int) -> Look:
    """A look of this family; the product number only goes along."""
    cap = str(dice.choice(family.caps.split()))
    plain = draw_outline(dice, family)
    cap_from = _cap_from(dice, plain, cap)
    outline = _capped(dice, plain, cap, cap_from)
    stuff = str(dice.choice(family.stuffs.split()))
    see_through = stuff in ("glass", "plastic") and not (family.bottle and chance(dice, 0.06))
    liquid, cloudy = _liquid(dice)
    return Look(
        product,
        outline,
        see_through,
        _wall(dice, stuff),
        within(dice, (0.25, 1.0)),
        within(dice, (0.3, 0.9)) if chance(dice, 0.06) else 0.0,
        stuff == "metal",
        liquid,
        cloudy,
        _labels(dice, family, outline, stuff),
        cap,
        _cap_colour(dice, cap),
        cap_from,
        within(dice, (0.1, 0.5)) if chance(dice, 0.2) else 0.0,
        colour(dice) if chance(dice, 0.12) else None,
        _rings(dice, outline, stuff),
    )


def _wall(dice: Dice, stuff: str) -> Floats:
    if stuff == "glass":
        tint = floats(GLASS[int(dice.choice(len(GLASS), p=GLASS_ODDS))])
        return floats(np.clip(tint * floats(dice.uniform(0.88, 1.08, 3)), 0.02, 1.0))
    if stuff == "plastic":
        return floats(1.0) - (
            colour(dice, (0.0, 1.0)) * within(dice, (0.0, 0.5))
            if chance(dice, 0.25)
            else np.full(3, within(dice, (0.01, 0.08)), np.float32)
        )
    if chance(dice, 0.35):
        return colour(dice, (0.7, 1.0), (0.0, 0.12))
    return colour(dice, (0.03, 1.0), (0.0, 0.9))


def _liquid(dice: Dice) -> tuple[Floats, float]:
    if chance(dice, 0.35):
        hue, deep = float(dice.random()), within(dice, (0.2, 1.0))
        through = from_hsv(hue, deep, within(dice, (0.3, 1.0)))
        return np.clip(through, 0.02, 0.98), max(0.0, within(dice, (-0.4, 0.9)))
    through, cloudy = LIQUIDS[int(dice.integers(len(LIQUIDS)))]
    return np.clip(through * floats(dice.uniform(0.85, 1.1, 3)), 0.01, 0.98), cloudy


def _labels(dice: Dice, family: Family, outline: Outline, stuff: str) -> tuple[Label, ...]:
    body = outline.body_top
    if family.name in ("can", "slim can", "box"):
        return (Label(draw_label(dice), 0.0, 1.0, 1.0, 0.0),)
    chances = {"glass": 0.82, "plastic": 0.85, "opaque": 0.6, "metal": 0.45}[stuff] if family.bottle else 0.15
    if not chance(dice, chances):
        return ()
    bottom = within(dice, (0.05, 0.45)) * body
    top = min(body * 1.02, bottom + within(dice, (0.15, 0.8)) * body)
    if stuff == "opaque" and chance(dice, 0.3):
        bottom, top = 0.03, body
    wrap = 1.0 if stuff != "glass" or chance(dice, 0.2) else within(dice, (0.5, 0.95))
    film = within(dice, (0.2, 0.6)) if chance(dice, 0.1) else 0.0
    found = [Label(draw_label(dice), bottom, top, wrap, film)]
    if family.neck_length[0] >= 0.14 and chance(dice, 0.4):
        neck = outline.neck_from + (1 - outline.neck_from) * within(dice, (0.0, 0.3))
        found.append(Label(draw_label(dice, 64), neck, neck + within(dice, (0.04, 0.12)), wrap, 0.0))
    return tuple(found)


def _rings(dice: Dice, outline: Outline, stuff: str) -> tuple[tuple[float, float], ...]:
    if not chance(dice, 0.65 if stuff == "plastic" else 0.3):
        return ()
    shoulder = (outline.body_top + float(dice.normal(0, 0.03)), within(dice, (0.2, 1.0)))
    more = [
        (within(dice, (0.04, outline.neck_from)), within(dice, (-0.6, 1.0)))
        for _ in range(int(dice.integers(0, 5)))
    ]
    return (shoulder, *more)


def _cap_colour(dice: Dice, cap: str) -> Floats:
    if cap == "cork":
        return floats(np.clip(floats([0.35, 0.52, 0.68]) * within(dice, (0.6, 1.2)), 0, 1))
    if cap in ("lid", "pourer") or chance(dice, 0.3):
        return colour(dice, (0.55, 0.95), (0.0, 0.12))
    if chance(dice, 0.3):
        return colour(dice, (0.02, 0.25), (0.0, 0.4))
    return colour(dice, (0.4, 1.0), (0.4, 1.0))


def _capped(dice: Dice, outline: Outline, cap: str, cap_from: float) -> Outline:
    """The outline with the cap's own: caps are wider than the neck, nozzles and pumps narrower."""
    heights = np.linspace(0.0, 1.0, len(outline.radius), dtype=np.float32)
    cap_part = heights >= cap_from
    if cap in ("none", "foil", "lid", "pourer") or not cap_part.any():
        return outline
    neck = float(outline.radius[int(cap_from * (len(heights) - 1))])
    along = (heights - cap_from) / max(1.0 - cap_from, 1e-3)
    shapes = {
        "nozzle": neck * (1.0 - within(dice, (0.55, 0.85)) * along),
        "pump": np.where(along > 0.72, within(dice, (0.3, 0.8)), within(dice, (0.08, 0.2))),
        "sport": neck * np.sqrt(np.clip(1.05 - along**3, 0.15, 1.0)),
    }
    wide = min(1.0, neck * within(dice, (1.02, 1.25)))
    return replace(outline, radius=floats(np.where(cap_part, shapes.get(cap, wide), outline.radius)))


def _cap_from(dice: Dice, outline: Outline, cap: str) -> float:
    neck = 1.0 - outline.neck_from
    spans = {
        "crown": (0.025, 0.04),
        "cork": (0.03, 0.07),
        "lid": (0.015, 0.025),
        "jar": (0.10, 0.18),
        "pourer": (0.06, 0.12),
        "pump": (0.12, 0.24),
        "nozzle": (0.10, 0.22),
        "sport": (0.06, 0.20),
    }
    if cap == "none":
        return 1.0
    if cap == "foil":
        return 1.0 - neck * within(dice, (0.4, 1.0))
    if cap == "screw":
        return 1.0 - max(0.04, min(neck, within(dice, (0.04, 0.16))))
    return 1.0 - within(dice, spans[cap])
