"""Which found bottle stands in which drawn place. Pure geometry."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from edge.domain.sight import Box, Found, Place

LEAST_OVERLAP = 0.2
"""IoU from which a bottle is held to stand in a place: drawn boxes are rough, bottles differ in height."""
LEAST_INSIDE = 0.6
"""Share of a bottle's box within a place that counts as well: a small bottle in a generous place,"""
FOOT_WITHIN = 0.25
"""as long as it stands on the board: this near to the place's lower edge, in heights of the place."""
MOVED_SHARE = 0.3
"""The picture has moved when most bottles stand this share of a place's width beside it."""
MOVED_AT_LEAST = 3
"""Fewer places say nothing about the picture."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """What was found in each place (None: nothing), and what stands in none."""

    by_slot: dict[str, Found | None]
    strays: tuple[Found, ...]


def assign(places: Sequence[Place], found: Sequence[Found]) -> Assigned:
    """Give each place at most one bottle, the best fit first; a bottle stands in one place."""
    pairs = sorted(
        ((fit(place.box, one.box), p, f) for p, place in enumerate(places) for f, one in enumerate(found)),
        key=lambda pair: (-pair[0], -found[pair[2]].score),
    )
    taken: dict[int, int] = {}
    used: set[int] = set()
    for quality, p, f in pairs:
        if quality > 0 and p not in taken and f not in used:
            taken[p] = f
            used.add(f)
    by_slot = {place.slot_id: found[taken[p]] if p in taken else None for p, place in enumerate(places)}
    return Assigned(by_slot, tuple(one for f, one in enumerate(found) if f not in used))


def fit(place: Box, bottle: Box) -> float:
    """How well a bottle fits a place, 0 where it does not stand in it."""
    overlap = place.iou(bottle)
    inside = place.shared(bottle) / bottle.area if bottle.area > 0 else 0.0
    on_board = abs(place.bottom - bottle.bottom) <= FOOT_WITHIN * place.height
    foot_inside = place.left <= bottle.middle[0] <= place.right and on_board
    stands = overlap >= LEAST_OVERLAP or (inside >= LEAST_INSIDE and foot_inside)
    return overlap + 0.1 * inside if stands else 0.0


def shift_of(places: Sequence[Place], found: Sequence[Found]) -> float:
    """How far the picture has moved against what was drawn, in widths of a place; 0 where it has not.

    Looks at the nearest bottle of each place: when most of them stand beside it in the same direction, it is
    the camera that was turned.
    """
    if len(places) < MOVED_AT_LEAST or len(found) < MOVED_AT_LEAST:
        return 0.0
    shifts = []
    for place in places:
        nearest = min(found, key=lambda one: abs(one.box.middle[0] - place.box.middle[0]))
        shifts.append((nearest.box.middle[0] - place.box.middle[0]) / max(place.box.width, 1e-6))
    middle = median(shifts)
    agreeing = sum(abs(shift - middle) < MOVED_SHARE for shift in shifts)
    return middle if abs(middle) > MOVED_SHARE and agreeing > 0.6 * len(shifts) else 0.0
