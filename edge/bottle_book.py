"""bottles.json in the data directory: what bottles weighed when last seen, and when they came and went.

Written whole or not at all. What is of another product than the layout now says is left out on reading.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contract.base import Slug
from contract.layout import SiteLayout
from edge.domain.bottle_lives import MAX_LIVES, NO_LIVES, KeptLives, Life
from edge.domain.tray import BottleWeight

BOOK_NAME = "bottles.json"
MAX_SLOTS = 4096


class KeptBottle(BaseModel):
    """One bottle: grams, how often it was lifted, its pours by size (edge/domain/measures.py)."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    product: Slug | None
    weight_g: Annotated[float, Field(ge=-1e5, le=1e5)]
    sigma_g: Annotated[float, Field(ge=0, le=1e5)]
    lifts: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    pours: Annotated[tuple[float, ...], Field(max_length=256)] = ()


class KeptLife(BaseModel):
    """What a bottle weighed when it arrived and when it left, g."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    arrived_g: Annotated[float, Field(ge=0, le=1e5)]
    left_g: Annotated[float, Field(ge=0, le=1e5)]


class _Pages(BaseModel):
    v: Literal[1] = 1
    slots: Annotated[dict[Slug, KeptBottle], Field(max_length=MAX_SLOTS)] = {}
    arrived_g: Annotated[dict[Slug, Annotated[float, Field(ge=0, le=1e5)]], Field(max_length=MAX_SLOTS)] = {}
    """Of each slot's bottle, where it was seen to arrive."""
    lives: Annotated[
        dict[Slug, Annotated[tuple[KeptLife, ...], Field(max_length=MAX_LIVES)]], Field(max_length=MAX_SLOTS)
    ] = {}
    """Of each product's bottles that came and went."""


class BottleBookError(ValueError):
    """bottles.json cannot be read."""


class BottleBook:
    """The bottles of one gateway's trays."""

    def __init__(self, data_dir: Path, layout: SiteLayout) -> None:
        self._path = data_dir / BOOK_NAME
        self._products = {slot.id: slot.product for shelf in layout.shelves for slot in shelf.slots}

    def read(self) -> dict[str, BottleWeight]:
        """Return what is kept, by slot; nothing where there is no file. Raises BottleBookError or OSError."""
        pages = self._pages()
        return {
            slot: BottleWeight(kept.weight_g, kept.sigma_g, kept.lifts, kept.pours)
            for slot, kept in pages.slots.items()
            if slot in self._products and self._products[slot] == kept.product
        }

    def read_lives(self) -> KeptLives:
        """Return what bottles weighed when they came and went. Raises BottleBookError or OSError."""
        pages = self._pages()
        return KeptLives(
            {slot: weight_g for slot, weight_g in pages.arrived_g.items() if slot in self._products},
            {
                name: tuple(Life(one.arrived_g, one.left_g) for one in pages.lives[name])
                for name in pages.lives
            },
        )

    def _pages(self) -> _Pages:
        try:
            return _Pages.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return _Pages()
        except ValidationError as error:
            raise BottleBookError(
                f"{self._path} is malformed ({error.errors()[0]['msg']}): the trays begin anew"
            ) from None

    def write(self, bottles: Mapping[str, BottleWeight], lives: KeptLives = NO_LIVES) -> None:
        """Replace the file at once. Raises OSError."""
        slots = {
            slot: KeptBottle(
                product=self._products[slot],
                weight_g=round(bottle.weight_g, 2),
                sigma_g=round(bottle.sigma_g, 3),
                lifts=round(bottle.lifts, 2),
                pours=tuple(round(count, 3) for count in bottle.pours),
            )
            for slot, bottle in bottles.items()
        }
        fresh = self._path.with_suffix(".tmp")
        kept = {
            name: tuple(KeptLife(arrived_g=one.arrived_g, left_g=one.left_g) for one in of_product)
            for name, of_product in lives.lives.items()
        }
        pages = _Pages(slots=slots, arrived_g=dict(lives.arrived_g), lives=kept)
        fresh.write_text(pages.model_dump_json())
        fresh.replace(self._path)
