"""The figure of a slot from its newest weight and from what its gateway believed at the newest look. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import hypot

from cloud.stock.schemas import Presence
from cloud.stock.weighing import Liquid

BELIEVED_FOR = timedelta(minutes=45)
"""A look that is older than this against the newest weight says nothing of it any more."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What a gateway believed at a look, from which sensors, and what the scale alone said then."""

    seen_at: datetime
    ml: float
    sigma_ml: float
    scale_ml: float | None
    source: str


@dataclass(frozen=True, slots=True)
class Figure:
    """Liquid on hand with one sigma and what it was measured by; all None where nothing is known."""

    on_hand_ml: float | None
    sigma_ml: float | None
    source: str | None


def figure_of(
    liquid: Liquid | None, belief: Belief | None, weighed_at: datetime | None, full_ml: float | None
) -> Figure:
    """Put weight and belief together.

    What the scale showed differently after the look changed the bottle by as much, so the figure is the
    weight and the distance that the gateway found between weight and belief. Without a weight the belief
    stands alone.
    """
    if liquid is None:
        return (
            Figure(None, None, None) if belief is None else Figure(belief.ml, belief.sigma_ml, belief.source)
        )
    is_old = belief is None or weighed_at is None or weighed_at - belief.seen_at > BELIEVED_FOR
    if (
        belief is None
        or is_old
        or belief.scale_ml is None
        or belief.source == "scale"
        or not liquid.on_hand_ml
    ):
        return Figure(liquid.on_hand_ml, liquid.sigma_ml, "scale")
    ml = min(max(liquid.on_hand_ml + belief.ml - belief.scale_ml, 0.0), full_ml or float("inf"))
    scale_g = 0.0 if belief.source == "both" else liquid.sigma_ml
    return Figure(ml, hypot(belief.sigma_ml, scale_g), belief.source)


def presence_by_sight(sight: str) -> Presence:
    """Tell whether a bottle stands where no scale says so."""
    if sight == "standing":
        return "standing"
    return "absent" if sight == "absent" else "unknown"
