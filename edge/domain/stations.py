"""A scale's place in the gateway: what it is, what was last said of its state, and when to say it again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contract.layout import SiteLayout
from contract.records import Quality, Reading, ScaleHealth
from edge.domain.hints import SPIKING_SHARE, hint
from edge.domain.profiles import ScaleProfile, slot_profiles
from edge.domain.saying import Seen
from edge.domain.tray import BottleWeight, TrayWeigher
from edge.domain.weighing import ScaleWeigher

REMINDER_S = 60.0
"""A state that is not a weight is said again this often."""
UNSETTLED_S = 10.0
"""Shorter unrest is a hand and not worth a record."""

_HEALTH_OF = {
    Quality.SILENT: "silent",
    Quality.NOT_READY: "not_ready",
    Quality.SATURATED: "saturated",
    Quality.STUCK: "stuck",
}


@dataclass(frozen=True, slots=True)
class ScaleView:
    """One scale for the status table."""

    scale_id: str
    slots: tuple[str, ...]
    quality: Quality
    weight_g: float | None
    age_s: float | None
    hint: str | None
    temperature_c: float | None = None


@dataclass(slots=True)
class Station:
    """A scale and what was last said about it."""

    weigher: ScaleWeigher | TrayWeigher
    heard_s: float
    said: Quality | None = None
    said_s: float = 0.0
    differs_since_s: float | None = None
    weight_g: float | None = None
    weighed_s: float | None = None
    temperature_c: float | None = None

    def forget_weight(self) -> None:
        """What was said so far is of another calibration."""
        self.said, self.weight_g, self.weighed_s = None, None, None

    def state(self, at_s: float, interval_s: float, *, at_once: bool = False) -> Iterator[Seen]:
        """Say the scale's state where that is due: bar seconds between two weights that stand."""
        quality = self.weigher.quality
        if not (at_once or self._is_due(quality, at_s, interval_s)):
            return
        self.said, self.said_s = quality, at_s
        self.differs_since_s = None
        yield Seen(at_s, self.reading(quality, at_s))

    def _is_due(self, quality: Quality, at_s: float, interval_s: float) -> bool:
        if quality is self.said:
            self.differs_since_s = None
            wait_s = interval_s if quality is Quality.OK else REMINDER_S
            return at_s - self.said_s >= wait_s - 0.5
        if quality is not Quality.UNSETTLED:
            return True
        if self.differs_since_s is None:
            self.differs_since_s = at_s
        return at_s - self.differs_since_s >= UNSETTLED_S

    def reading(self, quality: Quality, at_s: float) -> Reading:
        """Return the scale's weight, or why there is none."""
        profile, weight = self.weigher.profile, self.weigher.weight
        if weight is not None:
            self.weight_g, self.weighed_s = weight.weight_g, at_s
        return Reading(
            scale_id=profile.scale_id,
            slots=profile.slots,
            weight_g=None if weight is None else round(weight.weight_g, 2),
            sigma_g=None if weight is None else round(weight.sigma_g, 3),
            quality=quality,
            temperature_c=self.temperature_c,
        )

    def view(self, now_s: float, of_node: str | None) -> ScaleView:
        """Return the scale as the status shows it; of_node is what is to be said of its node."""
        profile, quality = self.weigher.profile, self.weigher.quality
        return ScaleView(
            profile.scale_id,
            profile.slots,
            quality,
            self.weight_g,
            None if self.weighed_s is None else max(0.0, now_s - self.weighed_s),
            hint(profile, quality, self.weigher.spike_share) or of_node,
            self.temperature_c,
        )

    def health(self, moved: str | None, of_node: str | None) -> ScaleHealth:
        """Return the scale as the health record carries it; moved says that its shelf was moved."""
        weigher = self.weigher
        otherwise = "ok" if moved is None else "drifting"
        spiking = weigher.spike_share > SPIKING_SHARE
        state = _HEALTH_OF.get(weigher.quality, "spiking" if spiking else otherwise)
        advice = hint(weigher.profile, weigher.quality, weigher.spike_share) or moved or of_node
        return ScaleHealth.model_validate(
            {"scale_id": weigher.profile.scale_id, "state": state, "hint": advice}
        )


def weigher_of(
    profile: ScaleProfile, layout: SiteLayout, bottles: Mapping[str, BottleWeight]
) -> ScaleWeigher | TrayWeigher:
    """Return what weighs a scale: one bottle, or a tray of them that weighed this when last seen."""
    if len(profile.slots) < 2:
        return ScaleWeigher(profile)
    return TrayWeigher(profile, slot_profiles(layout, profile), bottles)
