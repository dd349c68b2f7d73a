"""What is known of a tray's bottles when the gateway starts, and what it will know at the next start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from edge.domain.calibration import Floats
from edge.domain.measures import no_pours
from edge.domain.profiles import ScaleProfile
from edge.domain.tray_belief import TrayBelief
from edge.domain.tray_stories import Bottles

UNKNOWN_SIGMA_G = 200.0


@dataclass(frozen=True, slots=True)
class BottleWeight:
    """What a bottle weighs, g, and how sure that is."""

    weight_g: float
    sigma_g: float
    lifts: float = 0.0
    """How often it was lifted so far; what is lifted often is likelier to be lifted next."""
    pours: tuple[float, ...] = ()
    """Its pours by size (measures.py); empty where none is known."""


def bottles_of(belief: TrayBelief, bottles: Sequence[ScaleProfile]) -> dict[str, BottleWeight]:
    """Return what is believed of every bottle, by slot; to be handed in again after a restart."""
    mean, sigma = belief.weights
    rows = zip(mean.tolist(), sigma.tolist(), belief.lifts.tolist(), belief.pours.tolist(), strict=True)
    return {
        bottle.slots[0]: BottleWeight(weight_g, sigma_g, lifts, tuple(pours))
        for bottle, (weight_g, sigma_g, lifts, pours) in zip(bottles, rows, strict=True)
    }


def belief_of(bottles: Sequence[ScaleProfile], known: Mapping[str, BottleWeight]) -> TrayBelief:
    """Start with what is known; of the rest only that it lies between empty and full."""
    weight_g, sigma_g, lifts = [], [], []
    for bottle in bottles:
        full_g = bottle.full_weight_g or bottle.tare_weight_g + 2 * UNKNOWN_SIGMA_G
        guess = BottleWeight((bottle.tare_weight_g + full_g) / 2, (full_g - bottle.tare_weight_g) / sqrt(12))
        found = known.get(bottle.slots[0], guess)
        weight_g.append(found.weight_g)
        sigma_g.append(max(0.3, found.sigma_g))
        lifts.append(found.lifts)
    tare_g = np.array([bottle.tare_weight_g for bottle in bottles])
    full = np.array([bottle.full_weight_g or np.nan for bottle in bottles])
    products = [bottle.product_id or bottle.slots[0] for bottle in bottles]
    group = np.array([products.index(product) for product in products])
    return TrayBelief(
        np.array(weight_g),
        np.array(sigma_g),
        tare_g,
        full,
        lifts=np.array(lifts),
        pours=_pours(bottles, known),
        group=group,
        kinds=_kinds(bottles),
        density=np.array([bottle.density_g_per_ml or 1.0 for bottle in bottles]),
        usage=np.array([bottle.usage for bottle in bottles]),
    )


def _kinds(bottles: Sequence[ScaleProfile]) -> Bottles:
    """Number the categories; what is of none is of a kind of its own."""
    kinds = [bottle.category for bottle in bottles]
    return np.array([kinds.index(kind) for kind in kinds], dtype=np.intp)


def _pours(bottles: Sequence[ScaleProfile], known: Mapping[str, BottleWeight]) -> Floats:
    pours: Floats = no_pours(1, len(bottles))[0]
    for number, bottle in enumerate(bottles):
        kept = known[bottle.slots[0]].pours if bottle.slots[0] in known else ()
        if len(kept) == pours.shape[1]:
            pours[number] = kept
    return pours
