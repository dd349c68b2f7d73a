"""Where the slots are in a camera's picture: what the technician's page shows and saves. Knows no HTTP."""

import json
from datetime import datetime

from pydantic import ValidationError

from contract.layout import SiteLayout
from edge.domain.sight import Place
from edge.loops.seeing import Seeing
from edge.place_book import DrawnPlace, PlaceBook

MAX_BODY = 16 * 1024


class Drawing:
    """The cameras of one gateway as the page sees them."""

    def __init__(self, layout: SiteLayout, seeing: Seeing, book: PlaceBook) -> None:
        self.site_name = layout.name
        self._layout, self._seeing, self._book = layout, seeing, book

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names of the cameras."""
        return self._seeing.eyes.cameras

    def shelves(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Every shelf's name with its slots and their products' names, in the order in which they stand."""
        names = {product.id: product.name for product in self._layout.products}
        return [
            (shelf.name, [(slot.id, names.get(slot.product or "", "free")) for slot in shelf.slots])
            for shelf in self._layout.shelves
        ]

    async def bottles(self, camera_id: str) -> list[list[float]]:
        """Boxes of the bottles that are to be seen, left to right. Raises OSError or ValueError."""
        found = await self._seeing.eyes.bottles(camera_id)
        boxes = [one.box for one in sorted(found, key=lambda one: one.box.left)]
        return [[box.left, box.top, box.right, box.bottom] for box in boxes]

    def places(self, camera_id: str) -> tuple[Place, ...]:
        """What is drawn. Raises ValueError."""
        return self._book.places(camera_id)

    def state(self, camera_id: str) -> tuple[str, str]:
        """How a camera is, and what to do about it."""
        newest = next((one.newest for one in self._seeing.cameras if one.camera_id == camera_id), None)
        return ("not looked yet", "") if newest is None else (newest.state.value, newest.hint or "")

    async def picture(self, camera_id: str) -> bytes:
        """Return the newest picture as JPEG. Raises OSError or ValueError."""
        return await self._seeing.eyes.picture(camera_id)

    async def enrol(self, camera_id: str, slot_id: str) -> str:
        """Keep the bottle of a slot as a picture of its product. Raises ValueError or OSError."""
        places = {place.slot_id: place for place in self._book.places(camera_id)}
        if slot_id not in places:
            raise ValueError(f"draw the place of {slot_id} first")
        product = self._product(slot_id)
        count = await self._seeing.eyes.enrol(camera_id, product, places, slot_id)
        more = "" if count >= 3 else f"; {3 - count} more before it is recognised, turned a little each time"
        return f"{count} pictures of {product}{more}"

    def save(self, camera_id: str, body: bytes, at: datetime) -> None:
        """Keep a JSON list of slot_id, left, top, right, bottom. Raises ValueError or OSError."""
        try:
            rows = json.loads(body)
            places = tuple(DrawnPlace.model_validate(row) for row in rows)
        except ValidationError as error:
            raise ValueError(str(error.errors()[0]["msg"]).removeprefix("Value error, ")) from None
        except (ValueError, TypeError):
            raise ValueError("what was drawn did not arrive whole: reload the page and draw again") from None
        known = {slot for _, slots in self.shelves() for slot, _ in slots}
        unknown = [place.slot_id for place in places if place.slot_id not in known]
        if unknown:
            raise ValueError(f"this gateway has no slot {unknown[0]}")
        self._book.draw(camera_id, places, at)

    def _product(self, slot_id: str) -> str:
        for shelf in self._layout.shelves:
            for slot in shelf.slots:
                if slot.id == slot_id and slot.product is not None:
                    return slot.product
        raise ValueError(f"no product belongs in {slot_id}: give it one in the layout")
