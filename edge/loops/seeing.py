"""Looks at shelves when they have settled, and on a schedule; turns looks into sightings.

Weight never waits for sight: whatever a camera or a model does, the worst that happens here is a sighting
that says so.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from contract.layout import SiteLayout
from edge.domain.bottle_shape import Curve, Pair
from edge.domain.engine import Seen
from edge.domain.handlings import Handlings
from edge.domain.looking import LookSchedule
from edge.domain.sight import Look, Place, SlotLook
from edge.domain.teaching import Shadow, Verdict
from edge.domain.watch import Outcome, Watch
from edge.loops.recording import Recorder
from edge.ports import Clock, Curves, Eyes, Places

log = logging.getLogger(__name__)

TICK_S = 0.25
"""Real seconds between two glances at the schedules."""


class Confirming(Protocol):
    """What is told which bottle of a tray it was."""

    def confirm(self, slot: str) -> bool:
        """Take the word; False where the weights exclude it."""


@dataclass(slots=True)
class Camera:
    """One camera's schedule and watch."""

    camera_id: str
    schedule: LookSchedule
    watch: Watch
    places: tuple[Place, ...] = ()
    shelves: frozenset[str] = frozenset()
    newest: Look | None = None


@dataclass(slots=True)
class Seeing:
    """All cameras of a gateway. `told` is called with everything the engine says."""

    eyes: Eyes
    places: Places
    curves: Curves
    engine: Confirming
    recorder: Recorder
    clock: Clock
    layout: SiteLayout
    handlings: Handlings
    every_s: float
    sends_crops: bool = False
    cameras: list[Camera] = field(default_factory=list)
    _stamps: tuple[object, object] = (None, None)
    _shadow: Shadow | None = None

    def told(self, said: Sequence[Seen]) -> None:
        """Take what the engine said; looks follow where something has come to rest."""
        settled = self.handlings.take(said)
        for camera in self.cameras:
            if settled & camera.shelves:
                camera.schedule.ask(self._now_s())

    async def run(self) -> None:
        """Look for ever."""
        self.cameras = [
            Camera(name, LookSchedule(self.every_s), Watch(self.layout, {}, self.sends_crops))
            for name in self.eyes.cameras
        ]
        try:
            while True:
                await self.step()
                await asyncio.sleep(TICK_S)
        finally:
            await self.eyes.close()

    async def step(self) -> None:
        """Look with every camera that is due."""
        self._reread()
        for camera in self.cameras:
            if camera.schedule.is_due(self._now_s(), self.clock.real_s()):
                await self._look(camera)

    async def _look(self, camera: Camera) -> None:
        look = await self.eyes.look(camera.camera_id, camera.places)
        before = camera.newest
        camera.newest = look
        if before is None or (before.state, before.hint) != (look.state, look.hint):
            log.info(
                "camera %s: %s%s", camera.camera_id, look.state.value, f": {look.hint}" if look.hint else ""
            )
        outcome = camera.watch.take(look, self.handlings.weights())
        self.recorder.record_now(outcome.sighting)
        for slot in outcome.confirmed:
            self.engine.confirm(slot)
        await self._teach(outcome)
        camera.schedule.looked(self._now_s(), self.clock.real_s(), look.took_s, is_strange=outcome.is_strange)

    async def _teach(self, outcome: Outcome) -> None:
        """Keep what the scale knows of these crops; let a candidate prove itself on them."""
        for product_id, look, share in outcome.pairs:
            try:
                kept = await self.eyes.keep(product_id, look, share)
            except OSError as error:
                log.warning("a pair was not kept (%s)", error.strerror)
                return
            if kept:
                self._prove(product_id, look, share)

    def _prove(self, product_id: str, look: SlotLook, share: float) -> None:
        if self._shadow is None or look.level is None:
            return
        verdict = self._shadow.take(product_id, Pair(look.level.level, look.level.sigma, share))
        if verdict is Verdict.WAITING:
            return
        self._shadow = None
        try:
            if verdict is Verdict.PROMOTED:
                self.curves.promote(self.clock.now())
            else:
                self.curves.drop()
        except (ValueError, OSError) as error:
            log.warning("the new calibration of sight was not written: %s", error)
            return
        log.info("the new calibration of sight read along and was %s", verdict.value)

    def _reread(self) -> None:
        """Notice new places and curves; what cannot be read changes nothing."""
        stamps = self.places.stamp(), self.curves.stamp()
        if stamps == self._stamps:
            return
        self._stamps = stamps
        try:
            in_force, candidate = self.curves.in_force(), self.curves.candidate()
            drawn = {camera.camera_id: self.places.places(camera.camera_id) for camera in self.cameras}
        except (ValueError, OSError) as error:
            log.warning("%s", error)
            return
        self._shadow = None if candidate is None else Shadow(in_force, candidate)
        for camera in self.cameras:
            self._take_over(camera, drawn[camera.camera_id], in_force)

    def _take_over(self, camera: Camera, drawn: tuple[Place, ...], in_force: Mapping[str, Curve]) -> None:
        shelf_of = {slot.id: shelf.id for shelf in self.layout.shelves for slot in shelf.slots}
        known = tuple(place for place in drawn if place.slot_id in shelf_of)
        if len(known) < len(drawn):
            unknown = ", ".join(place.slot_id for place in drawn if place.slot_id not in shelf_of)
            log.warning("camera %s: no such slots here: %s; draw them again", camera.camera_id, unknown)
        camera.watch.curves = in_force
        if known != camera.places:
            camera.places = known
            camera.shelves = frozenset(shelf_of[place.slot_id] for place in known)
            camera.schedule.ask(self._now_s(), 0.0)

    def _now_s(self) -> float:
        return self.clock.boottime_ns() / 1e9
