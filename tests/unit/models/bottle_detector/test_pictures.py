"""Which photographs may be trained on."""

import pytest

pytest.importorskip("cv2", reason="needs OpenCV: install opencv-python-headless")

from models.bottle_detector.pictures import MOST_BOTTLES, Scenes, may_train_on


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("b_12a4.jpg", True),
        ("b_12ae.jpg", True),
        ("b_12a5.jpg", False),
        ("b_12af.jpg", False),
        ("a_tr_12a4.jpg", False),
    ],
)
def test_only_even_b_files_may_be_trained_on(name: str, *, allowed: bool) -> None:
    assert may_train_on(name) is allowed


def test_a_scene_comes_with_padded_boxes() -> None:
    image, boxes, real = Scenes()(3)
    assert image.shape == (320, 320, 3)
    assert boxes.shape == (MOST_BOTTLES, 4)
    assert real.shape == (MOST_BOTTLES,)
