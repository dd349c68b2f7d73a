"""The fill-level network."""

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: models/requirements.txt")
pytest.importorskip("cv2", reason="needs OpenCV: install opencv-python-headless")

from models.fill_level.network import BINS, COLUMNS, ROWS, FillLevel  # noqa: E402
from models.fill_level.train import fill_loss, vary  # noqa: E402


def test_the_output_is_a_distribution_and_a_probability() -> None:
    out = FillLevel().eval()(torch.zeros(2, 3, ROWS, COLUMNS))
    assert out.shape == (2, BINS + 1)
    assert torch.allclose(out[:, :BINS].sum(1), torch.ones(2))


def test_unreadable_crops_teach_no_level() -> None:
    model = FillLevel()
    loss, _ = fill_loss(model, torch.zeros(4, 3, ROWS, COLUMNS), torch.full((4,), -1.0))
    loss.backward()
    assert model.level.weight.grad is None or model.level.weight.grad.abs().max() == 0


def test_views_keep_the_height() -> None:
    images = torch.zeros(2, 3, ROWS, COLUMNS)
    images[:, :, :96] = 200.0
    seen = vary(images).mean((1, 3))
    assert (seen[:, :90].mean(1) > seen[:, 100:].mean(1)).all()
