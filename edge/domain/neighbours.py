"""The neighbour rule: opposite steps on two scales at once are the shelf being moved, not two events.

A shelf that is pushed or tilted shifts load from one cell to the next; no liquid has gone anywhere.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from edge.domain.profiles import ScaleProfile
from edge.domain.weighing import Handled

TOGETHER_S = 3.0
KEPT_S = 15.0
MAX_STEPS = 64
ALIKE = 0.2
"""The smaller of two opposite steps is at least this share of the larger."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change of weight in place on one scale, between touched_s and ended_s."""

    scale_id: str
    shelf_id: str
    touched_s: float
    ended_s: float
    delta_g: float


@dataclass(frozen=True, slots=True)
class ShelfMoved:
    """Two scales that shifted load between each other."""

    at_s: float
    steps: tuple[Step, Step]

    @property
    def sentence(self) -> str:
        """What a person should know about it."""
        told = " and ".join(f"{step.scale_id} by {step.delta_g:+.0f} g" for step in self.steps)
        return f"the shelf was moved: {told}"[:200]


def step_of(profile: ScaleProfile, handled: Handled) -> Step:
    """Return a handling in place as a step."""
    touched_s, ended_s = handled.touched_s, handled.ended_s
    return Step(profile.scale_id, profile.shelf_id, touched_s, ended_s, handled.change.delta_g)


class Neighbours:
    """Remembers the newest steps of the scales of a gateway."""

    def __init__(self) -> None:
        self._steps: deque[Step] = deque(maxlen=MAX_STEPS)

    def take(self, step: Step, under_way: Iterable[Step] = ()) -> ShelfMoved | None:
        """Take a step; `under_way` are those of other scales that are not settled yet."""
        while self._steps and step.ended_s - self._steps[0].ended_s > KEPT_S:
            self._steps.popleft()
        partner = next((one for one in [*self._steps, *under_way] if _are_opposite(one, step)), None)
        self._steps.append(step)
        return None if partner is None else ShelfMoved(step.ended_s, (partner, step))


def _are_opposite(one: Step, other: Step) -> bool:
    same_shelf = one.shelf_id == other.shelf_id and one.scale_id != other.scale_id
    opposite = one.delta_g * other.delta_g < 0
    together = abs(one.touched_s - other.touched_s) <= TOGETHER_S or (
        one.touched_s <= other.ended_s and other.touched_s <= one.ended_s
    )
    sizes = sorted((abs(one.delta_g), abs(other.delta_g)))
    return same_shelf and opposite and together and sizes[0] >= ALIKE * sizes[1]
