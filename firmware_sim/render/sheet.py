"""A contact sheet: many rendered pictures on one, with their boxes and levels drawn in."""

import cv2
import numpy as np

from firmware_sim.render.arrays import Bytes
from firmware_sim.render.crops import render_crop
from firmware_sim.render.layouts import KINDS
from firmware_sim.render.scene import Picture, render_scene
from firmware_sim.render.sightings import render_sighting
from firmware_sim.render.stock import stock_of_bar

GREEN, RED, GREY = (80, 220, 80), (60, 60, 230), 114
CELL_PX = 64


def scene_sheet(
    seed: int, columns: int = 8, rows: int = 5, cell_px: int = 160, *, marks: bool = True
) -> Bytes:
    """Scenes of every kind in turn, (rows * cell_px, columns * cell_px, 3) uint8."""
    kinds = list(KINDS)
    cells = []
    for number in range(columns * rows):
        picture = render_scene(seed + number, 320, kind=kinds[number % len(kinds)])
        cells.append(
            cv2.resize(
                _marked(picture) if marks else picture.image, (cell_px, cell_px), interpolation=cv2.INTER_AREA
            )
        )
    return np.vstack([np.hstack(cells[row * columns : (row + 1) * columns]) for row in range(rows)])


def _marked(picture: Picture) -> Bytes:
    image = picture.image.copy()
    for bottle in picture.bottles:
        left, top, right, bottom = (round(edge) for edge in bottle.box)
        cv2.rectangle(image, (left, top), (right - 1, bottom - 1), GREEN, 1)
    return image


def crop_sheet(seed: int, count: int = 20, height_px: int = 160, cell_px: int = CELL_PX) -> Bytes:
    """Crops side by side, a green line at the level, a red frame where there is none to read."""
    cells = []
    for number in range(count):
        crop = render_crop(seed + number)
        cell = cv2.resize(crop.image, (cell_px, height_px), interpolation=cv2.INTER_AREA)
        if crop.level is None:
            cv2.rectangle(cell, (0, 0), (cell_px - 1, height_px - 1), RED, 2)
        else:
            y = round((1.0 - crop.level) * (height_px - 1))
            cv2.line(cell, (0, y), (cell_px // 6, y), GREEN, 2)
        cells.append(cell)
    return np.hstack(cells)


def sighting_sheet(seed: int, products: int = 5, moments: int = 4, height_px: int = 160) -> Bytes:
    """A few products of one bar, each at several moments, side by side."""
    cells = []
    for number in stock_of_bar(seed, products):
        for moment in range(moments):
            image = render_sighting(seed * 64 + moment, number).image
            scale = min(height_px / image.shape[0], CELL_PX / image.shape[1])
            size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
            cell = np.full((height_px, CELL_PX, 3), GREY, np.uint8)
            cell[: size[1], : size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
            cells.append(cell)
    return np.hstack(cells)


def contact_sheet(seed: int) -> Bytes:
    """Scenes above, crops and sightings below, 1280 x 1120."""
    return np.vstack([scene_sheet(seed), crop_sheet(seed), sighting_sheet(seed)])
