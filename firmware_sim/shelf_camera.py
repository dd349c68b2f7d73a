"""A camera before one shelf of a simulated night: whenever a bottle moves or empties, a picture file changes.

The camera process serves the file (`python -m edge.camera serve --source file`), so what a gateway sees comes
the same way as from a real camera. A bottle in somebody's hands is not in the picture.
"""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from contract.layout import SiteLayout
from firmware_sim.bottles import Place
from firmware_sim.errors import SimulatorError
from firmware_sim.render.arrays import Bytes
from firmware_sim.render.bar_view import BarView, Standing, bar_products

log = logging.getLogger(__name__)

STEP_ML = 4.0
"""Smaller changes of a level are less than a row of pixels."""


class Night(Protocol):
    """What the camera sees of a night."""

    @property
    def places(self) -> Sequence[Place]:
        """Every place with its bottle."""

    @property
    def at_s(self) -> int:
        """Seconds since its origin."""


class ShelfCamera:
    """Keeps a picture file as a shelf looks now."""

    def __init__(self, layout: SiteLayout, shelf_id: str, path: Path, seed: int) -> None:
        """Raises SimulatorError when there is no such shelf."""
        shelf = next((one for one in layout.shelves if one.id == shelf_id), None)
        if shelf is None:
            known = ", ".join(one.id for one in layout.shelves)
            raise SimulatorError(f"no shelf {shelf_id} to look at; the layout has {known}")
        self._slots = tuple(slot.id for slot in shelf.slots)
        self._path, self._view = path, BarView(self._slots, seed)
        products = sorted({product.id for product in layout.products})
        self._looks = dict(zip(products, bar_products(len(products), seed), strict=True))
        self._shown: dict[str, tuple[int, int] | None] | None = None
        self.pictures = 0

    def place_boxes(self) -> dict[str, tuple[float, float, float, float]]:
        """Where the slots are in the picture, as a technician would draw them; shares."""
        return {slot: self._view.place_box(slot) for slot in self._slots}

    def look(self, night: Night) -> bool:
        """Bring the file to what stands there now; False where nothing has changed."""
        seen = {slot: _seen(place, night.at_s, self._looks) for slot, place in self._of_shelf(night).items()}
        if seen == self._shown:
            return False
        self._shown = seen
        bottles = {slot: one and Standing(one[0], one[1] * STEP_ML / 1000) for slot, one in seen.items()}
        self.pictures += 1
        self._write(self._view.picture(bottles, self.pictures).image)
        return True

    def _of_shelf(self, night: Night) -> dict[str, Place]:
        return {place.slot_id: place for place in night.places if place.slot_id in self._slots}

    def _write(self, picture: Bytes) -> None:
        """Replace the file whole, as a binary PPM (red, green, blue)."""
        height, width = picture.shape[:2]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(f"P6\n{width} {height}\n255\n".encode() + picture[..., ::-1].tobytes())
        fresh.replace(self._path)


def _seen(place: Place, at_s: float, looks: Mapping[str, int]) -> tuple[int, int] | None:
    """A bottle's look and its content in small steps; None where none stands."""
    bottle = place.bottle
    if bottle is None or place.free_at_s > at_s:
        return None
    share = bottle.content_ml / bottle.product.volume_ml
    return looks[bottle.product.id], round(share * 1000 / STEP_ML)
