"""One slot: its product, what is believed of the bottle in it, and what was last known. Pure."""

from dataclasses import dataclass

from contract.layout import Product, SiteLayout
from contract.sightings import Finding, FindingKind, SightState, SlotSight
from edge.domain.bottle_shape import Curve
from edge.domain.fusion import TARE_SPREAD, BottleBelief, Volume
from edge.domain.recognising import Recognition
from edge.domain.sight import SlotLook
from edge.domain.unweighed import SightBelief

FULL_SIGMA = 0.01
"""Fresh bottles hold what their label says within 1 %."""


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
class SlotState:
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

    @classmethod
    def of(cls, layout: SiteLayout, slot_id: str) -> "SlotState":
        """The slot as the layout has it, before anything was seen."""
        slot = next((one for shelf in layout.shelves for one in shelf.slots if one.id == slot_id), None)
        wanted = None if slot is None else slot.product
        product = next((one for one in layout.products if one.id == wanted), None)
        if slot is None or product is None:
            return cls(None, None, Recognition(None))
        if slot.scale is None:
            return cls(product, SightBelief(product.volume_ml), Recognition(product.id))
        tare_ml = TARE_SPREAD * product.tare_weight_g / product.density_g_per_ml
        return cls(product, BottleBelief(product.volume_ml, tare_sigma_ml=tare_ml), Recognition(product.id))

    def recognised(self, one: SlotLook, weight: SlotWeight | None) -> SlotLook:
        """The look with what all looks so far say of the product."""
        handled, weight_g = (None, None) if weight is None else (weight.handled, weight.weight_g)
        return self.recognition.take(one, handled, weight_g)

    def seen(self, one: SlotLook, curve: Curve) -> Volume | None:
        """Volume by sight alone; None for a bottle that is not the product's own or cannot be read."""
        product = self.product
        if product is None or one.level is None or one.state is not SightState.STANDING:
            return None
        if one.who is not None and one.who.product_id != product.id:
            return None
        share, sigma = curve.read(one.level.level, one.level.sigma)
        return Volume(share * product.volume_ml, sigma * product.volume_ml)

    def take(self, weight: SlotWeight | None, seen: Volume | None) -> Volume | None:
        """Bring the belief to now; returns the volume by weight alone, None where there is none."""
        if self.product is None or self.belief is None:
            return None
        if isinstance(self.belief, SightBelief):
            self.belief.take(seen, was_away=self.was_absent)
            return None
        self._pass_time(self.belief, self.product, weight)
        weighed = _weigh(self.belief, self.product, weight)
        if seen is not None:
            self.belief.see(seen)
        return weighed

    def _pass_time(self, belief: BottleBelief, product: Product, weight: SlotWeight | None) -> None:
        if weight is None:
            belief.pass_time(was_handled=self.was_absent)
            return
        handled = weight.handled != self.handled
        if weight.renewed != self.renewed:
            belief.renew(Volume(product.volume_ml, FULL_SIGMA * product.volume_ml))
            self.agreed = self.agreed_before = None
        else:
            belief.pass_time(was_handled=handled)
            if handled:
                self.agreed_before, self.agreed = self.agreed, None
        self.handled, self.renewed = weight.handled, weight.renewed

    def note_agreement(self, weight: SlotWeight | None, seen: Volume | None) -> None:
        """Remember what both sensors said while neither lied."""
        if self.product is None or self.belief is None or self.belief.liar is not None:
            return
        weighed = by_weight(weight, self.product)
        if weighed is not None and seen is not None:
            self.agreed = weighed

    def lesson(
        self, one: SlotLook, weight: SlotWeight | None, sight: SlotSight
    ) -> tuple[str, SlotLook, float] | None:
        """What the scale knows of this crop: right bottle, stable, alone on its scale, nothing strange."""
        product = self.product
        if one.level is None or weight is None or weight.weight_g is None or weight.is_shared:
            return None
        if product is None or sight.findings or weight.stands is not True:
            return None
        if not self.recognition.agrees or (one.who is not None and one.who.product_id != product.id):
            return None
        net_g = weight.weight_g - product.tare_weight_g
        share = net_g / product.density_g_per_ml / product.volume_ml
        return (product.id, one, share) if -0.05 <= share <= 1.1 else None

    def sight(
        self,
        one: SlotLook,
        said: tuple[Volume | None, Volume | None],
        told: tuple[Finding, ...],
        crop_jpeg: str | None,
    ) -> SlotSight:
        """Write the slot down; `said`: by weight alone and by sight alone."""
        weighed, seen = said
        source = self.belief.source if self.belief is not None else None
        volume = self.belief.volume if self.belief is not None and source is not None else None
        if one.state is SightState.ABSENT or any(f.finding is FindingKind.WRONG_BOTTLE for f in told):
            volume = None
        full_ml = self.product.volume_ml if self.product is not None else 1.0
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
            crop_jpeg=crop_jpeg,
        )


def _weigh(belief: BottleBelief, product: Product, weight: SlotWeight | None) -> Volume | None:
    """Let a belief take what the scale says; returns it with the spread of empty bottles."""
    said = by_weight(weight, product)
    if said is None or weight is None or weight.stands is False:
        belief.forget_scale()
        return None
    belief.weigh(said)
    tare_ml = TARE_SPREAD * product.tare_weight_g / product.density_g_per_ml
    return Volume(said.ml, (said.sigma_ml**2 + tare_ml**2) ** 0.5)


def by_weight(weight: SlotWeight | None, product: Product) -> Volume | None:
    """Volume by weight with the scale's own sigma, for comparing a bottle with itself."""
    if weight is None or weight.weight_g is None:
        return None
    density = product.density_g_per_ml
    return Volume((weight.weight_g - product.tare_weight_g) / density, max(0.3, weight.sigma_g) / density)
