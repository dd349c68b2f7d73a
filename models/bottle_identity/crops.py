"""Rendered sightings as arrays of the network's size."""

import numpy as np
import numpy.typing as npt

from firmware_sim.render.sightings import render_sighting
from firmware_sim.render.stock import FLAVOURS, TRAINING_FROM
from models.bottle_identity.network import COLUMNS, ROWS
from models.runtime import letterboxed

VIEWS = 5  # of each product
PAIR = 2  # products of a row: half of the rows hold two flavours of one brand


def fitted(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The crop letterboxed to (ROWS, COLUMNS, 3)."""
    return letterboxed(image, COLUMNS, ROWS)[0]


def render_row(seed: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Crops (PAIR * VIEWS, ROWS, COLUMNS, 3) of two products, and their numbers (PAIR,)."""
    dice = np.random.default_rng([seed, 3])
    brand = TRAINING_FROM + PAIR * seed * FLAVOURS
    other = brand + int(dice.integers(1, FLAVOURS)) if dice.random() < 0.5 else brand + FLAVOURS
    crops = [
        fitted(render_sighting(seed * 64 + view, number, shown=view == 0).image)
        for number in (brand, other)
        for view in range(VIEWS)
    ]
    return np.stack(crops), np.array([brand, other], np.int64)
