"""A simulated camera in the house: the words by which bar, camera process and gateway share it."""

import json
from dataclasses import dataclass
from pathlib import Path

from contract.layout import SiteLayout

CAMERA_ID = "cam-shelf"
LOOK_EVERY_S = 60


@dataclass(frozen=True)
class ShelfView:
    """Where the picture and the socket are, and who uses them."""

    directory: Path
    layout: SiteLayout
    shelf_id: str

    @property
    def picture(self) -> Path:
        """The shelf as it looks now."""
        return self.directory / "camera" / f"{self.shelf_id}.ppm"

    @property
    def gateway_id(self) -> str:
        """Gateway of the shelf. Raises StopIteration when there is no such shelf."""
        return next(shelf.gateway for shelf in self.layout.shelves if shelf.id == self.shelf_id)

    @property
    def words(self) -> list[str]:
        """Options of the bar that keeps the picture."""
        return ["--camera-shelf", self.shelf_id, "--camera-file", str(self.picture)]

    @property
    def serve(self) -> list[str]:
        """Command of the camera process."""
        socket = str(self.directory / "camera" / "sock")
        return ["edge.camera", "serve", "--socket", socket, "--source", "file", "--file", str(self.picture)]

    @property
    def draw(self) -> list[str]:
        """Command that draws the places: in a rendered shelf they stand side by side."""
        from firmware_sim.render.bar_view import BarView  # noqa: PLC0415 (OpenCV only where a camera is)

        slots = next(
            [slot.id for slot in shelf.slots] for shelf in self.layout.shelves if shelf.id == self.shelf_id
        )
        view = BarView(slots, seed=0)
        words = ["edge", "camera", "places", CAMERA_ID]
        for slot in slots:
            words += ["--set", f"{slot}={','.join(f'{side:.4f}' for side in view.place_box(slot))}"]
        return words

    @property
    def gateway_env(self) -> dict[str, str]:
        """Settings of the gateway that looks."""
        socket = self.directory / "camera" / "sock"
        cameras = json.dumps([{"id": CAMERA_ID, "source": f"socket:{socket}"}])
        return {"BARBACK_EDGE_CAMERAS": cameras, "BARBACK_EDGE_LOOK_EVERY_S": str(LOOK_EVERY_S)}
