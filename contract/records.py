"""What a gateway has accepted and will never lose: readings, movements, sightings, health, anchors.

A record's key is (gateway, epoch, lane, seq). The sequence number is its place in the batch, so it is
not repeated here; what it says is never changed. A movement that turns out otherwise gets a new record
with the same movement_id and a higher revision.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from contract.anchors import Anchor
from contract.base import (
    Grams,
    Hex32,
    Message,
    Millilitres,
    Sentence,
    SigmaGrams,
    SigmaMillilitres,
    Slug,
    Utc,
)
from contract.sightings import Sighting


class Lane(StrEnum):
    """Records of one lane travel in order; lanes do not wait for each other."""

    MOVEMENTS = "movements"
    STATES = "states"


class Quality(StrEnum):
    """What to think of a reading. Only `ok` may move a stock figure."""

    OK = "ok"
    UNSETTLED = "unsettled"
    IN_HAND = "in_hand"
    SATURATED = "saturated"
    STUCK = "stuck"
    SILENT = "silent"
    NOT_READY = "not_ready"


class MovementKind(StrEnum):
    """What people did, as far as the sensors saw it."""

    POUR = "pour"
    REMOVAL = "removal"
    RETURN = "return"
    RESTOCK = "restock"
    SWAP = "swap"
    SPILLAGE = "spillage"
    EMPTY = "empty"
    """The bottle stands again with next to nothing in it; said beside the pour that emptied it."""


class Stage(StrEnum):
    """How sure a revision is: provisional (still settling), final, or corrected later (by the camera)."""

    PROVISIONAL = "provisional"
    FINAL = "final"
    CORRECTED = "corrected"


class Reading(Message):
    """A stable gross weight on a scale; a scale is a weighed surface with none, one or many slots.

    weight_g is None where the sensor gave nothing to weigh, and quality then says why. `slots` are those
    the weight speaks for: one for a pad, several for a tray.
    """

    kind: Literal["reading"] = "reading"
    scale_id: Slug
    slots: Annotated[tuple[Slug, ...], Field(max_length=64)] = ()
    weight_g: Grams | None
    sigma_g: SigmaGrams | None = None
    quality: Quality = Quality.OK
    temperature_c: Annotated[float, Field(ge=-60, le=120)] | None = None

    @model_validator(mode="after")
    def _says_why(self) -> "Reading":
        if self.weight_g is None and self.quality is Quality.OK:
            raise ValueError("a reading without a weight cannot have quality ok")
        if self.weight_g is not None and self.sigma_g is None:
            raise ValueError("a weight needs its sigma_g")
        return self


class SlotShare(Message):
    """How likely it is that a movement happened at this slot."""

    slot_id: Slug
    probability: Annotated[float, Field(ge=0, le=1)]


class Movement(Message):
    """One revision of one movement.

    `posterior` spreads the movement over slots (sum <= 1; what is missing is "none of these").
    delta_g = weight_after_g - weight_before_g; a pour is negative. volume_ml is the liquid that moved,
    positive, where the product's density is known. `doubts` are sentences a bartender understands.
    """

    kind: Literal["movement"] = "movement"
    movement_id: Hex32
    revision: Annotated[int, Field(ge=1, le=1000)]
    stage: Stage
    movement: MovementKind
    scale_id: Slug
    posterior: Annotated[tuple[SlotShare, ...], Field(max_length=64)]
    product_id: Slug | None = None
    weight_before_g: Grams
    weight_after_g: Grams
    delta_sigma_g: SigmaGrams
    volume_ml: Millilitres | None = None
    volume_sigma_ml: SigmaMillilitres | None = None
    duration_s: Annotated[float, Field(ge=0, le=86_400)]
    """From the first touch to the settled end; the record's time is that end."""
    settled_after_s: Annotated[float, Field(ge=0, le=3600)] = 0.0
    """How long after the bottle stood still the scale was sure of its weight."""
    doubts: Annotated[tuple[Sentence, ...], Field(max_length=16)] = ()

    @property
    def delta_g(self) -> float:
        """Change of the weight on the scale, g; negative when something left it."""
        return self.weight_after_g - self.weight_before_g

    @model_validator(mode="after")
    def _shares_add_up(self) -> "Movement":
        total = sum(share.probability for share in self.posterior)
        if total > 1 + 1e-6:
            raise ValueError(f"the posterior over slots sums to {total:.4f}, more than 1")
        if len({share.slot_id for share in self.posterior}) < len(self.posterior):
            raise ValueError("a slot stands twice in the posterior")
        return self


class ScaleHealth(Message):
    """State of one scale as its gateway sees it, with a hint in words when something is to be done."""

    scale_id: Slug
    state: Literal["ok", "not_ready", "stuck", "saturated", "silent", "spiking", "drifting"]
    hint: Sentence | None = None


class Health(Message):
    """A gateway about itself."""

    kind: Literal["health"] = "health"
    software: Annotated[str, StringConstraints(max_length=64)]
    uptime_s: Annotated[float, Field(ge=0)]
    outbox_waiting: Annotated[int, Field(ge=0)]
    outbox_bytes: Annotated[int, Field(ge=0)]
    disk_free_bytes: Annotated[int, Field(ge=0)] | None = None
    cpu_temperature_c: Annotated[float, Field(ge=-60, le=150)] | None = None
    clock_synced: bool = False
    refused: Annotated[
        dict[Sentence, Annotated[int, Field(ge=0)]], Field(max_length=64, default_factory=dict)
    ]
    """Frames refused since the start, counted by reason."""
    scales: Annotated[tuple[ScaleHealth, ...], Field(max_length=256)] = ()


Body = Annotated[Reading | Movement | Health | Anchor | Sighting, Field(discriminator="kind")]


class Record(Message):
    """A body with the time its gateway gives it.

    boottime_ns counts from the boot boot_id (CLOCK_BOOTTIME); wall_at is None while the gateway has no
    clock it believes in, and `synced` says whether the kernel called the clock synchronised.
    """

    boot_no: Annotated[int, Field(ge=0, lt=2**31)]
    boot_id: Hex32
    boottime_ns: Annotated[int, Field(ge=0, lt=2**63)]
    wall_at: Utc | None
    synced: bool
    body: Body


LANE_OF_KIND = {
    "reading": Lane.STATES,
    "health": Lane.STATES,
    "sighting": Lane.STATES,
    "movement": Lane.MOVEMENTS,
    "anchor": Lane.MOVEMENTS,
}
