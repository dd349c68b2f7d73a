"""Handlings of several scales that overlap are settled together here. Knows no frames and no records.

A bottle that came back while no other was out is settled at once. Otherwise the weights decide
(crossing.py); only a bottle that seems to stand on the place of one that is still in a hand has to wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from contract.records import MovementKind, Stage
from edge.domain.crossing import MAX_OUT, Out, best_story
from edge.domain.movements import Change, kind_of
from edge.domain.profiles import ScaleProfile
from edge.domain.settling import Average
from edge.domain.weighing import Handled

HOLD_S = 120.0
"""Longer nobody waits for a bottle that is still out."""
MAX_HELD = 64
SCALES_AGREE_G = 2.5
"""Two calibrated scales tell the same bottle's weight apart by about this much."""


@dataclass(frozen=True, slots=True)
class Case:
    """A handling of one scale. zero_g is what that scale says without a bottle."""

    scale_id: str
    profile: ScaleProfile
    handled: Handled
    zero_g: float


@dataclass(frozen=True, slots=True)
class InHand:
    """A bottle that is out, or that has landed but is not yet sure."""

    scale_id: str
    profile: ScaleProfile
    touched_s: float
    before: Average
    landed: Average | None
    zero_g: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """A case with what came of it; put_on is the scale on which its bottle stands now."""

    case: Case
    put_on: Case
    kind: MovementKind | None
    change: Change
    sure: float

    @property
    def is_crossed(self) -> bool:
        """Whether the bottle stands on another's place."""
        return self.put_on is not self.case


class Desk:
    """Holds finished handlings until it is clear which bottle each of them was."""

    def __init__(self) -> None:
        self._held: list[Case] = []

    def hand_in(self, case: Case) -> None:
        """Take a final handling; at the maximum the oldest is settled by itself at the next look."""
        self._held.append(case)

    def is_at_home(self, case: Case, in_hand: Sequence[InHand]) -> bool:
        """Whether a provisional handling is most likely that of its own bottle."""
        group = self._group(case, in_hand)
        return best_story([_out(one) for one in group]).target[0] == 0

    def settle(self, in_hand: Sequence[InHand], now_s: float) -> list[Verdict]:
        """Return what is clear now, oldest first."""
        verdicts: list[Verdict] = []
        for case in list(self._held):
            if case in self._held:
                verdicts += self._look(case, in_hand, now_s)
        return verdicts

    def _look(self, case: Case, in_hand: Sequence[InHand], now_s: float) -> list[Verdict]:
        group = self._group(case, in_hand)
        story = best_story([_out(one) for one in group])
        members = [group[i] for i in story.cycle(0)]
        overdue = now_s - case.handled.known_s > HOLD_S or len(self._held) > MAX_HELD
        if story.target[0] == 0 or overdue:
            self._held.remove(case)
            return [Verdict(case, case, case.handled.kind, case.handled.change, story.at_home[0])]
        cases = [member for member in members if isinstance(member, Case)]
        if len(cases) < len(members):
            return []
        for member in cases:
            self._held.remove(member)
        return [
            _crossed(bottle, pad, 1 - story.at_home[story.cycle(0)[i]])
            for i, (bottle, pad) in enumerate(zip(cases, cases[1:] + cases[:1], strict=True))
        ]

    def _group(self, case: Case, in_hand: Sequence[InHand]) -> list[Case | InHand]:
        """Return the case and, newest first, the others whose bottles were out at the same time."""
        touched_s, ended_s = case.handled.touched_s, case.handled.ended_s
        held = [
            one
            for one in self._held
            if one.scale_id != case.scale_id
            and one.handled.touched_s < ended_s
            and touched_s < one.handled.ended_s
        ]
        still = [one for one in in_hand if one.scale_id != case.scale_id and one.touched_s < ended_s]
        return [case, *(held + still)[: MAX_OUT - 1]]


def _out(one: Case | InHand) -> Out:
    if isinstance(one, InHand):
        after_g = None if one.landed is None else one.landed.weight_g - one.zero_g
        before_g, sigma_g = one.before.weight_g, one.before.sigma_g
    else:
        change = one.handled.change
        after_g, before_g, sigma_g = (
            change.after.weight_g - one.zero_g,
            change.before.weight_g,
            change.sigma_g,
        )
    tare_g, full_g = one.profile.tare_weight_g, one.profile.full_weight_g
    return Out(before_g - one.zero_g, after_g, tare_g, full_g, sigma_g)


def _crossed(bottle: Case, pad: Case, sure: float) -> Verdict:
    """Compare a bottle's weight on its own scale with what the other scale says now."""
    change, after = bottle.handled.change, pad.handled.change.after
    moved = replace(after, weight_g=after.weight_g - pad.zero_g + bottle.zero_g)
    both = replace(change, after=moved, wander_g=(change.wander_g**2 + SCALES_AGREE_G**2) ** 0.5)
    kind = kind_of(both, bottle.profile)
    if kind is not MovementKind.POUR:
        own = pad.handled.change
        return Verdict(bottle, pad, MovementKind.SWAP, own, sure)
    return Verdict(bottle, pad, kind, both, sure)


def is_settled_alone(handled: Handled, profile: ScaleProfile) -> bool:
    """Whether a handling cannot have been a mix-up: nothing was lifted, or the bottle was long away."""
    gone = handled.kind is MovementKind.REMOVAL or handled.came_back
    return gone or not handled.change.was_lifted or not profile.is_bottle or handled.stage is not Stage.FINAL
