"""Arcs of all products at once, laid out flat, in the order of time, and the least of many stretches of them.

Owns what a stage is. Must not know products, prices or stocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def _no_floats() -> Floats:
    return np.zeros(0)


def _no_ints() -> Ints:
    return np.zeros(0, dtype=np.int64)


class Kind(Enum):
    """What happens between the nodes of a stage.

    A DELIVERY is a chance to order: nothing, a quantity with its own price, or cases at one price for each.
    Of these CASES the stage after it says how many; all stocks that buy at a price share its arcs. An EVENING
    is a day's demand.
    """

    DELIVERY = auto()
    CASES = auto()
    EVENING = auto()


@dataclass(frozen=True)
class Stage:
    """Arcs from node `source[s]` are the `run[s]` from arc `first[s]` on.

    Of each arc: `target` node, real `cost` of which `value` is money ordered by `delivery`, `cases`, the
    `link` whose use is paid (none is the last price); of an evening its `product`, `room` and what is
    `left`. An arc into CASES takes away the price and the number of cases up to the stock there is, one out
    of them adds those up to the stock there will be.
    """

    kind: Kind
    day: int
    source: Ints
    first: Ints
    run: Ints
    target: Ints
    cost: Floats
    value: Floats = field(default_factory=_no_floats)
    cases: Ints = field(default_factory=_no_ints)
    delivery: Ints = field(default_factory=_no_ints)
    link: Ints = field(default_factory=_no_ints)
    room: Floats = field(default_factory=_no_floats)
    left: Floats = field(default_factory=_no_floats)
    product: Ints = field(default_factory=_no_ints)

    def least(self, total: Floats) -> Floats:
        """The least of each source node's arcs."""
        if self.kind is Kind.CASES:
            return least_of_windows(total, self._windows, len(self.source))
        return np.asarray(np.minimum.reduceat(total, self.first))

    def arcs_from(self, rows: Ints) -> tuple[Ints, Ints]:
        """All arcs out of some source nodes, and the position in `rows` of the node each one leaves."""
        length = self.run[rows]
        return runs(self.first[rows], length), np.repeat(np.arange(len(rows)), length)

    @cached_property
    def _windows(self) -> "list[Windows]":
        return windows_of(self.first, self.run)


@dataclass(frozen=True, slots=True)
class Windows:
    """Stretches of 2^`power` numbers and up to twice as many: two of that length, from `left` and from
    `right`, cover each.
    """

    power: int
    rows: Ints
    left: Ints
    right: Ints


def windows_of(first: Ints, run: Ints) -> list[Windows]:
    """The stretches by length, short ones first; each is at least 1 long."""
    power_of = np.array([length.bit_length() - 1 for length in range(int(run.max()) + 1)], dtype=np.int8)
    powers = power_of[run]
    order = np.argsort(powers, kind="stable")
    found = []
    for rows in np.split(order, np.cumsum(np.bincount(powers))[:-1]):
        if len(rows):
            left, power = first[rows], int(powers[rows[0]])
            found.append(Windows(power, rows, left, left + run[rows] - 2**power))
    return found


def least_of_windows(values: Floats, windows: Sequence[Windows], count: int) -> Floats:
    """The least value of each of `count` stretches.

    By a sparse table (Bender and Farach-Colton, The LCA problem revisited, 2000): the least of every 2^k
    numbers that follow each other come from those of every 2^(k-1).
    """
    least = np.empty(count)
    power = 0
    for window in windows:
        while power < window.power:
            values = np.minimum(values[: -(2**power)], values[2**power :])
            power += 1
        least[window.rows] = np.minimum(values[window.left], values[window.right])
    return least


def runs(begin: Ints, length: Ints) -> Ints:
    """begin[0], begin[0] + 1, ..., length[0] of them, then begin[1], ..."""
    return np.asarray(np.repeat(begin - np.cumsum(length) + length, length) + np.arange(int(length.sum())))
