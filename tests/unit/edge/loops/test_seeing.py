"""The loop that looks: when, with what, and what becomes of it. Cameras and clock are the test's."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.records import Quality, Reading, Record
from contract.sightings import CameraState, Sighting, SightState
from edge.curve_book import CurveBook
from edge.domain.bottle_shape import Curve
from edge.domain.engine import Seen
from edge.domain.handlings import Handlings
from edge.domain.refusals import Refusals
from edge.domain.sight import Box, Level, Look, Place, SlotLook
from edge.domain.teaching import SHADOW_PAIRS
from edge.loops.recording import Recorder
from edge.loops.seeing import Camera, LookSchedule, Seeing, Watch
from edge.place_book import DrawnPlace, PlaceBook
from tests.unit.edge.domain.test_watch import LAYOUT

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.s = 100.0

    def now(self) -> datetime:
        return NOON

    def boottime_ns(self) -> int:
        return int(self.s * 1e9)

    def real_s(self) -> float:
        return self.s

    def is_synced(self) -> bool:
        return True


class NoTimekeeping:
    def is_synced(self) -> bool:
        return True

    def given(self):
        return []


class Outbox:
    def __init__(self) -> None:
        self.bodies = []

    def append(self, lane, bodies):
        self.bodies += [Record.model_validate_json(body).body for body in bodies]


class Eyes:
    """Shows what the test says, and counts."""

    cameras = ("cam",)

    def __init__(self) -> None:
        self.shows = Look("cam", 0.0, CameraState.OK)
        self.looks, self.kept = [], []

    async def look(self, camera_id, places) -> Look:
        self.looks.append(tuple(place.slot_id for place in places))
        return self.shows

    async def keep(self, product_id, look, share) -> bool:
        self.kept.append((product_id, look.slot_id, round(share, 3)))
        return True

    async def close(self) -> None:
        return


class Engine:
    def __init__(self) -> None:
        self.told = []

    def confirm(self, slot: str) -> bool:
        self.told.append(slot)
        return True


class Stage:
    def __init__(self, tmp_path: Path) -> None:
        self.clock, self.outbox, self.eyes, self.engine = Clock(), Outbox(), Eyes(), Engine()
        self.places, self.curves = PlaceBook(tmp_path), CurveBook(tmp_path)
        recorder = Recorder(self.outbox, self.clock, Refusals(), NoTimekeeping(), boot_no=1, boot_id="0" * 32)
        self.seeing = Seeing(
            self.eyes,
            self.places,
            self.curves,
            self.engine,
            recorder,
            self.clock,
            LAYOUT,
            Handlings(LAYOUT),
            60.0,
        )
        self.seeing.cameras = [Camera("cam", LookSchedule(60.0), Watch(LAYOUT))]

    def draw(self, *slots: str) -> None:
        self.places.draw(
            "cam", tuple(DrawnPlace(slot_id=s, left=0, top=0, right=1, bottom=1) for s in slots), NOON
        )

    def step(self, after_s: float = 0.0) -> None:
        self.clock.s += after_s
        asyncio.run(self.seeing.step())

    @property
    def sightings(self) -> list[Sighting]:
        return self.outbox.bodies


@pytest.fixture
def stage(tmp_path) -> Stage:
    return Stage(tmp_path)


def seen(slot: str, state: SightState = SightState.STANDING, level: float = 0.4) -> SlotLook:
    return SlotLook(slot, state, Box(0, 0, 1, 1), 0.9, Level(level, 0.03), None, b"jpeg")


def reading(weight_g: float | None, quality: Quality = Quality.OK) -> Seen:
    sigma = None if weight_g is None else 0.5
    return Seen(
        1.0, Reading(scale_id="pad", slots=("top-1",), weight_g=weight_g, sigma_g=sigma, quality=quality)
    )


def test_a_look_becomes_a_sighting_in_the_outbox(stage) -> None:
    stage.draw("top-1")
    stage.eyes.shows = Look("cam", 0.0, CameraState.OK, None, (seen("top-1"),))
    stage.step()
    (sighting,) = stage.sightings
    assert (sighting.camera_id, sighting.slots[0].slot_id) == ("cam", "top-1")
    assert stage.eyes.looks == [("top-1",)]


def test_between_movements_it_looks_once_a_minute(stage) -> None:
    stage.draw("top-1")
    for _ in range(130):
        stage.step(after_s=1.0)
    assert len(stage.sightings) == 3


def test_a_bottle_that_was_put_back_is_looked_at_within_two_seconds(stage) -> None:
    stage.draw("top-1")
    stage.step()
    stage.seeing.told([reading(None, Quality.IN_HAND)])
    stage.step(after_s=1.0)
    assert len(stage.sightings) == 1
    stage.seeing.told([reading(880.0)])
    stage.step(after_s=1.0)
    stage.step(after_s=1.0)
    assert len(stage.sightings) == 2


def test_a_bottle_on_a_shelf_it_does_not_see_is_none_of_its_business(stage) -> None:
    stage.step()
    stage.seeing.told([reading(None, Quality.IN_HAND), reading(880.0)])
    stage.step(after_s=5.0)
    assert len(stage.sightings) == 1


def test_what_is_drawn_is_used_by_the_next_look_without_a_restart(stage) -> None:
    stage.step()
    stage.draw("top-1", "top-2")
    stage.step(after_s=1.0)
    assert stage.eyes.looks == [(), ("top-1", "top-2")]


def test_a_place_of_another_layout_is_left_out(stage) -> None:
    stage.draw("top-1", "cellar-9")
    stage.step()
    assert stage.eyes.looks == [("top-1",)]


def test_a_drawing_that_cannot_be_read_changes_nothing(stage, tmp_path) -> None:
    stage.draw("top-1")
    stage.step()
    (tmp_path / "vision" / "places.json").write_text("{")
    stage.step(after_s=61.0)
    assert stage.eyes.looks == [("top-1",), ("top-1",)]


def test_the_bottle_that_came_back_onto_a_tray_is_confirmed(stage) -> None:
    stage.draw("top-3", "top-4")
    stage.eyes.shows = Look(
        "cam", 0.0, CameraState.OK, None, (seen("top-3"), SlotLook("top-4", SightState.ABSENT))
    )
    stage.step()
    stage.eyes.shows = Look("cam", 0.0, CameraState.OK, None, (seen("top-3"), seen("top-4")))
    stage.step(after_s=61.0)
    assert stage.engine.told == ["top-4"]


def test_an_unplugged_camera_is_a_sighting_that_says_so(stage) -> None:
    stage.eyes.shows = Look("cam", 0.0, CameraState.UNPLUGGED, "check the cable")
    stage.step()
    assert (stage.sightings[0].state, stage.sightings[0].hint) == (CameraState.UNPLUGGED, "check the cable")


def test_the_scale_teaches_and_a_better_calibration_takes_over_after_it_read_along(stage, tmp_path) -> None:
    stage.draw("top-1")
    flat = Curve(((0.0, 0.0), (0.75, 0.9), (1.0, 1.0)), 0.02, 1.0)
    stage.curves.propose({"": flat}, NOON)
    for number in range(SHADOW_PAIRS):
        share = 0.9 - 0.05 * number
        stage.seeing.told([reading(500 + 0.94 * 700 * share)])
        stage.eyes.shows = Look("cam", 0.0, CameraState.OK, None, (seen("top-1", level=flat.level(share)),))
        stage.step(after_s=61.0)
    assert stage.eyes.kept[0] == ("gin", "top-1", 0.9)
    assert stage.curves.in_force()[""].knots == flat.knots
    assert stage.curves.candidate() is None
    stage.step(after_s=61.0)
    assert stage.seeing.cameras[0].watch.curves[""].knots == flat.knots


def test_a_worse_calibration_is_dropped_after_it_read_along(stage) -> None:
    stage.draw("top-1")
    stage.curves.propose({"": Curve(((0.0, 0.9), (1.0, 1.0)), 0.02, 1.0)}, NOON)
    for number in range(SHADOW_PAIRS):
        share = 0.9 - 0.05 * number
        stage.seeing.told([reading(500 + 0.94 * 700 * share)])
        stage.eyes.shows = Look(
            "cam", 0.0, CameraState.OK, None, (seen("top-1", level=Curve().level(share)),)
        )
        stage.step(after_s=61.0)
    assert stage.curves.in_force() == {}
    assert stage.curves.candidate() is None


def test_curves_are_taken_back_with_one_word(stage) -> None:
    stage.curves.propose({"gin": Curve()}, NOON)
    assert stage.curves.promote(NOON)
    assert set(stage.curves.in_force()) == {"gin"}
    assert stage.curves.undo()
    assert stage.curves.in_force() == {}
    assert not stage.curves.undo()


def test_a_place_that_is_no_box_is_refused_by_its_name(stage) -> None:
    with pytest.raises(ValueError, match="the place of top-1 is too small"):
        stage.places.draw("cam", (DrawnPlace(slot_id="top-1", left=0.5, top=0, right=0.5, bottom=1),), NOON)
    with pytest.raises(ValueError, match="drawn more than once: top-1"):
        stage.draw("top-1", "top-1")
    assert stage.places.places("cam") == ()
    stage.draw("top-1")
    assert stage.places.places("cam") == (Place("top-1", Box(0, 0, 1, 1)),)


def test_sightings_are_json_that_the_wire_takes(stage) -> None:
    stage.draw("top-1")
    stage.eyes.shows = Look("cam", 0.0, CameraState.OK, None, (seen("top-1"),))
    stage.step()
    told = json.loads(stage.sightings[0].model_dump_json())
    assert told["kind"] == "sighting"
