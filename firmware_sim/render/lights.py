"""The light of a scene: where it comes from, its colour, and the windows and lamps that bottles mirror."""

import numpy as np

from firmware_sim.render.arrays import Dice, chance, floats, within
from firmware_sim.render.vessel import Light


def draw_light(dice: Dice) -> Light:
    """A light: daylight, a bar's warm lamps, a fridge's cold tubes, a dim room."""
    warm = floats([1.0, 1.0, 1.0]) + floats([-0.35, -0.05, 0.15]) * np.float32(dice.normal(0.2, 0.5))
    level = within(dice, (0.55, 1.25))
    share = within(dice, (0.25, 0.75))
    strips = []
    for _ in range(int(dice.integers(0, 4))):
        place = float(np.clip(dice.normal(0, 0.5), -0.9, 0.9))
        strips.append((place, within(dice, (0.03, 0.18)), float(dice.gamma(1.5, 0.35))))
    return Light(
        ambient=np.clip(warm * np.float32(level * share), 0.02, 1.2),
        key=np.clip(warm * np.float32(level * (1.0 - share) * 1.6), 0.02, 1.4),
        side=within(dice, (-1.0, 1.0)),
        strips=tuple(strips),
        glow=within(dice, (0.0, 1.0)) ** 1.5 if chance(dice, 0.8) else 0.0,
    )
