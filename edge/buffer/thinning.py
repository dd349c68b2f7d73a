"""Which waiting states are given up when the budget is used up: time is thinned, oldest first. Pure.

The states are looked at in stretches of 64 numbers (5 s of a gateway with 12 readings a second): the first
pass keeps one stretch in four, the oldest states first, so that the newest stay whole as long as possible.
When all are thinned the next pass keeps one in sixteen, then one in 64, and so on: after weeks the past is
coarse instead of gone. Movements are never given up. What goes is declared to the cloud as a gap.
"""

from collections.abc import Sequence

STRETCH = 64
FEWER = 4
MAX_LEVEL = 8
"""Past one stretch in 65,536 the oldest simply go."""
NEWEST_KEPT = 4_096
"""So many of the newest are not thinned while there are older ones."""
STEP_BLOCKS = 1_000


def is_kept(first_seq: int, level: int) -> bool:
    """Whether a block that begins at this number survives a level."""
    return first_seq // STRETCH % int(FEWER**level) == 0


def to_drop(waiting: Sequence[tuple[int, int]], level: int) -> list[int]:
    """Return the first numbers of the blocks (first number, count) that go."""
    if level >= MAX_LEVEL:
        return [first_seq for first_seq, _ in waiting]
    return [first_seq for first_seq, _ in waiting if not is_kept(first_seq, level)]
