"""The temperature at each shelf: a daily swing and the slow breath of a room."""

import numpy as np

from firmware_sim.physics.response import Array

MEAN_C = 21.5
SWING_C = 1.5
WARMEST_HOUR = 22.0
"""A bar is warmest when it is full."""
BREATH_C = 0.3
BREATH_S = 1200.0


class Room:
    """One temperature per shelf node, degrees C."""

    def __init__(self, nodes: int, dice: np.random.Generator) -> None:
        self._dice = dice
        self._offset_c = dice.normal(0, 0.8, nodes)
        self._breath_c = dice.normal(0, BREATH_C, nodes)

    def second(self, local_hour: float) -> Array:
        """Return the temperatures at a local hour (0..24), shape (nodes,), and move one second on."""
        keep = np.exp(-1 / BREATH_S)
        fresh = self._dice.normal(0, BREATH_C, len(self._breath_c)) * np.sqrt(1 - keep**2)
        self._breath_c = self._breath_c * keep + fresh
        swing = SWING_C * np.cos((local_hour - WARMEST_HOUR) / 24 * 2 * np.pi)
        return np.asarray(MEAN_C + swing + self._offset_c + self._breath_c)
