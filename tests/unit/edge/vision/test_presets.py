"""The layouts that detectors speak, built backwards from a box: what comes out is that box."""

import numpy as np
import pytest

from edge.vision.detector import Detector
from edge.vision.manifest import ModelRefusedError
from edge.vision.model_folder import open_model
from edge.vision.presets import PRESETS, LayoutError
from tests.unit.edge.vision.onnx_files import constant_model, write_model

SIDE, CLASSES, BOTTLE = 64, 80, 39
BOX = (12.0, 8.0, 36.0, 56.0)
"""In pixels of the input; its middle is (24, 32)."""


def yolox_rows() -> np.ndarray:
    """A bottle in the cell of stride 8 at column 2, row 3; everything else is background."""
    cells = sum((SIDE // stride) ** 2 for stride in (8, 16, 32))
    rows = np.zeros((1, cells, 5 + CLASSES))
    rows[..., 5 + 3] = 0.9  # something else everywhere, without objectness
    at = 3 * (SIDE // 8) + 2
    left, top, right, bottom = BOX
    rows[0, at, :2] = (left + right) / 2 / 8 - 2, (top + bottom) / 2 / 8 - 3
    rows[0, at, 2:4] = np.log((right - left) / 8), np.log((bottom - top) / 8)
    rows[0, at, 4], rows[0, at, 5 + BOTTLE] = 0.8, 0.9
    return rows


def distribution(distance: float) -> np.ndarray:
    """Logits of 8 bins whose expectation is the distance."""
    low = int(distance)
    mass = np.full(8, 1e-9)
    mass[low], mass[min(7, low + 1)] = 1 - (distance - low), max(distance - low, 1e-9)
    return np.log(mass)


def sides(x: float, y: float, stride: int) -> np.ndarray:
    """Four distributions of the box around a centre."""
    left, top, right, bottom = BOX
    return np.concatenate([distribution(d / stride) for d in (x - left, y - top, right - x, bottom - y)])


def nanodet_rows() -> np.ndarray:
    cells = sum(int(np.ceil(SIDE / stride)) ** 2 for stride in (8, 16, 32, 64))
    rows = np.zeros((1, cells, CLASSES + 32))
    at = 64 + 2 * 4 + 1  # stride 16, row 2, column 1: centre (16, 32)
    rows[0, at, BOTTLE], rows[0, at, CLASSES:] = 0.7, sides(16, 32, 16)
    return rows


def picodet_arrays() -> list[np.ndarray]:
    counts = [int(np.ceil(SIDE / stride)) ** 2 for stride in (8, 16, 32, 64)]
    scores, boxes = [np.zeros((1, n, CLASSES)) for n in counts], [np.zeros((1, n, 32)) for n in counts]
    at = 1 * 4 + 1  # stride 16, row 1, column 1: centre (24, 24)
    scores[1][0, at, BOTTLE], boxes[1][0, at] = 0.7, sides(24, 24, 16)
    return [*scores, *boxes]


LAYOUTS = {
    "boxes": ([np.array([[[*BOX, 0.72, BOTTLE], [0, 0, 9, 9, 0.99, 3]]])], 0.72),
    "yolox": ([yolox_rows()], 0.72),
    "nanodet-plus": ([nanodet_rows()], 0.7),
    "picodet": (picodet_arrays(), 0.7),
}


@pytest.mark.parametrize("preset", LAYOUTS)
def test_a_box_comes_out_of_each_layout_as_it_went_in(preset) -> None:
    outputs, score = LAYOUTS[preset]
    rows = PRESETS[preset]([one.astype(np.float32) for one in outputs], SIDE, SIDE, BOTTLE)
    best = rows[rows[:, 4].argmax()]
    assert best[:4] == pytest.approx(BOX, abs=0.01)
    assert best[4] == pytest.approx(score, abs=1e-5)
    assert (rows[:, 4] > 0.1).sum() == 1


def test_yolox_is_decoded_as_its_own_demo_does() -> None:
    """An independent reading of YOLOX's published decoding, cell by cell, on noise."""
    dice = np.random.default_rng(4)
    rows = dice.normal(0, 0.5, (1, 84, 5 + CLASSES)).astype(np.float32)
    rows[..., 4:] = 1 / (1 + np.exp(-rows[..., 4:]))
    ours = PRESETS["yolox"]([rows], SIDE, SIDE, BOTTLE)
    at = 0
    for stride in (8, 16, 32):
        for row in range(SIDE // stride):
            for column in range(SIDE // stride):
                one = rows[0, at]
                x, y = (one[0] + column) * stride, (one[1] + row) * stride
                wide, high = np.exp(one[2]) * stride, np.exp(one[3]) * stride
                wanted = [x - wide / 2, y - high / 2, x + wide / 2, y + high / 2, one[4] * one[5 + BOTTLE]]
                assert ours[at] == pytest.approx(wanted, rel=1e-4, abs=1e-3)
                at += 1


@pytest.mark.parametrize("preset", LAYOUTS)
def test_a_real_session_gives_the_box_in_pixels_of_the_picture(preset, tmp_path) -> None:
    outputs, _ = LAYOUTS[preset]
    data = constant_model(outputs, (1, 3, SIDE, SIDE))
    folder = write_model(tmp_path, data, preset=preset, wanted_class=BOTTLE)
    detector = Detector(open_model(folder, "bottle_detector", keys=(), is_shipped=True))
    found = detector.detect(np.zeros((128, 128, 3), np.uint8))
    assert found[:, :4] == pytest.approx(np.array([BOX]) * 2, abs=0.05)


def test_picodet_with_its_own_suppression_answers_in_pixels_of_the_picture(tmp_path) -> None:
    rows = np.array([[BOTTLE, 0.8, 10, 20, 60, 120], [3, 0.9, 0, 0, 9, 9]])
    data = constant_model([rows, np.array([2.0])], (1, 3, SIDE, SIDE), extra={"scale_factor": (1, 2)})
    folder = write_model(tmp_path, data, preset="picodet", wanted_class=BOTTLE)
    detector = Detector(open_model(folder, "bottle_detector", keys=(), is_shipped=True))
    found = detector.detect(np.zeros((128, 96, 3), np.uint8))
    assert found == pytest.approx(np.array([[10, 20, 60, 120, 0.8]]), abs=1e-4)


@pytest.mark.parametrize(
    ("preset", "outputs"),
    [
        ("boxes", [np.zeros((1, 4, 3))]),
        ("yolox", [np.zeros((1, 83, 85))]),
        ("yolox", [np.zeros((1, 84, 20))]),
        ("nanodet-plus", [np.zeros((1, 40, 112))]),
        ("picodet", [np.zeros((1, 4, 80))] * 6),
    ],
)
def test_an_output_of_another_layout_is_refused(preset, outputs) -> None:
    with pytest.raises(LayoutError):
        PRESETS[preset](outputs, SIDE, SIDE, BOTTLE)


def test_the_wrong_preset_is_a_sentence_that_names_it(tmp_path) -> None:
    folder = write_model(tmp_path, constant_model([yolox_rows()], (1, 3, SIDE, SIDE)), preset="nanodet-plus")
    detector = Detector(open_model(folder, "bottle_detector", keys=(), is_shipped=True))
    with pytest.raises(ModelRefusedError, match="does not give what preset nanodet-plus expects"):
        detector.detect(np.zeros((64, 64, 3), np.uint8))
