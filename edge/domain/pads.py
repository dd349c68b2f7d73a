"""The scales under one bottle each, together: whose bottle stands where, and what only all of them can tell.

A handling that needs no comparison is said at once; the others go to the desk, which asks all pads.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from contract.layout import Product
from contract.records import MovementKind, Stage
from edge.domain.bottles import by_full_weight
from edge.domain.desk import Case, Desk, InHand, Verdict, is_settled_alone
from edge.domain.neighbours import Neighbours, ShelfMoved, Step, step_of
from edge.domain.profiles import ScaleProfile, with_product
from edge.domain.saying import Sayings, Seen
from edge.domain.weighing import Handled, ScaleWeigher

MAX_MOVED = 16
HOME_G = 10.0
"""So near to full a strange bottle is rather another one, of the product that belongs here."""


class Pads:
    """All pads of a gateway."""

    def __init__(self, weighers: Iterable[ScaleWeigher], sayings: Sayings) -> None:
        self._weighers = {weigher.profile.scale_id: weigher for weigher in weighers}
        self._homes = {name: weigher.profile for name, weigher in self._weighers.items()}
        self._sayings = sayings
        self._desk = Desk()
        self._neighbours = Neighbours()
        self.moved: deque[ShelfMoved] = deque(maxlen=MAX_MOVED)
        """The newest times at which a shelf was moved."""

    def begin_anew(self, weigher: ScaleWeigher) -> None:
        """Weigh a pad with this weigher from now on."""
        self._weighers[weigher.profile.scale_id] = weigher

    def learn_tare(self, product: Product) -> None:
        """From now on bottles of this product have this glass."""
        for scale_id, weigher in self._weighers.items():
            if weigher.profile.product_id == product.id:
                weigher.profile = with_product(weigher.profile, product)
            if self._homes[scale_id].product_id == product.id:
                self._homes[scale_id] = with_product(self._homes[scale_id], product)

    def handled(self, weigher: ScaleWeigher, handled: Handled) -> Iterator[Seen]:
        """Say what needs no comparison; hand the rest to the desk."""
        profile = weigher.profile
        case = Case(profile.scale_id, profile, handled, weigher.zero_g)
        if handled.stage is Stage.PROVISIONAL:
            if self._desk.is_at_home(case, self._in_hand()):
                yield self._sayings.provisional(Verdict(case, case, handled.kind, handled.change, 1.0))
        elif self._was_moved(profile, handled):
            return
        elif is_settled_alone(handled, profile):
            verdict = Verdict(case, case, handled.kind, handled.change, 1.0)
            yield from self._sayings.final(verdict)
            self._note_bottle(verdict)
        else:
            self._desk.hand_in(case)

    def settle(self, now_s: float) -> Iterator[Seen]:
        """Say what the desk has settled by now."""
        verdicts = [self._put_right(one) for one in self._desk.settle(self._in_hand(), now_s)]
        for verdict in verdicts:
            yield from self._sayings.final(verdict)
        for verdict in verdicts:
            self._note_bottle(verdict)

    def _was_moved(self, profile: ScaleProfile, handled: Handled) -> bool:
        """Whether a step in place has its counterpart on a neighbour."""
        if not handled.change.is_in_place or handled.change.is_slow:
            return False
        step = step_of(profile, handled)
        pads = [weigher for weigher in self._weighers.values() if weigher.profile is not profile]
        under_way = [
            Step(pad.profile.scale_id, pad.profile.shelf_id, shift[0], step.ended_s, shift[1])
            for pad in pads
            if (shift := pad.step_under_way) is not None
        ]
        moved = self._neighbours.take(step, under_way)
        if moved is not None:
            self.moved.append(moved)
        return moved is not None

    def _in_hand(self) -> list[InHand]:
        return [
            InHand(weigher.profile.scale_id, weigher.profile, *out, weigher.landed, weigher.zero_g)
            for weigher in self._weighers.values()
            if (out := weigher.in_hand) is not None and weigher.profile.is_bottle
        ]

    def _put_right(self, verdict: Verdict) -> Verdict:
        """A wrong bottle that gives way to a full one of the place's own product was not poured from."""
        case = verdict.case
        home = self._homes[case.scale_id]
        is_strange = case.profile.product_id != home.product_id
        if verdict.kind is not MovementKind.POUR or verdict.is_crossed or not is_strange:
            return verdict
        is_home = by_full_weight(verdict.change.after.weight_g - case.zero_g, [], [home], within_g=HOME_G)
        return verdict if is_home is None else replace(verdict, kind=MovementKind.SWAP)

    def _note_bottle(self, verdict: Verdict) -> None:
        """Remember which bottle stands where."""
        weigher = self._weighers[verdict.put_on.scale_id]
        if verdict.is_crossed:
            weigher.carry(verdict.case.profile)
        elif verdict.kind in {MovementKind.SWAP, MovementKind.RESTOCK}:
            expected = [weigher.profile, self._homes[verdict.case.scale_id]]
            full_g = verdict.change.after.weight_g - weigher.zero_g
            found = by_full_weight(full_g, expected, list(self._homes.values()))
            weigher.carry(found or weigher.profile)
