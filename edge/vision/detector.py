"""Finds bottles in a picture by any detector that speaks one of the presets."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.fitting import Fitter
from edge.vision.manifest import ModelRefusedError
from edge.vision.model_folder import OpenModel
from edge.vision.pictures import Bgr
from edge.vision.presets import PRESETS, Floats, LayoutError

MOST_CANDIDATES = 4_000
"""Best scores that go into the suppression: above what a preset has at 416 pixels; 400 cost 0.024 of AP50."""
MOST_BOXES = 200


class Detector:
    """`detect` gives boxes, best first. Used by one thread."""

    def __init__(self, model: OpenModel) -> None:
        shape = model.manifest.input
        self.model = model
        self._session = model.session
        self._fitter = Fitter(shape)
        self._size = shape.height, shape.width
        self._decode = PRESETS[model.manifest.preset]
        self._wanted = model.manifest.wanted_class
        self._floor = model.manifest.threshold("score_floor", 0.05)
        self._iou = model.manifest.threshold("nms_iou", 0.45)
        self.shown = model.manifest.threshold("score_shown", 0.35)
        """Score from which a box counts as a bottle."""
        self._names = {one.name for one in self._session.get_inputs()}

    def detect(self, picture: Bgr) -> Floats:
        """(n, 5): x1, y1, x2, y2 in pixels of the picture, score 0..1. Raises ModelRefusedError."""
        field, (across, down) = self._fitter.fit(picture)
        outputs = self._session.run(None, self._feed(field, across, down))
        try:
            rows = self._decode(outputs, *self._size, self._wanted)
        except LayoutError as error:
            raise ModelRefusedError(
                f"{self.model.folder} does not give what preset {self.model.manifest.preset} expects: {error}"
            ) from None
        if "scale_factor" in self._names:
            across = down = 1.0
        return self._kept(rows, across, down, picture.shape[1], picture.shape[0])

    def _feed(self, field: NDArray[np.float32], across: float, down: float) -> dict[str, Any]:
        feed: dict[str, Any] = {self.model.manifest.input.name: field}
        if "scale_factor" in self._names:
            feed["scale_factor"] = np.array([[down, across]], np.float32)
        if "im_shape" in self._names:
            feed["im_shape"] = np.array([self._size], np.float32)
        return feed

    def _kept(self, rows: Floats, across: float, down: float, width: int, height: int) -> Floats:
        rows = rows[rows[:, 4] > self._floor]
        if len(rows) > MOST_CANDIDATES:
            rows = rows[np.argpartition(-rows[:, 4], MOST_CANDIDATES)[:MOST_CANDIDATES]]
        rows = rows[_suppressed(rows, self._iou)]
        scale = np.array([across, down, across, down], np.float32)
        rows[:, :4] = np.clip(rows[:, :4] / scale, 0, [width, height, width, height])
        return rows.astype(np.float32, copy=False)


def _suppressed(rows: Floats, iou: float) -> NDArray[np.intp]:
    """Rows that no better one covers by more than `iou`, best first, at most MOST_BOXES."""
    if not len(rows):
        return np.zeros(0, np.intp)
    sides = np.concatenate([rows[:, :2], rows[:, 2:4] - rows[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxes(sides, rows[:, 4], 0.0, iou)  # type: ignore[arg-type]
    return np.asarray(kept, np.intp).reshape(-1)[:MOST_BOXES]
