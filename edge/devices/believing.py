"""One value out of several conversions. Pure; knows no chip but its 24 bits."""

from collections.abc import Sequence

from contract.device import COUNTS_MAX, COUNTS_MIN


def middle(conversions: Sequence[int]) -> int | None:
    """Return the median in counts, full scale left out unless there is nothing else; None of nothing.

    A lone full-scale value is a disturbed read; nothing but full scale is an overload, which the engine
    has to see.
    """
    inside = sorted(value for value in conversions if COUNTS_MIN < value < COUNTS_MAX)
    rest = inside or sorted(conversions)
    return rest[(len(rest) - 1) // 2] if rest else None
