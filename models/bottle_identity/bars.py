"""Rendered bars for measuring and calibrating: enrolled products, strangers, and their sightings.

No training command draws these products; those that set the thresholds are others than those that measure."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from firmware_sim.render.sightings import Sighting, render_sighting
from firmware_sim.render.stock import stock_of_bar
from models.runtime import IdentityEyes

Floats = npt.NDArray[np.floating]
FEWEST, MOST, STRANGERS = 12, 40, 12
SHOWN, ASKED = 5, 4  # crops that enrol a product, later sightings of each
BRANDS = 3_000
MEASURING, CALIBRATING = 0, BRANDS  # the first brand of each


@dataclass(frozen=True)
class Seen:
    """A later sighting: its embedding, the right column among the bar's products (None = a stranger)."""

    vector: Floats
    right: int | None
    sighting: Sighting


@dataclass(frozen=True)
class Bar:
    """Embeddings of one bar: `shown` (products, SHOWN, d), and what was seen later."""

    numbers: tuple[int, ...]
    shown: Floats
    seen: tuple[Seen, ...]


def open_bar(eyes: IdentityEyes, seed: int, first_brand: int = MEASURING, *, shown: int = SHOWN) -> Bar:
    """The bar of a seed: FEWEST..MOST products, each enrolled with `shown` crops, and STRANGERS others."""
    count = int(np.random.default_rng([seed, 5]).integers(FEWEST, MOST + 1))
    numbers = stock_of_bar(seed, count + STRANGERS, first_brand=first_brand, brands=BRANDS)
    known = numbers[:count]
    enrolled = np.stack(
        [
            np.stack(
                [
                    eyes.embed(render_sighting(seed * 64 + k, n, shown=True, site=seed).image)
                    for k in range(shown)
                ]
            )
            for n in known
        ]
    )
    seen = []
    for column, number in enumerate(numbers):
        for moment in range(ASKED):
            sighting = render_sighting(seed * 64 + 32 + moment, number, site=seed)
            seen.append(Seen(eyes.embed(sighting.image), column if column < count else None, sighting))
    return Bar(known, enrolled, tuple(seen))
