"""A picture file that follows a simulated shelf."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contract.layout import SiteLayout
from firmware_sim.bottles import Place, stock_bar
from firmware_sim.errors import SimulatorError
from firmware_sim.house.house import CORNER_BAR
from firmware_sim.house.shelf_view import ShelfView
from firmware_sim.seeds import stream
from firmware_sim.shelf_camera import ShelfCamera

LAYOUT = SiteLayout.model_validate(tomllib.loads(CORNER_BAR.read_text()))


@dataclass
class Night:
    at_s: int = 0
    places: list[Place] = field(default_factory=lambda: stock_bar(LAYOUT, (0.3, 0.9), stream(1, "stock")))


@pytest.fixture
def camera(tmp_path: Path) -> ShelfCamera:
    return ShelfCamera(LAYOUT, "top-shelf", tmp_path / "top.ppm", seed=1)


def test_the_file_changes_when_a_bottle_does_and_not_otherwise(camera, tmp_path) -> None:
    night = Night()
    assert camera.look(night)
    first = (tmp_path / "top.ppm").read_bytes()
    assert first.startswith(b"P6\n640 360\n255\n")
    night.at_s = 10
    assert not camera.look(night)
    night.places[0].bottle.content_ml -= 40
    assert camera.look(night)
    assert (tmp_path / "top.ppm").read_bytes() != first


def test_a_bottle_in_a_hand_is_not_in_the_picture_and_another_shelf_is_no_business(camera) -> None:
    night = Night()
    camera.look(night)
    night.places[0].free_at_s = 30.0
    assert camera.look(night)
    night.at_s = 31
    assert camera.look(night)
    next(place for place in night.places if place.shelf_id != "top-shelf").bottle = None
    assert not camera.look(night)


def test_a_shelf_that_is_not_there_is_named_beside_those_there_are(tmp_path) -> None:
    with pytest.raises(SimulatorError, match="no shelf attic to look at; the layout has top-shelf"):
        ShelfCamera(LAYOUT, "attic", tmp_path / "x.ppm", seed=1)


def test_the_house_knows_whose_camera_it_is_and_where_the_slots_stand(camera, tmp_path) -> None:
    view = ShelfView(tmp_path, LAYOUT, "top-shelf")
    assert view.gateway_id == "gw-back-bar"
    first = ",".join(f"{side:.4f}" for side in camera.place_boxes()["top-1"])
    assert f"top-1={first}" in view.draw
    assert str(view.picture) in view.serve
