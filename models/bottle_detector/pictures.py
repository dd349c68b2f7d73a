"""The pictures the detector learns from, as arrays of one size: rendered, and photographs where allowed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from firmware_sim.render.scene import render_scene

SIZE = 320
MOST_BOTTLES = 64
GREY = 114

Arrays = tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], npt.NDArray[np.bool_]]


def padded(boxes: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """(MOST_BOTTLES, 4) boxes and which of them are real; the largest stay where there are more."""
    if len(boxes) > MOST_BOTTLES:
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        boxes = boxes[np.argsort(-area)[:MOST_BOTTLES]]
    full, real = np.zeros((MOST_BOTTLES, 4), np.float32), np.zeros(MOST_BOTTLES, bool)
    full[: len(boxes)], real[: len(boxes)] = boxes, True
    return full, real


@dataclass(frozen=True)
class Scenes:
    """Renders the picture of a seed; some before photographed places, where there are any."""

    backdrops: tuple[npt.NDArray[np.uint8], ...] = ()
    backdrop_share: float = 0.15

    def __call__(self, seed: int) -> Arrays:
        """Image (SIZE, SIZE, 3) uint8, boxes (MOST_BOTTLES, 4), real (MOST_BOTTLES,)."""
        dice = np.random.default_rng([seed, 11])
        backdrop = None
        if self.backdrops and dice.random() < self.backdrop_share:
            backdrop = self.backdrops[int(dice.integers(len(self.backdrops)))]
            backdrop = backdrop[:, ::-1] if dice.random() < 0.5 else backdrop
        picture = render_scene(seed, SIZE, backdrop=backdrop)
        boxes = np.array([bottle.box for bottle in picture.bottles], np.float32).reshape(-1, 4)
        return picture.image, *padded(boxes)


def letterboxed(image: npt.NDArray[np.uint8], size: int) -> tuple[npt.NDArray[np.uint8], float]:
    """The picture scaled to fit the upper left of a grey square, and the scale."""
    scale = size / max(image.shape[:2])
    small = cv2.resize(
        image,
        (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))),
        interpolation=cv2.INTER_AREA,
    )
    square = np.full((size, size, 3), GREY, np.uint8)
    square[: small.shape[0], : small.shape[1]] = small
    return square, scale


def may_train_on(file_name: str) -> bool:
    """Of the photographs only those named b* whose last hex digit is even; the others are for measuring."""
    stem = Path(file_name).stem
    return stem.startswith("b_") and int(stem[-1], 16) % 2 == 0


def read_marks(folder: Path) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    """File name and boxes (n, 4) of every photograph of a detection folder (annotations.json, images/)."""
    listing = json.loads((folder / "annotations.json").read_text())
    boxes: dict[int, list[list[float]]] = {}
    for mark in listing["annotations"]:
        x, y, width, height = mark["bbox"]
        boxes.setdefault(mark["image_id"], []).append([x, y, x + width, y + height])
    for entry in listing["images"]:
        yield entry["file_name"], np.array(boxes.get(entry["id"], []), np.float32).reshape(-1, 4)


def read_photographs(folder: Path, *, with_bottles: bool | None = None) -> list[Arrays]:
    """The photographs of a detection folder that may be trained on."""
    found = []
    for file, boxes in read_marks(folder):
        if not may_train_on(file) or (with_bottles is not None and (len(boxes) > 0) != with_bottles):
            continue
        image = cv2.imread(str(folder / "images" / file))
        if image is None:
            continue
        square, scale = letterboxed(np.asarray(image, np.uint8), SIZE)
        found.append((square, *padded(boxes * np.float32(scale))))
    return found
