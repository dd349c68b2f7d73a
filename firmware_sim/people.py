"""What hands do to pads: each gesture of lifting, putting, pouring, bumping and leaning, with its times.

Pure: dice in, gestures out. Who does what and when is decided in staff.py.
"""

import random
from collections.abc import Sequence

from contract.layout import Category
from firmware_sim.physics.pad import Gesture

FLOW_ML_PER_S = {
    Category.SPIRIT: 18.0,
    Category.LIQUEUR: 18.0,
    Category.WINE: 40.0,
    Category.BEER: 60.0,
    Category.MIXER: 45.0,
    Category.KEG: 55.0,
}
"""Through a speed pourer about 18 ml/s, from an open neck two to three times that."""


def lift(scale_id: str | None, at_s: float, gross_g: float, dice: random.Random) -> list[Gesture]:
    """Take a bottle off: the hand presses a little as it grips."""
    if scale_id is None:
        return []
    end_s = at_s + dice.uniform(0.15, 0.4)
    return [Gesture(at_s, end_s, scale_id, step_g=-gross_g, push_g=gross_g * dice.uniform(0.0, 0.15))]


def put(scale_id: str | None, end_s: float, gross_g: float, dice: random.Random) -> list[Gesture]:
    """Put a bottle on so that it stands at end_s: it lands with a thump above its weight."""
    if scale_id is None:
        return []
    start_s = end_s - dice.uniform(0.12, 0.3)
    thump = Gesture(end_s - 0.1, end_s, scale_id, push_g=gross_g * dice.uniform(0.1, 0.6))
    return [Gesture(start_s, end_s, scale_id, step_g=gross_g), thump]


def tap(scale_id: str | None, at_s: float, pour_s: float, poured_g: float) -> list[Gesture]:
    """Pour from a keg that stays where it is."""
    if scale_id is None:
        return []
    return [Gesture(at_s, at_s + pour_s, scale_id, step_g=-poured_g)]


def bump(scale_ids: Sequence[str], at_s: float, dice: random.Random) -> list[Gesture]:
    """Knock against a shelf: every pad of it feels some of it, up or down, twice."""
    strength_g = dice.uniform(30, 400)
    gestures = []
    for scale_id in scale_ids:
        push_g = strength_g * dice.uniform(-1, 1)
        first_s = dice.uniform(0.08, 0.25)
        gestures.append(Gesture(at_s, at_s + first_s, scale_id, push_g=push_g))
        end_s = at_s + 2.2 * first_s
        gestures.append(Gesture(at_s + first_s, end_s, scale_id, push_g=-0.4 * push_g))
    return gestures


def lean(scale_ids: Sequence[str], at_s: float, dice: random.Random) -> list[Gesture]:
    """Rest an arm on one to three neighbouring pads for some seconds."""
    width = min(len(scale_ids), dice.randint(1, 3))
    first = dice.randrange(len(scale_ids) - width + 1)
    end_s = at_s + dice.uniform(2, 9)
    whole_g = dice.uniform(1_500, 6_000)
    return [
        Gesture(at_s, end_s, scale_id, push_g=whole_g / width * dice.uniform(0.6, 1.4))
        for scale_id in scale_ids[first : first + width]
    ]
