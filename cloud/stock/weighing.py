"""From a gross weight to a bottle and its liquid, with the uncertainty of both. Pure."""

from dataclasses import dataclass
from math import hypot

from cloud.stock.schemas import Presence

TARE_SPREAD = 0.01
"""One sigma of a glass bottle's empty weight as a share of it: bottles of one product differ by about 1 %."""
BARE_SCALE_G = 30.0
"""Below this nothing stands on a scale, whatever the bottle: drift and drops of liquid weigh less."""


@dataclass(frozen=True, slots=True)
class BottleProfile:
    """What a product's bottle weighs empty and holds when full."""

    tare_weight_g: float
    density_g_per_ml: float
    volume_ml: float


@dataclass(frozen=True, slots=True)
class Liquid:
    """Liquid on hand, ml, 0..bottle volume, with one sigma."""

    on_hand_ml: float
    sigma_ml: float


def presence_of(quality: str, weight_g: float | None, profile: BottleProfile | None) -> Presence:
    """Tell whether a bottle stands on a scale: from the newest quality and the last weight of quality ok."""
    if quality == "in_hand":
        return "in_hand"
    if weight_g is None or quality not in ("ok", "unsettled"):
        return "unknown"
    half_empty_bottle_g = profile.tare_weight_g / 2 if profile else 0.0
    return "absent" if weight_g < max(BARE_SCALE_G, half_empty_bottle_g) else "standing"


def liquid_in(weight_g: float, sigma_g: float, profile: BottleProfile) -> Liquid:
    """Return the liquid in a bottle of this gross weight.

    volume = (gross - tare weight) / density, kept within what the bottle holds. Its sigma adds the scale's
    and the spread of the empty bottle's weight. What weighs less than half an empty bottle holds nothing.
    """
    if weight_g < max(BARE_SCALE_G, profile.tare_weight_g / 2):
        return Liquid(0.0, 0.0)
    volume_ml = (weight_g - profile.tare_weight_g) / profile.density_g_per_ml
    sigma_ml = hypot(sigma_g, TARE_SPREAD * profile.tare_weight_g) / profile.density_g_per_ml
    return Liquid(min(max(volume_ml, 0.0), profile.volume_ml), sigma_ml)
