"""Whatever comes in the place of a picture or a model: a state, a hint, and the weight goes on."""

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from contract.sightings import CameraState, FigureSource, SightState
from edge.domain.sight import Box, Place
from edge.domain.watch import Outcome, Watch
from edge.vision.room import CameraPlace, VisionRoom
from firmware_sim.render.bar_view import BarView, Standing, bar_products
from tests.unit.edge.domain.test_watch import LAYOUT, pad

MODELS = Path(__file__).parents[4] / "models"
NAMES = ["top-1", "top-2", "top-3", "top-4"]
VIEW = BarView(NAMES, seed=0)
PLACES = tuple(Place(name, Box(*VIEW.place_box(name))) for name in NAMES)
BOTTLES = {name: Standing(number, 0.6) for name, number in zip(NAMES, bar_products(4, 0), strict=True)}
PICTURE = VIEW.picture(BOTTLES, 1).image
KINDS = ("bottle_detector", "fill_level", "bottle_identity")


class Shelf:
    """A picture file as a camera, a pad under the first bottle, and models of its own."""

    def __init__(self, folder: Path) -> None:
        self.file, self.models, self.data = folder / "shelf.jpg", folder / "models", folder / "data"
        for kind in KINDS:
            shutil.copytree(MODELS / kind, self.models / kind, ignore=shutil.ignore_patterns("*.py", "__py*"))
        self.shows(PICTURE)
        self.watch = Watch(LAYOUT)

    def shows(self, picture: np.ndarray) -> None:
        cv2.imwrite(str(self.file), picture)

    def looks(self, ml: float, handled: int, times: int = 1) -> Outcome:
        """A room that has just started looks, as often as asked; the newest outcome."""
        room = VisionRoom([CameraPlace("cam", f"file:{self.file}")], self.data, self.models, frozenset())

        async def looked() -> list[Outcome]:
            said = [self.watch.take(await room.look("cam", PLACES), pad(ml, handled)) for _ in range(times)]
            await room.close()
            return said

        return asyncio.run(looked())[-1]


@pytest.fixture
def shelf(tmp_path) -> Shelf:
    made = Shelf(tmp_path)
    slot = made.looks(410, 0, times=2).sighting.slots[0]
    assert (slot.state, slot.source) == (SightState.STANDING, FigureSource.BOTH)
    return made


def is_told_and_weight_goes_on(outcome: Outcome, state: CameraState, hint: str) -> None:
    assert outcome.sighting.state is state
    assert hint in outcome.sighting.hint
    slot = next(one for one in outcome.sighting.slots if one.slot_id == "top-1")
    assert (slot.source, slot.scale_ml) == (FigureSource.SCALE, pytest.approx(370, abs=0.1))
    assert slot.volume_ml == pytest.approx(370, abs=6)


def test_a_picture_that_froze_is_told_once_a_bottle_was_in_a_hand(shelf) -> None:
    room = VisionRoom([CameraPlace("cam", f"file:{shelf.file}")], shelf.data, shelf.models, frozenset())

    async def looked() -> Outcome:
        shelf.watch.take(await room.look("cam", PLACES), pad(410, 0))
        outcome = shelf.watch.take(await room.look("cam", PLACES), pad(370, 1))
        await room.close()
        return outcome

    is_told_and_weight_goes_on(asyncio.run(looked()), CameraState.BLOCKED, "restart the camera")


PICTURES: dict[str, tuple[Callable[[np.ndarray], np.ndarray], CameraState, str]] = {
    "black": (np.zeros_like, CameraState.DARK, "uncover its lens"),
    "blown out": (lambda seen: np.full_like(seen, 255), CameraState.BLOWN_OUT, "turn the camera away"),
}


@pytest.mark.parametrize("what", PICTURES)
def test_a_picture_without_anything_in_it(shelf, what) -> None:
    spoil, state, hint = PICTURES[what]
    shelf.shows(spoil(PICTURE))
    is_told_and_weight_goes_on(shelf.looks(370, 1), state, hint)


def test_a_truncated_jpeg(shelf) -> None:
    shelf.file.write_bytes(shelf.file.read_bytes()[:9_000])
    is_told_and_weight_goes_on(shelf.looks(370, 1), CameraState.BROKEN_PICTURE, "check the camera's cable")


def test_a_camera_that_is_unplugged(shelf) -> None:
    shelf.file.unlink()
    is_told_and_weight_goes_on(shelf.looks(370, 1), CameraState.UNPLUGGED, "shelf.jpg")


def test_a_camera_that_fell_over(shelf) -> None:
    room = VisionRoom([CameraPlace("cam", f"file:{shelf.file}")], shelf.data, shelf.models, frozenset())

    async def looked() -> Outcome:
        await room.look("cam", PLACES)
        shelf.shows(np.ascontiguousarray(PICTURE[::-1, ::-1]))
        outcome = shelf.watch.take(await room.look("cam", PLACES), pad(370, 1))
        await room.close()
        return outcome

    is_told_and_weight_goes_on(asyncio.run(looked()), CameraState.ROTATED, "turn the camera back")


def _empty(folder: Path) -> None:
    for file in folder.glob("*.onnx"):
        file.write_bytes(b"")


def _another(folder: Path) -> None:
    for file in folder.glob("*.onnx"):
        file.write_bytes(file.read_bytes()[:-1] + b"\x00")


def _newer(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "opset": 9}))


MODEL_FAULTS = {
    "0 bytes": (_empty, "0 bytes"),
    "wrong sha256": (_another, "sha256 differs"),
    "wrong opset": (_newer, "its manifest says 9"),
}


@pytest.mark.parametrize("what", MODEL_FAULTS)
def test_a_detector_that_is_none(shelf, what) -> None:
    spoil, hint = MODEL_FAULTS[what]
    spoil(shelf.models / "bottle_detector")
    is_told_and_weight_goes_on(shelf.looks(370, 1), CameraState.NO_MODEL, hint)


@pytest.mark.parametrize("what", MODEL_FAULTS)
@pytest.mark.parametrize("kind", ["fill_level", "bottle_identity"])
def test_a_model_beside_the_detector_that_is_none_leaves_bottles_and_weight(shelf, kind, what) -> None:
    MODEL_FAULTS[what][0](shelf.models / kind)
    slot = shelf.looks(370, 1).sighting.slots[0]
    assert slot.state is SightState.STANDING
    assert slot.scale_ml == pytest.approx(370, abs=0.1)
    assert (slot.fill_level is None) == (kind == "fill_level")
