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
from edge.domain.fusion import TARE_SPREAD, BottleBelief, Volume
from edge.domain.recognising import Recognition
from edge.domain.sight import Look, SlotLook
from edge.domain.unweighed import SightBelief

FULL_SIGMA = 0.01
"""Fresh bottles hold what their label says within 1 %."""
BLOCKED_LOOKS = 3


@dataclass(frozen=True, slots=True)
class SlotWeight:
    """What the scales know of one slot. `weight` is gross, g, None while the scale gives no stable figure.

    handled counts the times its bottle was lifted; renewed counts fresh bottles. stands is None where it
    cannot be told, is_loaded says that something lies there, bottle or not.
    """

    scale_id: str
    weight_g: float | None
    sigma_g: float
    handled: int = 0
    renewed: int = 0
    stands: bool | None = None
    is_shared: bool = False
    is_loaded: bool = False


@dataclass(slots=True)
class _Place:
    """A slot and what was last known of it."""

    product: Product | None
    belief: BottleBelief | SightBelief | None
    recognition: Recognition
    handled: int = 0
    renewed: int = 0
    was_absent: bool = False
    agreed: Volume | None = None
    agreed_before: Volume | None = None
    was_out: bool = False


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
    _places: dict[str, _Place] = field(default_factory=dict)
    _persistence: Persistence = field(default_factory=Persistence)
    _bad_looks: int = 0

    def take(self, look: Look, weights: Mapping[str, SlotWeight]) -> Outcome:
        """Put one look together with what the scales say now."""
        if look.state is not CameraState.OK:
            return self._blind(look, weights)
        self._bad_looks = 0
        slots, pairs, doubtful = [], [], False
        look = replace(
            look, slots=tuple(self._recognised(one, weights.get(one.slot_id)) for one in look.slots)
        )
        for one in look.slots:
            sight, is_doubtful = self._slot(one, weights.get(one.slot_id))
            doubtful = doubtful or is_doubtful
            slots.append(sight)
            pair = self._pair(one, weights.get(one.slot_id), sight)
            if pair is not None:
                pairs.append(pair)
        sighting = Sighting(camera_id=look.camera_id, slots=tuple(slots[:64]))
        return Outcome(sighting, self._confirmed(look, weights), doubtful, tuple(pairs))

    def _blind(self, look: Look, weights: Mapping[str, SlotWeight]) -> Outcome:
        """The camera sees nothing: weight goes on, and after some looks the slots are told."""
        self._bad_looks += 1
        blocked = look.state in {CameraState.BLOCKED, CameraState.DARK, CameraState.BLOWN_OUT}
        slots: list[SlotSight] = []
        for slot_id, place in self._places.items():
            weighed = None
            if place.belief is not None:
                place.belief.forget_camera()
                self._let_pass(place, weights.get(slot_id), None)
                weighed = self._weigh(place, weights.get(slot_id))
            told: tuple[Finding, ...] = ()
            if blocked and self._bad_looks >= BLOCKED_LOOKS and look.hint:
                told = (Finding(finding=FindingKind.CAMERA_BLOCKED, sentence=look.hint[:200]),)
            slots.append(self._sight(SlotLook(slot_id, SightState.HIDDEN), place, (weighed, None), told))
        sighting = Sighting(
            camera_id=look.camera_id, state=look.state, hint=look.hint, slots=tuple(slots[:64])
        )
        return Outcome(sighting, is_strange=blocked and self._bad_looks < BLOCKED_LOOKS)

    def _recognised(self, one: SlotLook, weight: SlotWeight | None) -> SlotLook:
        """The look with what all looks so far say of the product."""
        place = self._places.setdefault(one.slot_id, self._place(one.slot_id))
        handled, weight_g = (None, None) if weight is None else (weight.handled, weight.weight_g)
        return place.recognition.take(one, handled, weight_g)

    def _slot(self, one: SlotLook, weight: SlotWeight | None) -> tuple[SlotSight, bool]:
        place = self._places[one.slot_id]
        seen = self._seen(place, one)
        self._let_pass(place, weight, seen)
        weighed = self._weigh(place, weight)
        place.was_absent = one.state is SightState.ABSENT
        if seen is not None and isinstance(place.belief, BottleBelief):
            place.belief.see(seen)
        product, belief = place.product, place.belief
        certain: list[Finding] = []
        is_doubtful = False
        if product is not None and belief is not None and one.state is not SightState.HIDDEN:
            evidence = Evidence(
                one,
                product.id,
                product.name,
                product.volume_ml,
                weighed,
                seen,
                weight is not None and weight.is_loaded,
                self._homes(),
                {entry.id: entry.name for entry in self.layout.products},
                belief.liar,
                place.agreed_before,
            )
            certain, is_doubtful = self._persistence.take(one.slot_id, suspicions(evidence))
            is_doubtful = is_doubtful or belief.is_waiting or place.recognition.is_torn
            self._note_agreement(place, weights_of(weight, product), seen)
        return self._sight(one, place, (weighed, seen), tuple(certain)), is_doubtful

    def _let_pass(self, place: _Place, weight: SlotWeight | None, seen: Volume | None) -> None:
        """Bring a belief to now, as far as is known without the new figures."""
        belief, product = place.belief, place.product
        if isinstance(belief, SightBelief):
            belief.take(seen, was_away=place.was_absent)
        if not isinstance(belief, BottleBelief) or product is None or weight is None:
            return
        handled = weight.handled != place.handled
        if weight.renewed != place.renewed:
            belief.renew(Volume(product.volume_ml, FULL_SIGMA * product.volume_ml))
            place.agreed = place.agreed_before = None
        else:
            belief.pass_time(was_handled=handled)
            if handled:
                place.agreed_before, place.agreed = place.agreed, None
        place.handled, place.renewed = weight.handled, weight.renewed

    def _weigh(self, place: _Place, weight: SlotWeight | None) -> Volume | None:
        """Take what the scale says; returns the volume by weight alone, None where there is none."""
        belief, product = place.belief, place.product
        if not isinstance(belief, BottleBelief) or product is None:
            return None
        if weight is None or weight.weight_g is None or weight.stands is False:
            belief.forget_scale()
            return None
        density = product.density_g_per_ml
        said = weights_of(weight, product)
        assert said is not None, "the weight is there"
        belief.weigh(said)
        tare_ml = TARE_SPREAD * product.tare_weight_g / density
        return Volume(said.ml, (said.sigma_ml**2 + tare_ml**2) ** 0.5)

    def _seen(self, place: _Place, one: SlotLook) -> Volume | None:
        """Volume by sight alone; None for a bottle that is not the product's own or cannot be read."""
        product = place.product
        if product is None or one.level is None or one.state is not SightState.STANDING:
            return None
        if one.who is not None and one.who.product_id != product.id:
            return None
        share, sigma = self._curve(product.id).read(one.level.level, one.level.sigma)
        return Volume(share * product.volume_ml, sigma * product.volume_ml)

    def _sight(
        self,
        one: SlotLook,
        place: _Place,
        said: tuple[Volume | None, Volume | None],
        told: tuple[Finding, ...],
    ) -> SlotSight:
        """Write down a slot; `said`: by weight alone and by sight alone."""
        weighed, seen = said
        belief, product = place.belief, place.product
        source = belief.source if belief is not None else None
        volume = belief.volume if belief is not None and source is not None else None
        if one.state is SightState.ABSENT or any(f.finding is FindingKind.WRONG_BOTTLE for f in told):
            volume = None
        full_ml = product.volume_ml if product is not None else 1.0
        return SlotSight(
            slot_id=one.slot_id,
            state=one.state,
            seen_product_id=one.who.product_id if one.who else None,
            is_unknown=one.who is not None and one.who.product_id is None,
            fill_level=None if seen is None else round(min(1.0, max(0.0, seen.ml / full_ml)), 4),
            fill_sigma=None if seen is None else round(min(1.0, seen.sigma_ml / full_ml), 4),
            scale_ml=None if weighed is None else round(weighed.ml, 1),
            volume_ml=None if volume is None else round(volume.ml, 1),
            volume_sigma_ml=None if volume is None else round(volume.sigma_ml, 2),
            source=source if volume is not None else None,
            findings=told[:8],
            crop_jpeg=self._crop(one) if told else None,
        )

    def _crop(self, one: SlotLook) -> str | None:
        """A crop leaves only where the site has said so, and only with a finding."""
        if not self.sends_crops or one.crop_jpeg is None:
            return None
        text = b64encode(one.crop_jpeg).decode()
        return text if len(text) <= MAX_CROP_CHARACTERS else None

    def _note_agreement(self, place: _Place, weighed: Volume | None, seen: Volume | None) -> None:
        if (
            weighed is not None
            and seen is not None
            and place.belief is not None
            and place.belief.liar is None
        ):
            place.agreed = weighed

    def _confirmed(self, look: Look, weights: Mapping[str, SlotWeight]) -> tuple[str, ...]:
        """Slots of trays into which a bottle came back since the last look, as the pictures show it.

        Only where exactly one slot of a tray changed from absent to standing: two are a guess.
        """
        came: dict[str, list[str]] = {}
        for one in look.slots:
            place, weight = self._places[one.slot_id], weights.get(one.slot_id)
            was_out, place.was_out = place.was_out, one.state is SightState.ABSENT
            right = one.who is None or one.who.product_id == (place.product.id if place.product else None)
            came_back = was_out and right and one.state is SightState.STANDING
            if weight is not None and weight.is_shared and came_back:
                came.setdefault(weight.scale_id, []).append(one.slot_id)
        return tuple(slots[0] for slots in came.values() if len(slots) == 1)

    def _pair(
        self, one: SlotLook, weight: SlotWeight | None, sight: SlotSight
    ) -> tuple[str, SlotLook, float] | None:
        """The scale knows what this crop shows: right bottle, stable, alone on its scale, nothing strange."""
        place = self._places[one.slot_id]
        if one.level is None or weight is None or weight.weight_g is None or weight.is_shared:
            return None
        product = place.product
        if product is None or sight.findings or weight.stands is not True:
            return None
        if not place.recognition.agrees or (one.who is not None and one.who.product_id != product.id):
            return None
        net_g = weight.weight_g - product.tare_weight_g
        share = net_g / product.density_g_per_ml / product.volume_ml
        return (product.id, one, share) if -0.05 <= share <= 1.1 else None

    def _place(self, slot_id: str) -> _Place:
        slots = [slot for shelf in self.layout.shelves for slot in shelf.slots if slot.id == slot_id]
        wanted = slots[0].product if slots else None
        product = next((one for one in self.layout.products if one.id == wanted), None)
        if product is None:
            return _Place(None, None, Recognition(None))
        tare_ml = TARE_SPREAD * product.tare_weight_g / product.density_g_per_ml
        if slots[0].scale is None:
            return _Place(product, SightBelief(product.volume_ml), Recognition(product.id))
        belief = BottleBelief(product.volume_ml, tare_sigma_ml=tare_ml)
        return _Place(product, belief, Recognition(product.id))

    def _homes(self) -> dict[str, tuple[str, ...]]:
        homes: dict[str, tuple[str, ...]] = {}
        for shelf in self.layout.shelves:
            for slot in shelf.slots:
                if slot.product is not None:
                    homes[slot.product] = (*homes.get(slot.product, ()), slot.id)
        return homes

    def _curve(self, product_id: str) -> Curve:
        return self.curves.get(product_id) or self.curves.get("") or Curve()


def weights_of(weight: SlotWeight | None, product: Product) -> Volume | None:
    """Volume by weight with the scale's own sigma, for comparing a bottle with itself."""
    if weight is None or weight.weight_g is None:
        return None
    density = product.density_g_per_ml
    return Volume((weight.weight_g - product.tare_weight_g) / density, max(0.3, weight.sigma_g) / density)
