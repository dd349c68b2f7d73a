"""What presses on the pads: bottles that stand, and hands that lift, put, bump and lean."""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from firmware_sim.physics.response import Array

MAX_WAITING = 100_000
"""Gestures that have not begun; people who plan further ahead than this are a programmer's error."""


@dataclass(frozen=True, slots=True, order=True)
class Gesture:
    """A change of the load on one pad: step_g stays (a bottle put or lifted), push_g passes (a hand).

    step * (3 u^2 - 2 u^3) + push * sin(pi u), u from 0 to 1 between start_s and end_s.
    """

    start_s: float
    end_s: float
    scale_id: str
    step_g: float = 0.0
    push_g: float = 0.0


class Pads:
    """The true load of every pad, second by second."""

    def __init__(self, scale_ids: Sequence[str], load_g: Array) -> None:
        self._rows = {scale_id: row for row, scale_id in enumerate(scale_ids)}
        self._standing_g = load_g.copy()
        self._waiting: list[Gesture] = []
        self._under_way: list[Gesture] = []

    @property
    def standing_g(self) -> Array:
        """What stands on each pad once all gestures that have ended are counted, g."""
        return self._standing_g.copy()

    def expect(self, gestures: Iterable[Gesture]) -> None:
        """Take gestures that begin in this second or later."""
        for gesture in gestures:
            heapq.heappush(self._waiting, gesture)
        assert len(self._waiting) <= MAX_WAITING, f"over {MAX_WAITING} gestures are waiting"

    def second(self, start_s: int, substeps: int) -> Array:
        """Return the loads from start_s to start_s + 1, g, shape (pads, substeps)."""
        end_s = start_s + 1
        while self._waiting and self._waiting[0].start_s < end_s:
            self._under_way.append(heapq.heappop(self._waiting))
        load_g = np.repeat(self._standing_g[:, None], substeps, axis=1)
        times_s = start_s + np.arange(1, substeps + 1) / substeps
        for gesture in self._under_way:
            load_g[self._rows[gesture.scale_id]] += _load(gesture, times_s)
        for gesture in [gesture for gesture in self._under_way if gesture.end_s <= end_s]:
            self._standing_g[self._rows[gesture.scale_id]] += gesture.step_g
            self._under_way.remove(gesture)
        return load_g


def _load(gesture: Gesture, times_s: Array) -> Array:
    u = np.clip((times_s - gesture.start_s) / (gesture.end_s - gesture.start_s), 0, 1)
    return np.asarray(gesture.step_g * u * u * (3 - 2 * u) + gesture.push_g * np.sin(np.pi * u))
