"""One camera's pictures, read: checks, bottles, slots, levels, identities. Used by one thread."""

import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from contract.sightings import CameraState, SightState
from edge.domain.places import MOVED_SHARE, assign, shift_of
from edge.domain.sight import Box, Found, Look, Place, Recognised, SlotLook
from edge.vision.camera_socket import CameraGoneError
from edge.vision.checks import HINTS, PictureCheck
from edge.vision.detector import Detector
from edge.vision.identity import Gallery, Identity
from edge.vision.level_reader import LevelReader
from edge.vision.pictures import Bgr, BrokenPictureError, Still, cut, jpeg, turned
from edge.vision.sources import PictureSource

CROP_SIDE = 320
NOT_MAPPED = "No places are drawn for this camera yet: draw them on the gateway's own page."
MOVED = "All bottles stand beside their places: turn the camera back, or draw the places again."


@dataclass(slots=True)
class Models:
    """What reads pictures; each may be absent, and then its part of a look stays empty."""

    detector: Detector | None = None
    reader: LevelReader | None = None
    identity: Identity | None = None
    gallery: Gallery | None = None
    refused: str | None = None
    """Why there is no detector, in words."""


@dataclass(slots=True)
class Eye:
    """One camera with what is usual for it."""

    camera_id: str
    source: PictureSource
    rotate: int = 0
    newest: Still | None = None
    _check: PictureCheck = field(default_factory=PictureCheck)
    _last: int = -1
    """Checksum of the picture that was read last."""

    def look(self, models: Models, places: Sequence[Place]) -> Look:
        """Take a picture and read it. Never raises for what a camera or a picture does."""
        try:
            still = self.source.grab()
        except CameraGoneError as error:
            return self._nothing(0.0, CameraState.UNPLUGGED, str(error))
        except BrokenPictureError as error:
            return self._nothing(0.0, CameraState.BROKEN_PICTURE, _sentence(error))
        still = Still(turned(still.picture, self.rotate), still.boottime_s, still.seq)
        self.newest = still
        started_s = time.thread_time()
        look = self.read(still, models, places)
        return replace(look, took_s=time.thread_time() - started_s)

    def read(self, still: Still, models: Models, places: Sequence[Place]) -> Look:
        """Read one picture."""
        checksum = zlib.crc32(still.picture.tobytes())
        is_repeat, self._last = checksum == self._last, checksum
        state = self._check.state(still.picture)
        if state is not CameraState.OK:
            return self._nothing(still.boottime_s, state, HINTS[state])
        if models.detector is None:
            return self._nothing(still.boottime_s, CameraState.NO_MODEL, models.refused or "no detector")
        if not places:
            return self._nothing(still.boottime_s, CameraState.NOT_MAPPED, NOT_MAPPED)
        found = find(models.detector, still.picture)
        if abs(shift_of(places, found)) > MOVED_SHARE:
            return self._nothing(still.boottime_s, CameraState.MOVED, MOVED)
        assigned = assign(places, found)
        slots = [
            _slot(place, assigned.by_slot[place.slot_id], still.picture, models, _cover(place, found))
            for place in places
        ]
        return Look(
            self.camera_id,
            still.boottime_s,
            CameraState.OK,
            slots=tuple(slots),
            strays=assigned.strays,
            is_repeat=is_repeat,
        )

    def bottle_in(self, picture: Bgr, models: Models, place: Place) -> Found | None:
        """Return the bottle that stands in a place."""
        if models.detector is None:
            return None
        return assign([place], find(models.detector, picture)).by_slot[place.slot_id]

    def _nothing(self, at_s: float, state: CameraState, hint: str) -> Look:
        return Look(self.camera_id, at_s, state, hint[:200])


def find(detector: Detector, picture: Bgr) -> list[Found]:
    """Return the bottles that count, boxes as shares of the picture."""
    height, width = picture.shape[:2]
    return [
        Found(Box(x1 / width, y1 / height, x2 / width, y2 / height), score)
        for x1, y1, x2, y2, score in detector.detect(picture).tolist()
        if score >= detector.shown
    ]


def _cover(place: Place, found: Sequence[Found]) -> float:
    """How much of a place another thing covers, 0..1: then its emptiness says nothing."""
    return max((place.box.shared(one.box) / max(place.box.area, 1e-9) for one in found), default=0.0)


def _slot(place: Place, found: Found | None, picture: Bgr, models: Models, cover: float) -> SlotLook:
    if found is None:
        state = SightState.HIDDEN if cover > 0.5 else SightState.ABSENT
        return SlotLook(place.slot_id, state)
    crop = cut(picture, found.box)
    level = models.reader.read(crop) if models.reader is not None else None
    return SlotLook(
        place.slot_id,
        SightState.STANDING,
        found.box,
        found.score,
        level,
        who(models, crop),
        jpeg(crop, 85, CROP_SIDE),
    )


def who(models: Models, crop: Bgr) -> Recognised | None:
    """Recognise a bottle; None where nothing is enrolled."""
    if models.identity is None or models.gallery is None or not models.gallery.crops:
        return None
    vector = models.identity.embed(crop)
    return models.gallery.name(vector, models.identity.even_below, models.identity.temperature)


def _sentence(error: Exception) -> str:
    words = str(error)
    return f"{words[:1].upper()}{words[1:]}: check the camera's cable and restart its service."[:200]
