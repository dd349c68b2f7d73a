"""The one thread in which pictures are taken and read. Everything that blocks or computes happens there."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2

from contract.sightings import CameraState
from edge.domain.sight import Found, Look, Place, SlotLook
from edge.vision.camera_socket import CameraGoneError
from edge.vision.eye import Eye, find
from edge.vision.identity import enrol
from edge.vision.manifest import ModelRefusedError
from edge.vision.pairs import PairFolder
from edge.vision.pictures import Bgr, BrokenPictureError, cut, jpeg, turned
from edge.vision.sources import PictureSource, open_source
from edge.vision.workshop import GALLERY, Workshop

log = logging.getLogger(__name__)

PAIRS = Path("vision") / "pairs"
SHOWN_SIDE = 1280
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class CameraPlace:
    """A camera as the settings name it."""

    camera_id: str
    source: str
    rotate: int = 0


class VisionRoom:
    """Cameras and models of one gateway, behind async methods that take turns."""

    def __init__(
        self,
        cameras: Sequence[CameraPlace],
        data_dir: Path,
        shipped: Path,
        keys: Collection[bytes],
        opened: Callable[[str], PictureSource] = open_source,
    ) -> None:
        """Nothing is opened yet. Raises ValueError for a source that is none."""
        self._eyes = {one.camera_id: Eye(one.camera_id, opened(one.source), one.rotate) for one in cameras}
        self._workshop = Workshop(data_dir, shipped, keys)
        self._data_dir = data_dir
        self._pairs = PairFolder(data_dir / PAIRS)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="vision")
        cv2.setNumThreads(1)

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names of the cameras."""
        return tuple(self._eyes)

    async def look(self, camera_id: str, places: Sequence[Place]) -> Look:
        """Take and read a picture. Never raises for what a camera, a picture or a model does."""
        return await self._run(lambda: self._look(self._eyes[camera_id], places))

    async def picture(self, camera_id: str) -> bytes:
        """Return the newest picture as JPEG. Raises OSError or ValueError."""
        return await self._run(lambda: self._picture(self._eyes[camera_id]))

    async def keep(self, product_id: str, look: SlotLook, share: float) -> bool:
        """Keep a crop with its weighed share; whether it was kept. Raises OSError."""
        level, crop = look.level, look.crop_jpeg
        if level is None or crop is None:
            return False
        at_ns = time.time_ns()
        return await self._run(
            lambda: self._pairs.add(at_ns, product_id, (look.slot_id, share, level.level, level.sigma), crop)
        )

    async def bottles(self, camera_id: str) -> list[Found]:
        """Take a picture and return every bottle in it. Raises OSError or ValueError."""
        return await self._run(lambda: self._bottles(self._eyes[camera_id]))

    def newest(self, camera_id: str) -> Bgr | None:
        """Return the picture of the newest look; None before the first that came."""
        still = self._eyes[camera_id].newest
        return None if still is None else still.picture

    async def enrol(self, camera_id: str, product_id: str, places: Mapping[str, Place], slot_id: str) -> int:
        """Keep the bottle in a slot as a picture of a product. Raises OSError or ValueError."""
        return await self._run(lambda: self._enrol(self._eyes[camera_id], product_id, places[slot_id]))

    async def close(self) -> None:
        """Let go of the cameras and end the thread."""
        await self._run(self._close)
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], Made]) -> Made:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _look(self, eye: Eye, places: Sequence[Place]) -> Look:
        self._workshop.refresh()
        try:
            look = eye.look(self._workshop.models, places)
        except ModelRefusedError as error:
            return self._unreadable(eye, places, error)
        except Exception as error:  # noqa: BLE001 (a model may raise anything; weight goes on)
            log.warning("reading a picture of %s failed: %s", eye.camera_id, error)
            return self._unreadable(eye, places, error)
        if eye.newest is not None and look.state is CameraState.OK:
            self._workshop.shadow(eye.newest.picture)
        return look

    def _unreadable(self, eye: Eye, places: Sequence[Place], error: Exception) -> Look:
        """A model failed on a picture: read it again by the model before, if there is one."""
        if self._workshop.failed(error) and eye.newest is not None:
            return eye.read(eye.newest, self._workshop.models, places)
        at_s = eye.newest.boottime_s if eye.newest is not None else 0.0
        return Look(eye.camera_id, at_s, CameraState.NO_MODEL, str(error)[:200] or "the model failed")

    def _picture(self, eye: Eye) -> bytes:
        still = eye.source.grab()
        return jpeg(turned(still.picture, eye.rotate), 80, SHOWN_SIDE)

    def _bottles(self, eye: Eye) -> list[Found]:
        self._workshop.refresh()
        detector = self._workshop.models.detector
        if detector is None:
            raise ModelRefusedError(self._workshop.models.refused or "there is no detector")
        return find(detector, turned(eye.source.grab().picture, eye.rotate))

    def _enrol(self, eye: Eye, product_id: str, place: Place) -> int:
        try:
            picture = turned(eye.source.grab().picture, eye.rotate)
        except BrokenPictureError as error:
            raise CameraGoneError(str(error)) from None
        self._workshop.refresh()
        found = eye.bottle_in(picture, self._workshop.models, place)
        if found is None:
            raise ValueError(f"no bottle is to be seen in {place.slot_id}: put it there, label to the camera")
        return enrol(self._data_dir / GALLERY, product_id, cut(picture, found.box))

    def _close(self) -> None:
        for eye in self._eyes.values():
            eye.source.close()
