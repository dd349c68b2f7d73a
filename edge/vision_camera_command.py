"""The commands `camera look, places, enrol`: what a camera sees and where the slots are. Owns their words.

OpenCV and onnxruntime are imported only when one of them runs.
"""

import argparse
import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from contract.sightings import CameraState
from edge.domain.sight import Box, Look, Place
from edge.place_book import DrawnPlace, PlaceBook
from edge.settings import Settings, load, read_layout
from edge.vision_keys import Say, shipped_models, trusted_keys

if TYPE_CHECKING:
    from edge.vision.pictures import Bgr
    from edge.vision.room import VisionRoom


def look(options: argparse.Namespace, say: Say) -> int:
    """Take a picture and say what is to be seen. Raises ValueError or OSError."""
    from edge.vision import pictures  # noqa: PLC0415

    settings = load(options.config)
    places = PlaceBook(settings.data_dir).places(_camera(settings, options.camera))
    look, picture = asyncio.run(_looked(settings, options.camera, places))
    say(f"camera {look.camera_id}: {look.state.value}, read in {1000 * look.took_s:.0f} ms")
    if look.hint:
        say(look.hint)
    for one in look.slots:
        level = (
            "level not told" if one.level is None else f"level {one.level.level:.2f} ± {one.level.sigma:.2f}"
        )
        who = "" if one.who is None else f", looks like {one.who.product_id or 'no enrolled product'}"
        who += "" if one.who is None else f" ({one.who.score:.2f})"
        say(f"  {one.slot_id:<16}{one.state.value:<10}{level if one.box else ''}{who}")
    if look.strays:
        say(f"  {len(look.strays)} bottles beside all places")
    if options.out is not None and picture is not None:
        boxes = [(place.box, place.slot_id, False) for place in places]
        boxes += [
            (one.box, f"{one.slot_id} {one.score:.2f}", True) for one in look.slots if one.box is not None
        ]
        options.out.write_bytes(pictures.png(pictures.draw(picture, boxes)))
        say(f"written: {options.out}")
    return 0 if look.state is CameraState.OK else 1


async def _looked(settings: Settings, camera_id: str, places: tuple[Place, ...]) -> tuple[Look, "Bgr | None"]:
    room = _room(settings, camera_id)
    try:
        look = await room.look(camera_id, places)
        return look, room.newest(camera_id)
    finally:
        await room.close()


def places(options: argparse.Namespace, say: Say) -> int:
    """Show or draw where the slots are. Raises ValueError or OSError."""
    settings = load(options.config)
    book, camera_id = PlaceBook(settings.data_dir), _camera(settings, options.camera)
    drawn = {place.slot_id: place.box for place in book.places(camera_id)}
    if options.from_bottles:
        drawn |= asyncio.run(_from_bottles(settings, camera_id, options.from_bottles.split(",")))
    for words in options.set:
        slot, box = _box(words)
        drawn[slot] = box
    if options.set or options.from_bottles:
        _known(settings, list(drawn))
        rows = tuple(
            DrawnPlace(slot_id=s, left=b.left, top=b.top, right=b.right, bottom=b.bottom)
            for s, b in drawn.items()
        )
        book.draw(camera_id, rows, datetime.now(UTC))
    for slot, box in drawn.items():
        say(f"{slot:<16}{box.left:.3f},{box.top:.3f},{box.right:.3f},{box.bottom:.3f}")
    if not drawn:
        say("No places are drawn: draw them on the gateway's own page, or with --from-bottles or --set.")
    return 0


async def _from_bottles(settings: Settings, camera_id: str, slots: list[str]) -> dict[str, Box]:
    room = _room(settings, camera_id)
    try:
        found = sorted(await room.bottles(camera_id), key=lambda one: one.box.left)
    finally:
        await room.close()
    if len(found) != len(slots):
        raise ValueError(
            f"{len(found)} bottles are seen, {len(slots)} slots were named: put one into each, or use --set"
        )
    return {slot: one.box for slot, one in zip(slots, found, strict=True)}


def enrol(options: argparse.Namespace, say: Say) -> int:
    """Learn what the bottle in a slot looks like. Raises ValueError or OSError."""
    settings = load(options.config)
    places = {
        place.slot_id: place
        for place in PlaceBook(settings.data_dir).places(_camera(settings, options.camera))
    }
    if options.slot not in places:
        raise ValueError(
            f"no place is drawn for {options.slot}: `python -m edge camera places {options.camera}`"
        )
    layout, _ = read_layout(settings)
    product = next((s.product for shelf in layout.shelves for s in shelf.slots if s.id == options.slot), None)
    if product is None:
        raise ValueError(f"no product belongs in {options.slot}: give it one in the layout")

    async def enrolled() -> int:
        room = _room(settings, options.camera)
        try:
            return await room.enrol(options.camera, product, places, options.slot)
        finally:
            await room.close()

    say(f"{asyncio.run(enrolled())} pictures of {product}; three are enough, turned a little each time")
    return 0


def _camera(settings: Settings, camera_id: str) -> str:
    known = [camera.id for camera in settings.cameras]
    if camera_id not in known:
        raise ValueError(f"no camera {camera_id} in the settings; there are: {', '.join(known) or 'none'}")
    return camera_id


def _room(settings: Settings, camera_id: str) -> "VisionRoom":
    from edge.vision.room import CameraPlace, VisionRoom  # noqa: PLC0415

    _camera(settings, camera_id)
    cameras = [CameraPlace(one.id, one.source, one.rotate) for one in settings.cameras if one.id == camera_id]
    return VisionRoom(cameras, settings.data_dir, shipped_models(settings), trusted_keys(settings))


def _box(words: str) -> tuple[str, Box]:
    slot, _, sides = words.partition("=")
    try:
        left, top, right, bottom = (float(side) for side in sides.split(","))
    except ValueError:
        raise ValueError(
            f"--set {words}: give SLOT=LEFT,TOP,RIGHT,BOTTOM, such as top-1=0.1,0.2,0.2,0.8"
        ) from None
    return slot, Box(left, top, right, bottom)


def _known(settings: Settings, slots: list[str]) -> None:
    layout, _ = read_layout(settings)
    known = {slot.id for shelf in layout.shelves for slot in shelf.slots}
    unknown = sorted(set(slots) - known)
    if unknown:
        raise ValueError(
            f"this gateway has no slot {', '.join(unknown)}; there are: {', '.join(sorted(known))}"
        )
