"""The picture on which models are tried and timed: six bottles of firmware_sim/render/bar_view.

It says whether a model is fed rightly, not how good it is: photographs say that.
"""

from pathlib import Path

import numpy as np

from edge.vision.pictures import Bgr, read
from edge.vision.presets import Floats

PATH = Path(__file__).with_name("trial_picture.jpg")
BOXES = np.array(
    [
        [20, 66, 87, 310],
        [122, 65, 199, 310],
        [234, 66, 297, 310],
        [338, 65, 410, 310],
        [442, 65, 516, 310],
        [553, 66, 620, 310],
    ],
    np.float32,
)
"""x1, y1, x2, y2 in pixels."""
GOOD_IOU = 0.5


def trial_picture() -> Bgr:
    """Return the picture."""
    return read(PATH)


def hits(found: Floats, shown: float) -> int:
    """How many of the six bottles a detector's rows (n, 5) with a score of at least `shown` enclose."""
    rows = found[found[:, 4] >= shown]
    return sum(any(_iou(box, row) >= GOOD_IOU for row in rows[:, :4]) for box in BOXES)


def _iou(one: Floats, other: Floats) -> float:
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    shared = float(np.clip(high - low, 0, None).prod())
    areas = [float((box[2] - box[0]) * (box[3] - box[1])) for box in (one, other)]
    return shared / max(areas[0] + areas[1] - shared, 1e-9)
