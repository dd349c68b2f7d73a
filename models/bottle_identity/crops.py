"""Rendered sightings as arrays of the network's size."""

import numpy as np
import numpy.typing as npt

from firmware_sim.render.sightings import render_sighting
from firmware_sim.render.stock import FLAVOURS, TRAINING_FROM
from models.bottle_identity.network import COLUMNS, ROWS
from models.runtime import letterboxed

BARS_FROM = 10_000  # the first bar of training; those below measure and calibrate
SHOWN, LATER = 2, 4  # of each product: put before the camera, then seen later
VIEWS = SHOWN + LATER
PAIR = 2  # products of a row: half of the rows hold two flavours of one brand
IN_A_BAR = 0.75  # of the rows: both products under one bar's lights, by its camera


def fitted(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The crop letterboxed to (ROWS, COLUMNS, 3)."""
    return letterboxed(image, COLUMNS, ROWS)[0]


def render_row(seed: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Crops (PAIR * VIEWS, ROWS, COLUMNS, 3) of two products, and their numbers (PAIR,)."""
    dice = np.random.default_rng([seed, 3])
    brand = TRAINING_FROM + PAIR * seed * FLAVOURS
    other = brand + int(dice.integers(1, FLAVOURS)) if dice.random() < 0.5 else brand + FLAVOURS
    site = BARS_FROM + seed if dice.random() < IN_A_BAR else None
    crops = [
        fitted(render_sighting(seed * 64 + view, number, shown=view < SHOWN, site=site).image)
        for number in (brand, other)
        for view in range(VIEWS)
    ]
    return np.stack(crops), np.array([brand, other], np.int64)
