"""The room: cameras, shipped models, swaps while it runs, and what teaches."""

import asyncio
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.sightings import CameraState, SightState
from edge.domain.sight import Box, Place
from edge.vision.camera_socket import CameraGoneError
from edge.vision.identity import ENOUGH
from edge.vision.manifest import signed
from edge.vision.model_book import ModelBook
from edge.vision.pairs import MAX_OF_A_PRODUCT, PairFolder
from edge.vision.pictures import BrokenPictureError, Still
from edge.vision.room import CameraPlace, VisionRoom
from edge.vision.workshop import SHADOW_LOOKS
from firmware_sim.render.bar_view import BarView, Standing, bar_products
from tests.unit.edge.vision.onnx_files import constant_model, mean_colour_model, write_model

MODELS = Path(__file__).parents[4] / "models"
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
NAMES = [f"top-{n}" for n in range(6)]
VIEW = BarView(NAMES, seed=2)
PLACES = tuple(Place(name, Box(*VIEW.place_box(name))) for name in NAMES)
BOTTLES = {name: Standing(number, 0.6) for name, number in zip(NAMES, bar_products(6, 2), strict=True)}


class Camera:
    """A camera whose next picture, or fault, a test decides."""

    def __init__(self) -> None:
        self.shows: np.ndarray | Exception = VIEW.picture(BOTTLES, 1).image
        self.taken = 0

    def grab(self) -> Still:
        self.taken += 1
        if isinstance(self.shows, Exception):
            raise self.shows
        return Still(self.shows, float(self.taken), self.taken)

    def close(self) -> None:
        self.taken = -1


class Visit:
    def __init__(self, data: Path, shipped: Path = MODELS) -> None:
        self.camera, self.data = Camera(), data
        keys = (KEY.public_key().public_bytes_raw(),)
        cameras = [CameraPlace("cam", "file:/none")]
        self.room = VisionRoom(cameras, data, shipped, keys, opened=lambda _: self.camera)

    def look(self, places=PLACES):
        return asyncio.run(self.room.look("cam", places))


@pytest.fixture
def visit(tmp_path):
    made = Visit(tmp_path)
    yield made
    asyncio.run(made.room.close())


def put_in_use(data: Path, name: str, model: bytes, **changes) -> None:
    book = ModelBook(data, MODELS)
    folder = write_model(book.new_folder("bottle_detector", name), model, **changes)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(signed(manifest, KEY, "gw")))
    book.activate("bottle_detector", name)


def test_six_bottles_are_seen_in_their_places_with_their_levels(visit) -> None:
    look = visit.look()
    assert look.state is CameraState.OK
    assert {one.slot_id: one.state for one in look.slots} == dict.fromkeys(NAMES, SightState.STANDING)
    truth = VIEW.picture(BOTTLES, 1).levels
    read = {one.slot_id: one.level.level for one in look.slots if one.level is not None}
    assert len(read) >= 4
    assert float(np.median([abs(read[slot] - truth[slot]) for slot in read])) < 0.03


def test_a_place_whose_bottle_was_taken_is_absent(visit) -> None:
    visit.camera.shows = VIEW.picture({**BOTTLES, "top-3": None}, 2).image
    states = {one.slot_id: one.state for one in visit.look().slots}
    assert states.pop("top-3") is SightState.ABSENT
    assert set(states.values()) == {SightState.STANDING}


@pytest.mark.parametrize(
    ("shows", "state"),
    [
        (CameraGoneError("USB camera 0 gives no picture: check its cable"), CameraState.UNPLUGGED),
        (BrokenPictureError("the picture ends in its middle"), CameraState.BROKEN_PICTURE),
        (np.zeros((90, 160, 3), np.uint8), CameraState.DARK),
    ],
)
def test_whatever_a_camera_does_is_a_state_and_a_hint(visit, shows, state) -> None:
    visit.camera.shows = shows
    look = visit.look()
    assert (look.state, look.slots) == (state, ())
    assert look.hint.endswith((".", "cable"))


def test_without_drawn_places_it_says_where_to_draw_them(visit) -> None:
    look = visit.look(())
    assert look.state is CameraState.NOT_MAPPED
    assert "draw them on the gateway's own page" in look.hint


def test_without_a_detector_it_says_why(tmp_path) -> None:
    bare = Visit(tmp_path / "data", shipped=tmp_path / "nothing")
    look = bare.look()
    assert look.state is CameraState.NO_MODEL
    assert "holds no manifest.json" in look.hint
    asyncio.run(bare.room.close())


def test_a_new_detector_reads_along_and_then_takes_over_without_a_restart(visit) -> None:
    assert len(visit.look().slots) == 6
    box = np.array([[[0, 130, 50, 310, 0.9]]])
    put_in_use(visit.data, "v2", constant_model([box], (1, 3, 320, 320)))
    for _ in range(SHADOW_LOOKS):
        assert visit.look().slots[3].state is SightState.STANDING
    assert visit.look().slots[3].state is SightState.ABSENT


def test_a_new_detector_that_fails_is_taken_back_and_the_old_one_never_stopped(visit) -> None:
    visit.look()
    put_in_use(visit.data, "v2", constant_model([np.zeros((1, 9, 3))], (1, 3, 320, 320)))
    for _ in range(3):
        assert visit.look().slots[3].state is SightState.STANDING
    use = ModelBook(visit.data, MODELS).use("bottle_detector")
    assert use.active is None
    assert "does not give what preset boxes expects" in use.refused


def test_a_model_that_is_refused_leaves_the_shipped_one_in_use(visit) -> None:
    put_in_use(visit.data, "v2", constant_model([np.zeros((1, 9, 5))], (1, 3, 320, 320)))
    (visit.data / "vision" / "models" / "bottle_detector" / "v2" / "model.onnx").write_bytes(b"")
    assert visit.look().state is CameraState.OK
    assert "0 bytes" in ModelBook(visit.data, MODELS).use("bottle_detector").refused


def test_a_bottle_is_learnt_from_three_pictures_and_another_is_unknown(tmp_path) -> None:
    shipped = tmp_path / "shipped"
    for kind in ("bottle_detector", "fill_level"):
        (shipped / kind).parent.mkdir(exist_ok=True)
        (shipped / kind).symlink_to(MODELS / kind)
    limits = {"unknown_below": 0.9995, "temperature": 0.0001}
    write_model(shipped / "bottle_identity", mean_colour_model(), "bottle_identity", thresholds=limits)
    visit = Visit(tmp_path / "data", shipped)
    for moment in range(ENOUGH):
        visit.camera.shows = VIEW.picture(BOTTLES, moment).image
        count = asyncio.run(visit.room.enrol("cam", "gin", {"top-0": PLACES[0]}, "top-0"))
    assert count == ENOUGH
    visit.camera.shows = VIEW.picture(BOTTLES, 9).image
    assert visit.look().slots[0].who.product_id == "gin"
    red = VIEW.picture(BOTTLES, 9).image
    red[:, :106, 2] = 255
    red[:, :106, :2] //= 8
    visit.camera.shows = red
    changed = visit.look().slots[0].who
    assert changed is None or changed.product_id is None
    visit.camera.shows = VIEW.picture({**BOTTLES, "top-0": None}, 3).image
    with pytest.raises(ValueError, match="no bottle is to be seen in top-0"):
        asyncio.run(visit.room.enrol("cam", "gin", {"top-0": PLACES[0]}, "top-0"))
    asyncio.run(visit.room.close())


def test_the_page_gets_a_picture_of_at_most_1280_pixels(visit) -> None:
    visit.camera.shows = np.full((1080, 1920, 3), 120, np.uint8)
    shown = cv2.imdecode(np.frombuffer(asyncio.run(visit.room.picture("cam")), np.uint8), 1)
    assert shown.shape == (720, 1280, 3)


def test_pairs_are_kept_when_they_say_something_new_and_the_oldest_go(tmp_path) -> None:
    folder = PairFolder(tmp_path)
    assert folder.add(1, "gin", ("top-1", 0.5, 0.41, 0.03), b"jpeg")
    assert not folder.add(2, "gin", ("top-1", 0.505, 0.41, 0.03), b"jpeg")
    for number in range(MAX_OF_A_PRODUCT + 5):
        folder.add(10 + number, "gin", (f"s-{number}", 0.2, 0.2, 0.03), b"jpeg")
    pairs = folder.pairs()["gin"]
    assert len(pairs) == MAX_OF_A_PRODUCT
    assert (pairs[-1].slot_id, pairs[-1].share, pairs[-1].level) == ("s-124", 0.2, 0.2)
    (tmp_path / "gin" / "holiday.jpg").write_bytes(b"")
    assert len(folder.pairs()["gin"]) == MAX_OF_A_PRODUCT
