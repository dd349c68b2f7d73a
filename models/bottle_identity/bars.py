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
class Bar:
    """A bar's pictures: per enrolled product SHOWN crops, then what was seen later of everything in it."""

    numbers: tuple[int, ...]
    shown: tuple[tuple[Sighting, ...], ...]
    later: tuple[tuple[Sighting, int | None], ...]  # with the right column of `numbers`, None = a stranger


@dataclass(frozen=True)
class Embedded:
    """The same as a model sees it."""

    bar: Bar
    shown: tuple[Floats, ...]  # per product (SHOWN, d)
    later: Floats  # (n, d)


def open_bar(seed: int, first_brand: int = MEASURING) -> Bar:
    """The bar of a seed: FEWEST..MOST products, each enrolled with SHOWN crops, and STRANGERS others."""
    count = int(np.random.default_rng([seed, 5]).integers(FEWEST, MOST + 1))
    numbers = stock_of_bar(seed, count + STRANGERS, first_brand=first_brand, brands=BRANDS)
    return Bar(
        numbers[:count],
        tuple(
            tuple(
                render_sighting(seed * 64 + moment, number, shown=True, site=seed) for moment in range(SHOWN)
            )
            for number in numbers[:count]
        ),
        tuple(
            (
                render_sighting(seed * 64 + 32 + moment, number, site=seed),
                column if column < count else None,
            )
            for column, number in enumerate(numbers)
            for moment in range(ASKED)
        ),
    )


def embedded(bar: Bar, eyes: IdentityEyes) -> Embedded:
    """Every crop of the bar through the model."""
    return Embedded(
        bar,
        tuple(np.stack([eyes.embed(sighting.image) for sighting in crops]) for crops in bar.shown),
        np.stack([eyes.embed(sighting.image) for sighting, _ in bar.later]),
    )
