"""Bottles and where they stand; the state that passes from a history to the night after it.

A bottle is never below empty; what is poured from it is what it loses.
"""

import json
import random
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contract.base import Slug, Utc
from contract.layout import Product, Scale, SiteLayout
from firmware_sim.errors import SimulatorError


@dataclass(slots=True)
class Bottle:
    """A bottle of a product with its content, ml."""

    product: Product
    content_ml: float

    @property
    def gross_g(self) -> float:
        """Weight of bottle and content, g."""
        return self.product.tare_weight_g + self.content_ml * self.product.density_g_per_ml

    def pour(self, wanted_ml: float) -> float:
        """Take up to wanted_ml out; returns what came, ml."""
        poured_ml = min(wanted_ml, self.content_ml)
        self.content_ml -= poured_ml
        return poured_ml


@dataclass(slots=True)
class Place:
    """A slot of the bar: which product belongs here and which bottle stands here."""

    slot_id: str
    shelf_id: str
    scale_id: str | None
    home: Product
    bottle: Bottle | None
    free_at_s: float = 0.0
    """Until then the bottle is in somebody's hands."""
    due: bool = False
    """A bottle is on its way here."""
    corner_error: float = 0.0
    """What a bottle off the middle shows too much: standard deviation, a share of its weight."""
    shown_share: float = 0.0
    """The same of the bottle that stands here now."""


class BottleState(BaseModel):
    """One bottle as it is written beside a run."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    product: Slug
    content_ml: Annotated[float, Field(ge=0)]
    content_g: Annotated[float, Field(ge=0)]


class BarState(BaseModel):
    """What stands where at an instant; a slot that is null is empty."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    site: Slug
    at: Utc
    slots: dict[Slug, BottleState | None]


def scales_of(layout: SiteLayout) -> list[Scale]:
    """All scales in the order of the layout."""
    return [scale for shelf in layout.shelves for scale in shelf.scales]


def stock_bar(layout: SiteLayout, fill: tuple[float, float], dice: random.Random) -> list[Place]:
    """Put a bottle on every slot that has a product, filled between fill[0] and fill[1] of its volume."""
    products = {product.id: product for product in layout.products}
    places = []
    for shelf in layout.shelves:
        for slot in shelf.slots:
            if slot.product is not None:
                home = products[slot.product]
                bottle = Bottle(home, home.volume_ml * dice.uniform(*fill))
                places.append(Place(slot.id, shelf.id, slot.scale, home, bottle))
    return places


def state_of(site_id: str, at: datetime, places: list[Place]) -> BarState:
    """Write down what stands where."""
    return BarState(
        site=site_id, at=at, slots={place.slot_id: _bottle_state(place.bottle) for place in places}
    )


def _bottle_state(bottle: Bottle | None) -> BottleState | None:
    if bottle is None:
        return None
    content_ml = round(bottle.content_ml, 3)
    content_g = round(content_ml * bottle.product.density_g_per_ml, 3)
    return BottleState(product=bottle.product.id, content_ml=content_ml, content_g=content_g)


def restore(layout: SiteLayout, state: BarState, places: list[Place]) -> None:
    """Put the bottles of `state` onto the places; raises SimulatorError if they are of another bar."""
    if state.site != layout.id:
        raise SimulatorError(
            f"the start state is of site {state.site}, the layout of {layout.id}; use its own"
        )
    products = {product.id: product for product in layout.products}
    for place in places:
        bottle = state.slots.get(place.slot_id)
        if bottle is None:
            place.bottle = None
        elif bottle.product not in products:
            raise SimulatorError(
                f"the start state has {bottle.product} at {place.slot_id}, not in the layout"
            )
        else:
            product = products[bottle.product]
            place.bottle = Bottle(product, min(bottle.content_ml, product.volume_ml))


def read_state(path: Path) -> BarState:
    """Read a state file; raises SimulatorError naming what is wrong."""
    try:
        return BarState.model_validate_json(path.read_bytes())
    except OSError as error:
        raise SimulatorError(f"cannot read the start state {path}: {error.strerror}") from None
    except ValidationError as error:
        raise SimulatorError(f"the start state {path} is malformed: {error.errors()[0]['msg']}") from None


def write_state(path: Path, state: BarState) -> None:
    """Write a state file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(path.suffix + ".new")
    text = json.dumps(state.model_dump(mode="json"), indent=1)
    beside.write_text(text + "\n", encoding="utf-8")
    beside.replace(path)
