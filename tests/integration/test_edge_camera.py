"""The camera process as it runs, and the gateway's eye at its socket: frames, a cable pulled and back."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contract.sightings import CameraState, SightState
from edge.domain.sight import Box, Place
from edge.vision.room import CameraPlace, VisionRoom
from firmware_sim.render.bar_view import BarView, Standing, bar_products

MODELS = Path(__file__).parents[2] / "models"
NAMES = ["top-1", "top-2", "top-3", "top-4"]
VIEW = BarView(NAMES, seed=5)
BOTTLES = {name: Standing(number, 0.6) for name, number in zip(NAMES, bar_products(4, 5), strict=True)}
PLACES = tuple(Place(name, Box(*VIEW.place_box(name))) for name in NAMES)
PATIENCE_S = 20.0


class Bar:
    """A picture of a shelf, the camera process that serves it, and a room that looks."""

    def __init__(self, folder: Path) -> None:
        self.picture, self.socket, self.moment = folder / "shelf.ppm", folder / "sock", 0
        self.room = VisionRoom([CameraPlace("cam", f"socket:{self.socket}")], folder / "data", MODELS, ())
        self.process: subprocess.Popen | None = None

    def show(self, **bottles) -> None:
        self.moment += 1
        image = VIEW.picture({**BOTTLES, **bottles}, self.moment).image
        fresh = self.picture.with_suffix(".new")
        fresh.write_bytes(b"P6\n640 360\n255\n" + image[..., ::-1].tobytes())
        fresh.replace(self.picture)

    def plug_in(self) -> None:
        words = ["serve", "--socket", self.socket, "--source", "file", "--file", self.picture, "--fps", "20"]
        self.process = subprocess.Popen([sys.executable, "-m", "edge.camera", *map(str, words)])

    def unplug(self) -> None:
        self.process.kill()
        self.process.wait()

    def look_until(self, wanted) -> object:
        until_s = time.monotonic() + PATIENCE_S
        while True:
            look = asyncio.run(self.room.look("cam", PLACES))
            if wanted(look) or time.monotonic() > until_s:
                return look
            time.sleep(0.1)


@pytest.fixture
def bar(tmp_path):
    made = Bar(tmp_path)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.unplug()
    asyncio.run(made.room.close())


def test_bottles_come_through_the_socket_and_a_pulled_cable_is_a_state(bar) -> None:
    assert bar.look_until(lambda _: True).state is CameraState.UNPLUGGED
    bar.show()
    bar.plug_in()
    look = bar.look_until(lambda look: look.state is CameraState.OK)
    assert [one.state for one in look.slots] == [SightState.STANDING] * 4
    bar.show(**{"top-2": None})
    look = bar.look_until(lambda look: look.slots and look.slots[1].state is SightState.ABSENT)
    assert look.slots[1].state is SightState.ABSENT
    bar.unplug()
    look = bar.look_until(lambda look: look.state is not CameraState.OK)
    assert look.state in {CameraState.UNPLUGGED, CameraState.BROKEN_PICTURE}
    assert "check" in look.hint
    bar.plug_in()
    assert bar.look_until(lambda look: look.state is CameraState.OK).state is CameraState.OK
