"""The shipped files answer, and their manifest names them."""

import hashlib
import json
from pathlib import Path

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("cv2", reason="needs OpenCV: install opencv-python-headless")
pytest.importorskip("onnxruntime", reason="needs onnxruntime to run the shipped models")

from models.runtime import Detector, IdentityEyes, LevelReader, letterboxed, summarise, suppressed  # noqa: E402

MODELS = Path(__file__).resolve().parents[3] / "models"
LIMITS = {"model.onnx": 4_000_000, "model.int8.onnx": 1_200_000}


@pytest.mark.parametrize("model", ["bottle_detector", "bottle_identity", "fill_level"])
def test_the_manifest_names_the_files_that_are_there(model: str) -> None:
    manifest = json.loads((MODELS / model / "manifest.json").read_text())
    assert [entry["file"] for entry in manifest["files"]] == ["model.onnx", "model.int8.onnx"]
    for entry in manifest["files"]:
        content = (MODELS / model / entry["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
        assert len(content) == entry["bytes"] <= LIMITS[entry["file"]]


@pytest.mark.parametrize("file", ["model.onnx", "model.int8.onnx"])
@pytest.mark.parametrize("shape", [(480, 640, 3), (640, 200, 3), (1, 1, 3)])
def test_any_picture_gets_boxes_inside_itself(file: str, shape: tuple[int, int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 255, shape).astype(np.uint8)
    rows = Detector.load(MODELS / "bottle_detector", file).detect(image)
    assert rows.shape[1] == 5
    assert (rows[:, :4] >= 0).all()
    assert (rows[:, [0, 2]] <= shape[1]).all()
    assert (rows[:, [1, 3]] <= shape[0]).all()
    assert (np.diff(rows[:, 4]) <= 0).all()


@pytest.mark.parametrize("value", [0, 255])
def test_a_black_or_blown_out_picture_shows_no_bottle(value: int) -> None:
    rows = Detector.load(MODELS / "bottle_detector").detect(np.full((320, 320, 3), value, np.uint8))
    assert (rows[:, 4] < 0.35).all()


def test_a_black_crop_gets_no_level() -> None:
    assert LevelReader.load(MODELS / "fill_level").read(np.zeros((200, 60, 3), np.uint8)) is None


@pytest.mark.parametrize("file", ["model.onnx", "model.int8.onnx"])
@pytest.mark.parametrize("shape", [(300, 80, 3), (40, 400, 3), (1, 1, 3)])
def test_any_crop_gets_a_direction(file: str, shape: tuple[int, int, int]) -> None:
    crop = np.random.default_rng(1).integers(0, 255, shape).astype(np.uint8)
    direction = IdentityEyes.load(MODELS / "bottle_identity", file).embed(crop)
    assert direction.shape == (128,)
    assert float(np.linalg.norm(direction)) == pytest.approx(1.0, abs=1e-3)


def test_a_letterboxed_crop_keeps_its_shape_upper_left() -> None:
    field, scale = letterboxed(np.full((100, 20, 3), 200, np.uint8), 64, 128)
    assert scale == pytest.approx(1.28)
    assert field.shape == (128, 64, 3)
    assert (field[:, :26] == 200).all()
    assert (field[:, 26:] == 114).all()


def test_of_two_boxes_on_one_bottle_the_better_stays() -> None:
    boxes = np.array([[0, 0, 10, 30], [1, 0, 11, 30], [40, 0, 50, 30]], np.float32)
    assert suppressed(boxes, np.array([0.6, 0.9, 0.5], np.float32), 0.5, 10).tolist() == [1, 2]


def test_a_certain_level_has_a_small_spread() -> None:
    levels = np.zeros(96, np.float32)
    levels[47:49] = 0.5
    level, spread = summarise(levels)
    assert level == pytest.approx(0.5)
    assert spread == pytest.approx(0.0052, abs=0.0001)


def test_two_hypotheses_give_the_heavier_one_and_a_wide_spread() -> None:
    levels = np.zeros(96, np.float32)
    levels[20], levels[70] = 0.7, 0.3
    level, spread = summarise(levels)
    assert level == pytest.approx(20.5 / 96)
    assert spread > 0.15
