"""Weight and sight of all slots of one camera, put together look by look. Pure; owns one belief per slot.

Out comes the sighting record, and the word on which bottle of a tray it was.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from contract.layout import Product, SiteLayout
from contract.sightings import (
    MAX_CROP_CHARACTERS,
    CameraState,
    Finding,
    FindingKind,
    Sighting,
    SightState,
    SlotSight,
)
from edge.domain.bottle_shape import Curve
from edge.domain.findings import Evidence, Persistence, suspicions
from edge.domain.fusion import Volume
from edge.domain.sight import Look, SlotLook
from edge.domain.slot_state import SlotState, SlotWeight

BLOCKED_LOOKS = 3
FROZEN = "It shows one picture although bottles were moved: restart the camera, then look at its cable."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a look came to: the record, slots to confirm on trays, and whether to look again soon."""

    sighting: Sighting
    confirmed: tuple[str, ...] = ()
    is_strange: bool = False
    pairs: tuple[tuple[str, SlotLook, float], ...] = ()
    """Product, look and weighed share, wherever the scale can teach the camera."""


@dataclass(slots=True)
class Watch:
    """All slots of one camera."""

    layout: SiteLayout
    curves: Mapping[str, Curve] = field(default_factory=dict)
    """By product; the common curve where a product has none."""
    sends_crops: bool = False
    _slots: dict[str, SlotState] = field(default_factory=dict)
    _persistence: Persistence = field(default_factory=Persistence)
    _bad_looks: int = 0
    _handled: dict[str, int] = field(default_factory=dict)
    """How often each bottle had been in a hand when the newest picture came."""

    def take(self, look: Look, weights: Mapping[str, SlotWeight]) -> Outcome:
        """Put one look together with what the scales say now."""
        look = self._unless_frozen(look, weights)
        if look.state is not CameraState.OK:
            return self._blind(look, weights)
        self._bad_looks = 0
        slots, pairs, doubtful = [], [], False
        look = replace(
            look,
            slots=tuple(
                self._state(one.slot_id).recognised(one, weights.get(one.slot_id)) for one in look.slots
            ),
        )
        for one in look.slots:
            sight, is_doubtful = self._slot(one, weights.get(one.slot_id))
            doubtful = doubtful or is_doubtful
            slots.append(sight)
            pair = self._state(one.slot_id).lesson(one, weights.get(one.slot_id), sight)
            if pair is not None:
                pairs.append(pair)
        sighting = Sighting(camera_id=look.camera_id, slots=tuple(slots[:64]))
        return Outcome(sighting, self._confirmed(look, weights), doubtful, tuple(pairs))

    def _unless_frozen(self, look: Look, weights: Mapping[str, SlotWeight]) -> Look:
        """Hear nothing of a camera that shows the same picture again after a bottle was in a hand."""
        now = {one.slot_id: weights[one.slot_id].handled for one in look.slots if one.slot_id in weights}
        if not look.is_repeat:
            self._handled = now
        if all(self._handled.get(slot_id, times) == times for slot_id, times in now.items()):
            return look
        return replace(look, state=CameraState.BLOCKED, hint=FROZEN, slots=(), strays=())

    def _blind(self, look: Look, weights: Mapping[str, SlotWeight]) -> Outcome:
        """The camera sees nothing: weight goes on, and after some looks the slots are told."""
        self._bad_looks += 1
        blocked = look.state in {CameraState.BLOCKED, CameraState.DARK, CameraState.BLOWN_OUT}
        slots: list[SlotSight] = []
        for slot_id, state in self._slots.items():
            if state.belief is not None:
                state.belief.forget_camera()
            weighed = state.take(weights.get(slot_id), None)
            told: tuple[Finding, ...] = ()
            if blocked and self._bad_looks >= BLOCKED_LOOKS and look.hint:
                told = (Finding(finding=FindingKind.CAMERA_BLOCKED, sentence=look.hint[:200]),)
            slots.append(state.sight(SlotLook(slot_id, SightState.HIDDEN), (weighed, None), told, None))
        sighting = Sighting(
            camera_id=look.camera_id, state=look.state, hint=look.hint, slots=tuple(slots[:64])
        )
        return Outcome(sighting, is_strange=blocked and self._bad_looks < BLOCKED_LOOKS)

    def _state(self, slot_id: str) -> SlotState:
        if slot_id not in self._slots:
            self._slots[slot_id] = SlotState.of(self.layout, slot_id)
        return self._slots[slot_id]

    def _slot(self, one: SlotLook, weight: SlotWeight | None) -> tuple[SlotSight, bool]:
        """Write a slot down, and say whether it has to be looked at again soon."""
        state = self._state(one.slot_id)
        seen = None if state.product is None else state.seen(one, self._curve(state.product.id))
        weighed = state.take(weight, seen)
        state.was_absent = one.state is SightState.ABSENT
        certain: list[Finding] = []
        is_doubtful = False
        if state.product is not None and state.belief is not None and one.state is not SightState.HIDDEN:
            evidence = self._evidence(state, state.product, one, (weighed, seen), weight)
            certain, is_doubtful = self._persistence.take(one.slot_id, suspicions(evidence))
            is_doubtful = is_doubtful or state.belief.is_waiting or state.recognition.is_torn
            state.note_agreement(weight, seen)
        told = tuple(certain)
        return state.sight(one, (weighed, seen), told, self._crop(one) if told else None), is_doubtful

    def _evidence(
        self,
        state: SlotState,
        product: Product,
        one: SlotLook,
        said: tuple[Volume | None, Volume | None],
        weight: SlotWeight | None,
    ) -> Evidence:
        weighed, seen = said
        return Evidence(
            one,
            product.id,
            product.name,
            product.volume_ml,
            weighed,
            seen,
            weight is not None and weight.is_loaded,
            self._homes(),
            {entry.id: entry.name for entry in self.layout.products},
            None if state.belief is None else state.belief.liar,
            state.agreed_before,
        )

    def _confirmed(self, look: Look, weights: Mapping[str, SlotWeight]) -> tuple[str, ...]:
        """Slots of trays into which a bottle came back since the last look, as the pictures show it.

        Only where exactly one slot of a tray changed from absent to standing: two are a guess.
        """
        came: dict[str, list[str]] = {}
        for one in look.slots:
            state, weight = self._slots[one.slot_id], weights.get(one.slot_id)
            was_out, state.was_out = state.was_out, one.state is SightState.ABSENT
            right = one.who is None or one.who.product_id == (state.product.id if state.product else None)
            came_back = was_out and right and one.state is SightState.STANDING
            if weight is not None and weight.is_shared and came_back:
                came.setdefault(weight.scale_id, []).append(one.slot_id)
        return tuple(slots[0] for slots in came.values() if len(slots) == 1)

    def _crop(self, one: SlotLook) -> str | None:
        """A crop leaves only where the site has said so, and only with a finding."""
        if not self.sends_crops or one.crop_jpeg is None:
            return None
        text = b64encode(one.crop_jpeg).decode()
        return text if len(text) <= MAX_CROP_CHARACTERS else None

    def _homes(self) -> dict[str, tuple[str, ...]]:
        homes: dict[str, tuple[str, ...]] = {}
        for shelf in self.layout.shelves:
            for slot in shelf.slots:
                if slot.product is not None:
                    homes[slot.product] = (*homes.get(slot.product, ()), slot.id)
        return homes

    def _curve(self, product_id: str) -> Curve:
        return self.curves.get(product_id) or self.curves.get("") or Curve()
