"""The identity network and its loss."""

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: models/requirements.txt")
pytest.importorskip("cv2", reason="needs OpenCV: install opencv-python-headless")

from models.bottle_identity.loss import IdentityLoss  # noqa: E402
from models.bottle_identity.network import (  # noqa: E402
    COLUMNS,
    EMBEDDING,
    ROWS,
    BottleIdentity,
    count_parameters,
)
from models.bottle_identity.train import vary  # noqa: E402


def test_the_network_has_fewer_than_a_million_parameters() -> None:
    assert count_parameters(BottleIdentity()) == 886_168


def test_embeddings_have_length_one() -> None:
    out = BottleIdentity().eval()(torch.rand(2, 3, ROWS, COLUMNS) * 255)
    assert out.shape == (2, EMBEDDING)
    assert torch.allclose(out.norm(dim=1), torch.ones(2))


def test_products_apart_cost_less_than_products_in_one_heap() -> None:
    products = torch.tensor([0, 0, 1, 1])
    apart = torch.eye(4)[[0, 0, 1, 1]]
    heap = torch.eye(4)[[0, 1, 0, 1]]
    loss = IdentityLoss()
    good, right = loss(apart, products)
    bad, wrong = loss(heap, products)
    assert good < bad
    assert (right.item(), wrong.item()) == (1.0, 0.0)


def test_views_keep_size_and_range() -> None:
    torch.manual_seed(1)
    seen = vary(torch.rand(8, 3, ROWS, COLUMNS) * 255)
    assert seen.shape == (8, 3, ROWS, COLUMNS)
    assert seen.min() >= 0
    assert seen.max() <= 255
