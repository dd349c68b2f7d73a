"""A camera's page, without a socket: who may, what is drawn, and what is learnt."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import cv2
import httpx
import pytest

from edge.bench import Bench
from edge.calibration_book import CalibrationBook
from edge.curve_book import CurveBook
from edge.domain.handlings import Handlings
from edge.domain.looking import LookSchedule
from edge.domain.watch import Watch
from edge.drawing import Drawing
from edge.live import Live
from edge.loops.seeing import Camera, Seeing
from edge.place_book import PlaceBook
from edge.vision.room import CameraPlace, VisionRoom
from firmware_sim.render.bar_view import BarView, Standing, bar_products
from tests.unit.edge.domain.test_watch import LAYOUT

server = pytest.importorskip(
    "edge.local_page.server", reason="starlette is not installed (requirements/edge.txt)"
)
Guard = pytest.importorskip("edge.local_page.guard").Guard
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MODELS = Path(__file__).parents[4] / "models"
NAMES = ["top-1", "top-2", "top-3", "top-4"]


class Clock:
    def now(self) -> datetime:
        return NOON

    def real_s(self) -> float:
        return 100.0

    def boottime_ns(self) -> int:
        return 0


class Visit:
    """A browser on the page of a gateway with one camera."""

    def __init__(self, folder: Path) -> None:
        view = BarView(NAMES, seed=0)
        bottles = {
            name: Standing(number, 0.6) for name, number in zip(NAMES, bar_products(4, 0), strict=True)
        }
        self.picture = folder / "shelf.png"
        cv2.imwrite(str(self.picture), view.picture(bottles, 1).image)
        self.room = VisionRoom([CameraPlace("cam", f"file:{self.picture}")], folder, MODELS, ())
        self.book = PlaceBook(folder)
        seeing = Seeing(
            self.room, self.book, CurveBook(folder), None, None, Clock(), LAYOUT, Handlings(LAYOUT), 60.0
        )
        seeing.cameras = [Camera("cam", LookSchedule(60.0), Watch(LAYOUT))]
        bench = Bench(LAYOUT, Live(LAYOUT), CalibrationBook(folder), lambda _: (0.0, 420.0), lambda: NOON)
        self.guard = Guard(lambda: 1000.0)
        page = server.LocalPage(bench, self.guard, Clock(), Drawing(LAYOUT, seeing, self.book))
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(page.app()), base_url="http://192.0.2.1", follow_redirects=True
        )

    def run(self, *steps):
        async def walk():
            return [await step() for step in steps]

        return asyncio.run(walk())[-1]

    def enter(self):
        return self.client.post("/enter", data={"pin": self.guard.pin})

    def get(self, path: str):
        return self.run(self.enter, lambda: self.client.get(path))

    def post(self, path: str, **words):
        return self.run(self.enter, lambda: self.client.post(path, **words))


@pytest.fixture
def visit(tmp_path):
    made = Visit(tmp_path)
    yield made
    asyncio.run(made.room.close())


@pytest.mark.parametrize("path", ["/cameras/cam", "/cameras/cam/picture.jpg", "/cameras/cam/bottles"])
def test_without_the_pin_nobody_sees_through_the_camera(visit, path) -> None:
    answer = visit.run(lambda: visit.client.get(path))
    assert answer.status_code == 401
    assert "asks for its PIN" in answer.text


def test_without_the_pin_nobody_draws(visit) -> None:
    answer = visit.run(lambda: visit.client.post("/cameras/cam/places", content=b"[]"))
    assert (answer.status_code, visit.book.places("cam")) == (403, ())


def test_a_page_of_elsewhere_cannot_draw(visit) -> None:
    words = {"content": b"[]", "headers": {"origin": "http://evil.example"}}
    assert visit.post("/cameras/cam/places", **words).status_code == 403


def test_the_page_shows_every_slot_by_its_shelf_and_the_picture(visit) -> None:
    text = visit.get("/cameras/cam").text
    assert "Camera cam" in text
    assert [text.count(f'data-slot="{name}"') for name in NAMES] == [1, 1, 1, 1]
    picture = visit.get("/cameras/cam/picture.jpg")
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.content.startswith(b"\xff\xd8")


def test_a_camera_that_is_not_there_is_named(visit) -> None:
    assert visit.get("/cameras/front").text == "This gateway has no camera front."


def test_the_bottles_it_sees_come_left_to_right(visit) -> None:
    boxes = visit.get("/cameras/cam/bottles").json()
    assert len(boxes) == 4
    assert [box[0] for box in boxes] == sorted(box[0] for box in boxes)


def test_what_is_drawn_is_kept(visit) -> None:
    rows = [{"slot_id": "top-1", "left": 0.1, "top": 0.2, "right": 0.3, "bottom": 0.9}]
    answer = visit.post("/cameras/cam/places", content=json.dumps(rows))
    assert (answer.status_code, answer.text) == (200, "Saved. The next look uses these places.")
    assert visit.book.places("cam")[0].slot_id == "top-1"
    assert "is-drawn" in visit.get("/cameras/cam").text


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "did not arrive whole"),
        (b"[1]", "valid dictionary"),
        (b'[{"slot_id": "cellar-9", "left": 0, "top": 0, "right": 1, "bottom": 1}]', "no slot cellar-9"),
        (b'[{"slot_id": "top-1", "left": 0.5, "top": 0, "right": 0.5, "bottom": 1}]', "is too small"),
        (b'[{"slot_id": "top-1", "left": -1, "top": 0, "right": 0.5, "bottom": 1}]', "greater than or equal"),
    ],
)
def test_a_drawing_that_is_none_is_a_sentence_and_changes_nothing(visit, body, sentence) -> None:
    answer = visit.post("/cameras/cam/places", content=body)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert visit.book.places("cam") == ()


def test_a_bottle_is_learnt_from_its_slot(visit) -> None:
    assert "draw the place of top-1 first" in visit.post("/cameras/cam/enrol", data={"slot": "top-1"}).text
    boxes = visit.get("/cameras/cam/bottles").json()
    row = dict(zip(("left", "top", "right", "bottom"), boxes[0], strict=True))
    visit.post("/cameras/cam/places", content=json.dumps([{"slot_id": "top-1", **row}]))
    text = visit.post("/cameras/cam/enrol", data={"slot": "top-1"}).text
    assert "1 pictures of gin; 2 more before it is recognised" in text


def test_a_camera_that_is_gone_is_a_sentence(visit) -> None:
    visit.picture.unlink()
    answer = visit.get("/cameras/cam/picture.jpg")
    assert (answer.status_code, "No such file" in answer.text) == (503, True)
