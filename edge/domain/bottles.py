"""What a bottle tells of itself by its weight: which product, when full. Knows no scales and no time."""

from collections.abc import Sequence

from edge.domain.profiles import ScaleProfile

SIGNATURE_G = 15.0
"""Full bottles of one product weigh the same within this: glass varies by some grams."""


def by_full_weight(weight_g: float, known: Sequence[ScaleProfile]) -> ScaleProfile | None:
    """Return the first of `known` whose full bottle weighs this, g, within 15 g; None if none does."""
    for profile in known:
        if profile.full_weight_g is not None and abs(weight_g - profile.full_weight_g) <= SIGNATURE_G:
            return profile
    return None
