"""What a gateway's camera saw, and what it believes of each bottle from weight and sight together.

A picture never travels here: only what was read off it, and a crop where the site has allowed that.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from contract.base import Message, Millilitres, Sentence, SigmaMillilitres, Slug

Share = Annotated[float, Field(ge=0, le=1)]
MAX_CROP_CHARACTERS = 24_000


class CameraState(StrEnum):
    """How a camera is; all but `ok` come with a hint, and then nothing is read off its pictures."""

    OK = "ok"
    UNPLUGGED = "unplugged"
    BROKEN_PICTURE = "broken_picture"
    DARK = "dark"
    BLOWN_OUT = "blown_out"
    BLURRED = "blurred"
    BLOCKED = "blocked"
    ROTATED = "rotated"
    MOVED = "moved"
    NOT_MAPPED = "not_mapped"
    NO_MODEL = "no_model"


class SightState(StrEnum):
    """What is to be seen in a slot."""

    STANDING = "standing"
    ABSENT = "absent"
    HIDDEN = "hidden"
    UNKNOWN = "unknown"


class FindingKind(StrEnum):
    """Where weight and sight contradict each other, or what should stand there."""

    WRONG_BOTTLE = "wrong_bottle"
    FOREIGN_OBJECT = "foreign_object"
    MOVED_SLOT = "moved_slot"
    WATERED = "watered"
    CAMERA_BLOCKED = "camera_blocked"
    SENSORS_DISAGREE = "sensors_disagree"


class FigureSource(StrEnum):
    """What a volume was measured by."""

    SCALE = "scale"
    CAMERA = "camera"
    BOTH = "both"


class Finding(Message):
    """Something a person should look at, in words."""

    finding: FindingKind
    sentence: Sentence


class SlotSight(Message):
    """One slot as it was seen, and what is believed of its bottle.

    fill_level is the camera's own word, as a share of a full bottle's volume. volume_ml is the belief from
    all sensors, and `source` says which; seen_product_id is None where the bottle was not recognised, and
    is_unknown says that it was looked at and is none of the site's enrolled products.
    """

    slot_id: Slug
    state: SightState
    seen_product_id: Slug | None = None
    is_unknown: bool = False
    fill_level: Share | None = None
    fill_sigma: Share | None = None
    scale_ml: Millilitres | None = None
    """What the scale alone said at this look: what changes on it later changes the belief as much."""
    volume_ml: Millilitres | None = None
    volume_sigma_ml: SigmaMillilitres | None = None
    source: FigureSource | None = None
    findings: Annotated[tuple[Finding, ...], Field(max_length=8)] = ()
    crop_jpeg: Annotated[str, StringConstraints(max_length=MAX_CROP_CHARACTERS)] | None = None
    """Base64, only where the site lets crops leave its gateway."""

    @model_validator(mode="after")
    def _figures_have_sigmas(self) -> "SlotSight":
        if (self.fill_level is None) != (self.fill_sigma is None):
            raise ValueError("a fill_level needs its fill_sigma, and the other way round")
        if self.volume_ml is not None and (self.volume_sigma_ml is None or self.source is None):
            raise ValueError("a volume needs its volume_sigma_ml and its source")
        return self


class Sighting(Message):
    """One look of one camera at its slots."""

    kind: Literal["sighting"] = "sighting"
    camera_id: Slug
    state: CameraState = CameraState.OK
    hint: Sentence | None = None
    slots: Annotated[tuple[SlotSight, ...], Field(max_length=64)] = ()
