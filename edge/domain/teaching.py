"""A new calibration of sight, which must prove itself on fresh pairs before it is used. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from edge.domain.bottle_shape import Curve, Pair, mean_error, taught

KEEP_APART_EVERY = 4
"""Every fourth pair of a product is never taught, only used to compare."""
SHADOW_PAIRS = 12
"""Fresh pairs on which a candidate is compared before it takes over."""
TOLERANCE = 0.002
"""A mean error that is worse by no more counts as not worse."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What teaching came to for one product ("" stands for all that have no curve of their own)."""

    product_id: str
    pairs: int
    kept_apart: int
    error_before: float
    error_after: float

    @property
    def is_better(self) -> bool:
        """Whether the kept-apart error has not grown."""
        return self.kept_apart > 0 and self.error_after <= self.error_before + TOLERANCE


def teach(
    pairs: Mapping[str, Sequence[Pair]], in_force: Mapping[str, Curve]
) -> tuple[dict[str, Curve], list[Lesson]]:
    """Bend a curve per product and one for all; return those that did not get worse, and every lesson.

    The pairs of each product stand in order of time.
    """
    curves, lessons = dict(in_force), []
    everything = {"": [pair for own in pairs.values() for pair in own], **pairs}
    for product_id, own in everything.items():
        held = list(own)[KEEP_APART_EVERY - 1 :: KEEP_APART_EVERY]
        learned = [pair for n, pair in enumerate(own) if n % KEEP_APART_EVERY != KEEP_APART_EVERY - 1]
        before = in_force.get(product_id) or in_force.get("") or Curve()
        after = taught(learned)
        lesson = Lesson(product_id, len(own), len(held), mean_error(before, held), mean_error(after, held))
        lessons.append(lesson)
        if lesson.is_better and after != Curve():
            curves[product_id] = after
    return curves, lessons


class Verdict(Enum):
    """What becomes of a candidate."""

    WAITING = "waiting"
    PROMOTED = "promoted"
    DROPPED = "dropped"


@dataclass(slots=True)
class Shadow:
    """A candidate that reads along without being believed."""

    in_force: Mapping[str, Curve]
    candidate: Mapping[str, Curve]
    _errors: list[tuple[float, float]] = field(default_factory=list)

    def take(self, product_id: str, pair: Pair) -> Verdict:
        """Compare both on a fresh pair."""
        before = (self.in_force.get(product_id) or self.in_force.get("") or Curve()).share(pair.level)
        after = (self.candidate.get(product_id) or self.candidate.get("") or Curve()).share(pair.level)
        self._errors.append((abs(before - pair.share), abs(after - pair.share)))
        if len(self._errors) < SHADOW_PAIRS:
            return Verdict.WAITING
        old, new = (sum(one[side] for one in self._errors) / len(self._errors) for side in (0, 1))
        return Verdict.PROMOTED if new <= old + TOLERANCE else Verdict.DROPPED
