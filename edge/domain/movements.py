"""What a change of weight means. Pure decisions on two plateaus; knows nothing of samples or of time.

Thresholds: a lifted bottle comes back within about a gram, so 7 ml are enough to see a pour of 10 ml
through the noise. A change in place has no such proof: in real recordings of a keezer, knocks moved the
scales by up to 0.4 % of their load and wander reached 7 g/s, so it must exceed 0.5 % and run at 10 g/s or
more (a slow tap gives 20 g/s).
"""

from dataclasses import dataclass
from math import hypot

from contract.records import MovementKind
from edge.domain.profiles import ScaleProfile
from edge.domain.settling import Average

POUR_MIN_ML = 7.0
"""Pours from 10 ml are promised; the margin is for noise."""
RESTOCK_MIN_ML = 20.0
IN_PLACE_LOAD_SHARE = 0.005
IN_PLACE_RATE_G_PER_S = 10.0
SIGMAS = 4.5
PLACEMENT_SHARE = 3e-4
"""A bottle put back a little off the middle of its pad: single-point cells show 0.02-0.03 % of the load."""
FULL_TOLERANCE_G = 35.0
FIRST_POUR_SHARE = 0.15
"""Of a full bottle's content: a fresh bottle is often poured from before it is put down."""
OTHER_BOTTLE_G = 30.0
LARGE_POUR_ML = 350.0
GRAMS_PER_ML_UNKNOWN = 1.0


@dataclass(frozen=True, slots=True)
class Change:
    """Two plateaus and what was seen between them; away_g is the weight that left when a bottle was gone."""

    before: Average
    after: Average
    was_lifted: bool
    lasted_s: float = 0.0
    samples_missing: bool = False
    in_haste: bool = False
    away_g: float | None = None
    is_slow: bool = False
    wander_g: float = 0.0
    """What the scale wanders by itself over the time between the two, g (standard deviation)."""

    @property
    def delta_g(self) -> float:
        """Weight after less weight before, g."""
        return self.after.weight_g - self.before.weight_g

    @property
    def sigma_g(self) -> float:
        """Standard error of delta_g."""
        load_g = max(self.before.weight_g, self.after.weight_g)
        placement = PLACEMENT_SHARE * load_g if self.was_lifted else 0.0
        return hypot(self.before.sigma_g, self.after.sigma_g, self.wander_g, placement)

    @property
    def is_in_place(self) -> bool:
        """Whether the bottle was seen to stay on the pad all the time."""
        return not self.was_lifted and not self.samples_missing

    @property
    def is_drift(self) -> bool:
        """Whether it crept there too slowly for a tap."""
        return self.is_in_place and abs(self.delta_g) < IN_PLACE_RATE_G_PER_S * self.lasted_s


def threshold_g(change: Change, profile: ScaleProfile) -> float:
    """Smallest change, g, that counts as a movement."""
    least = POUR_MIN_ML if change.delta_g < 0 else RESTOCK_MIN_ML
    smallest = max(least * (profile.density_g_per_ml or GRAMS_PER_ML_UNKNOWN), SIGMAS * change.sigma_g)
    if not change.is_in_place:
        return smallest
    return max(smallest, IN_PLACE_LOAD_SHARE * max(change.before.weight_g, change.after.weight_g))


def kind_of(change: Change, profile: ScaleProfile) -> MovementKind | None:
    """Name a change; None when it is too small to be one."""
    if change.away_g is not None:
        came_heavier = change.after.weight_g > change.away_g + OTHER_BOTTLE_G
        return MovementKind.RESTOCK if came_heavier else MovementKind.RETURN
    if abs(change.delta_g) < threshold_g(change, profile) or change.is_drift:
        return None
    if change.delta_g < 0:
        stays = change.is_in_place and profile.is_bottle
        return MovementKind.SPILLAGE if stays else MovementKind.POUR
    if change.was_lifted and _is_full(change.after.weight_g, profile):
        return MovementKind.SWAP
    return MovementKind.RESTOCK


def _is_full(weight_g: float, profile: ScaleProfile) -> bool:
    if profile.full_weight_g is None:
        return False
    content_g = profile.full_weight_g - profile.tare_weight_g
    return weight_g >= profile.full_weight_g - max(FULL_TOLERANCE_G, FIRST_POUR_SHARE * content_g)


def volume_ml(kind: MovementKind, change: Change, profile: ScaleProfile) -> tuple[float, float] | None:
    """Return the liquid that moved and its sigma, ml; None where the product's density is not known.

    A bottle that leaves or arrives whole brings its glass with it, which is not liquid.
    """
    density = profile.density_g_per_ml
    if density is None:
        return None
    whole = kind in {MovementKind.REMOVAL, MovementKind.RETURN} or change.away_g is not None
    net_g = abs(change.delta_g) - (profile.tare_weight_g if whole else 0.0)
    return max(0.0, net_g) / density, change.sigma_g / density


def doubts(kind: MovementKind, change: Change, profile: ScaleProfile) -> tuple[str, ...]:
    """Say in plain words why a movement may not be what it seems."""
    found = [sentence for holds, sentence in _general(kind, change, profile) if holds]
    return tuple(found + [sentence for holds, sentence in _of_the_bottle(kind, change, profile) if holds])


def _general(kind: MovementKind, change: Change, profile: ScaleProfile) -> list[tuple[bool, str]]:
    close = abs(change.delta_g) < 1.4 * threshold_g(change, profile)
    settling = change.in_haste or abs(change.after.trend_g) > 2.0 + 2.0 * change.after.sigma_g
    return [
        (settling, "the scale was still settling"),
        (kind is MovementKind.POUR and close, "the pour is close to the noise"),
        (change.samples_missing, "the scale gave no values while the bottle moved"),
    ]


def _of_the_bottle(kind: MovementKind, change: Change, profile: ScaleProfile) -> list[tuple[bool, str]]:
    after, bottle = change.after.weight_g, profile.is_bottle
    density = profile.density_g_per_ml or GRAMS_PER_ML_UNKNOWN
    pour = kind is MovementKind.POUR
    return [
        (change.is_slow, "it grows lighter by itself: look for a leak or a tap that drips"),
        (
            bottle and change.is_in_place and not change.is_slow,
            "the weight changed without the bottle being lifted",
        ),
        (
            pour and change.was_lifted and -change.delta_g > LARGE_POUR_ML * density,
            "a very large pour: perhaps another bottle was put back",
        ),
        (
            pour and bottle and after < profile.tare_weight_g - OTHER_BOTTLE_G,
            "it now weighs less than its empty bottle: perhaps another bottle was put back",
        ),
        (
            profile.full_weight_g is not None and after > profile.full_weight_g + FULL_TOLERANCE_G,
            "it weighs more than a full bottle of this product: perhaps another bottle was put here",
        ),
        (
            kind is MovementKind.RETURN and after < (change.away_g or 0.0) - OTHER_BOTTLE_G / 3,
            "it came back lighter than it left: what was poured away from the shelf is not counted as a pour",
        ),
    ]
