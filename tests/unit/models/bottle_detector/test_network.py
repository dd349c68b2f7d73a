"""The detector's network, its targets and its loss."""

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: models/requirements.txt")
pytest.importorskip("cv2", reason="needs OpenCV: install opencv-python-headless")

from models.bottle_detector.loss import assign, detector_loss, giou  # noqa: E402
from models.bottle_detector.network import Detector, places  # noqa: E402
from models.bottle_detector.views import vary  # noqa: E402
from models.layers import count_parameters  # noqa: E402


def test_the_network_has_fewer_than_a_million_parameters() -> None:
    assert count_parameters(Detector()) == 726_167


def test_the_output_is_a_box_and_a_score_for_every_place() -> None:
    out = Detector().eval()(torch.zeros(1, 3, 320, 320))
    assert out.shape == (1, 40 * 40 + 20 * 20 + 10 * 10, 5)
    assert ((out[..., 4] >= 0) & (out[..., 4] <= 1)).all()


def test_giou_of_the_same_box_is_one_and_of_far_boxes_negative() -> None:
    box, far = torch.tensor([[0.0, 0, 10, 10]]), torch.tensor([[90.0, 90, 100, 100]])
    assert giou(box, box).item() == pytest.approx(1.0)
    assert giou(box, far).item() < -0.9


def test_only_places_inside_a_box_answer_for_it() -> None:
    centres, _ = places([(8, 8), (4, 4), (2, 2)], torch.device("cpu"))
    truth = torch.tensor([[[8.0, 8, 40, 40], [0, 0, 0, 0]]])
    boxes = truth[:, :1].expand(-1, centres.shape[1], -1)
    targets = assign(
        torch.full((1, centres.shape[1]), 0.5), boxes, truth, torch.tensor([[True, False]]), centres
    )
    chosen = targets.score[0] > 0
    assert chosen.sum() == 10
    assert ((centres[:, chosen] > 8) & (centres[:, chosen] < 40)).all()


def test_a_picture_without_bottles_has_a_finite_loss() -> None:
    logits, boxes = Detector().raw(torch.zeros(1, 3, 64, 64))
    loss, _ = detector_loss(logits, boxes, torch.zeros(1, 1, 4), torch.zeros(1, 1, dtype=torch.bool), 64)
    assert torch.isfinite(loss)


def test_views_keep_boxes_inside_the_picture() -> None:
    torch.manual_seed(1)
    boxes = torch.tensor([[[10.0, 20, 60, 120]]]).repeat(32, 1, 1)
    images, moved, real = vary(torch.zeros(32, 3, 160, 160), boxes, torch.ones(32, 1, dtype=torch.bool), 128)
    assert images.shape == (32, 3, 128, 128)
    assert real.any()
    assert (moved[real] >= 0).all()
    assert (moved[real] <= 128).all()
