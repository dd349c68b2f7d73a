"""vision/places.json: where each slot is in the picture of each camera, as a technician drew it."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contract.base import Slug, Utc
from edge.domain.sight import Box, Place
from edge.json_file import JsonFile

FILE = Path("vision") / "places.json"
MAX_PLACES = 64
LEAST_SIDE = 0.01

Share = Annotated[float, Field(ge=0, le=1)]


class DrawnPlace(BaseModel):
    """One box, shares of the picture's width and height from its upper left."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    slot_id: Slug
    left: Share
    top: Share
    right: Share
    bottom: Share

    @model_validator(mode="after")
    def _is_a_box(self) -> "DrawnPlace":
        if self.right - self.left < LEAST_SIDE or self.bottom - self.top < LEAST_SIDE:
            raise ValueError(f"the place of {self.slot_id} is too small: draw it around the whole bottle")
        return self


class Drawing(BaseModel):
    """The places of one camera."""

    model_config = ConfigDict(frozen=True)

    drawn_at: Utc
    places: Annotated[tuple[DrawnPlace, ...], Field(max_length=MAX_PLACES)] = ()

    @model_validator(mode="after")
    def _once_each(self) -> "Drawing":
        names = [place.slot_id for place in self.places]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"drawn more than once: {', '.join(twice)}")
        return self


class _Drawings(BaseModel):
    v: int = 1
    cameras: dict[Slug, Drawing] = {}


class PlaceBook:
    """The places of all cameras of one gateway."""

    def __init__(self, data_dir: Path) -> None:
        self._file = JsonFile(data_dir / FILE, _Drawings)

    def stamp(self) -> object:
        """Return something that differs whenever the book does."""
        return self._file.stamp()

    def places(self, camera_id: str) -> tuple[Place, ...]:
        """Return what is drawn for a camera. Raises JsonFileError."""
        drawing = self._file.read().cameras.get(camera_id)
        return (
            ()
            if drawing is None
            else tuple(
                Place(one.slot_id, Box(one.left, one.top, one.right, one.bottom)) for one in drawing.places
            )
        )

    def draw(self, camera_id: str, places: tuple[DrawnPlace, ...], at: datetime) -> None:
        """Replace what is drawn for a camera. Raises ValueError, JsonFileError or OSError."""
        drawing = Drawing(drawn_at=at, places=places)
        self._file.change(lambda book: _Drawings(cameras={**book.cameras, camera_id: drawing}))
