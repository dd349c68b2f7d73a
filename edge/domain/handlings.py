"""What the weighing says of each slot, gathered from its own records for whoever looks. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from contract.layout import SiteLayout
from contract.records import Movement, MovementKind, Quality, Reading, Stage
from edge.domain.engine import Seen
from edge.domain.profiles import ScaleProfile, profiles
from edge.domain.slot_state import SlotWeight
from edge.domain.tray import BottleWeight

BARE_G = 30.0
"""Below this nothing stands on a scale."""
FULL_SHARE = 0.97
"""Of a full bottle's weight: a fresh one."""


@dataclass(slots=True)
class _Scale:
    """One scale and what was last said of it."""

    profile: ScaleProfile
    weight_g: float | None = None
    sigma_g: float = 0.0
    handled: int = 0
    was_in_hand: bool = False
    quality: Quality | None = None
    renewed: dict[str, int] = field(default_factory=dict)


class Handlings:
    """Follows readings and movements; says what each slot weighs and how often it was handled."""

    def __init__(self, layout: SiteLayout, bottles: Callable[[], Mapping[str, BottleWeight]] = dict) -> None:
        """`bottles` says what is believed of each bottle on a tray, by slot."""
        self._bottles = bottles
        self._scales = {profile.scale_id: _Scale(profile) for profile in profiles(layout)}
        self._shelf_of = {s.id: shelf.id for shelf in layout.shelves for s in shelf.scales}

    def take(self, said: Sequence[Seen]) -> set[str]:
        """Take what the engine said; return the shelves on which a bottle has just come to rest."""
        settled = set()
        for one in said:
            body = one.body
            if isinstance(body, Reading):
                scale = self._scales.get(body.scale_id)
                if scale is not None and self._read(scale, body):
                    settled.add(self._shelf_of[body.scale_id])
            elif isinstance(body, Movement) and body.stage is not Stage.PROVISIONAL:
                scale = self._scales.get(body.scale_id)
                if scale is not None:
                    self._moved(scale, body)
                    settled.add(self._shelf_of[body.scale_id])
        return settled

    def weights(self) -> dict[str, SlotWeight]:
        """Return what is known of every slot under which a scale stands."""
        found: dict[str, SlotWeight] = {}
        bottles = self._bottles()
        for scale in self._scales.values():
            shared = len(scale.profile.slots) > 1
            for slot in scale.profile.slots:
                found[slot] = _of_tray(scale, slot, bottles.get(slot)) if shared else _of_pad(scale, slot)
        return found

    def _read(self, scale: _Scale, reading: Reading) -> bool:
        """Take a reading; whether a bottle came to rest with it."""
        in_hand = reading.quality is Quality.IN_HAND
        came_back = scale.was_in_hand and reading.quality is Quality.OK
        if in_hand and not scale.was_in_hand:
            scale.handled += 1
        if in_hand or reading.quality is Quality.OK:
            scale.was_in_hand = in_hand
        scale.quality = reading.quality
        if reading.quality is not Quality.UNSETTLED:
            scale.weight_g = reading.weight_g if reading.quality is Quality.OK else None
            scale.sigma_g = reading.sigma_g or 0.0
        return came_back

    def _moved(self, scale: _Scale, movement: Movement) -> None:
        scale.handled += 1
        full_g = scale.profile.full_weight_g
        is_full = full_g is not None and movement.weight_after_g >= FULL_SHARE * full_g
        fresh = movement.movement in {MovementKind.SWAP, MovementKind.RESTOCK} and (
            is_full or movement.movement is MovementKind.SWAP
        )
        if fresh and movement.posterior:
            slot = max(movement.posterior, key=lambda share: share.probability).slot_id
            scale.renewed[slot] = scale.renewed.get(slot, 0) + 1


def _of_pad(scale: _Scale, slot: str) -> SlotWeight:
    weight_g = scale.weight_g
    stands = None if weight_g is None else weight_g >= max(BARE_G, scale.profile.tare_weight_g / 2)
    return SlotWeight(
        scale.profile.scale_id,
        weight_g if stands else None,
        scale.sigma_g,
        scale.handled,
        scale.renewed.get(slot, 0),
        stands,
        is_loaded=weight_g is not None and weight_g >= BARE_G,
    )


def _of_tray(scale: _Scale, slot: str, bottle: BottleWeight | None) -> SlotWeight:
    return SlotWeight(
        scale.profile.scale_id,
        None if bottle is None or scale.quality is not Quality.OK else bottle.weight_g,
        0.0 if bottle is None else bottle.sigma_g,
        scale.handled,
        scale.renewed.get(slot, 0),
        is_shared=True,
    )
