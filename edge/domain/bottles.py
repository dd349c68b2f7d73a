"""What a bottle tells of itself by its weight: which product, when full. Knows no scales and no time."""

from collections.abc import Sequence
from math import inf

from edge.domain.profiles import ScaleProfile

SIGNATURE_G = 15.0
"""Full bottles of one product weigh the same within this: glass varies by some grams."""
EXPECTED_G = 8.0
"""By so much worse may the expected product fit and still be believed."""


def by_full_weight(
    weight_g: float,
    expected: Sequence[ScaleProfile],
    others: Sequence[ScaleProfile],
    within_g: float = SIGNATURE_G,
) -> ScaleProfile | None:
    """Return the profile whose full bottle weighs this, g; None if none does within `within_g`.

    `expected` are those of this place, which are believed unless another fits clearly better.
    """
    fits = [(_away_g(weight_g, profile) - EXPECTED_G, n, profile) for n, profile in enumerate(expected)]
    fits += [(_away_g(weight_g, profile), n, profile) for n, profile in enumerate(others, len(expected))]
    near = [fit for fit in fits if _away_g(weight_g, fit[2]) <= within_g]
    return min(near)[2] if near else None


def _away_g(weight_g: float, profile: ScaleProfile) -> float:
    return inf if profile.full_weight_g is None else abs(weight_g - profile.full_weight_g)
