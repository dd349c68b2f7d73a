"""The identity network and its loss."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: models/requirements.txt")
pytest.importorskip("cv2", reason="needs OpenCV: install opencv-python-headless")

from models.bottle_identity.crops import PAIR, SHOWN, VIEWS  # noqa: E402
from models.bottle_identity.loss import IdentityLoss  # noqa: E402
from models.bottle_identity.network import (  # noqa: E402
    COLUMNS,
    EMBEDDING,
    ROWS,
    BottleIdentity,
)
from models.bottle_identity.train import ASKED, batch, vary  # noqa: E402
from models.feed import Ring  # noqa: E402
from models.layers import count_parameters  # noqa: E402


def test_the_network_has_fewer_than_a_million_parameters() -> None:
    assert count_parameters(BottleIdentity()) == 886_168


def test_embeddings_have_length_one() -> None:
    out = BottleIdentity().eval()(torch.rand(2, 3, ROWS, COLUMNS) * 255)
    assert out.shape == (2, EMBEDDING)
    assert torch.allclose(out.norm(dim=1), torch.ones(2))


def test_products_apart_cost_less_than_products_in_one_heap() -> None:
    products = torch.arange(3)
    apart = torch.eye(3)[:, None].repeat(1, SHOWN + ASKED, 1)
    heap = apart.roll(1, 0).where(torch.arange(SHOWN + ASKED)[None, :, None] < SHOWN, apart)
    loss = IdentityLoss()
    good, right = loss(apart, products)
    bad, wrong = loss(heap, products)
    assert good < bad
    assert right.item() == 1.0
    assert wrong.item() < 0.5


def test_a_product_drawn_twice_is_not_its_own_rival() -> None:
    apart = torch.eye(3)[:, None].repeat(1, SHOWN + ASKED, 1)
    twice = torch.cat([apart, apart[:1]])
    loss = IdentityLoss()
    assert loss(twice, torch.tensor([0, 1, 2, 0]))[1].item() == 1.0
    assert loss(twice, torch.tensor([0, 1, 2, 3]))[1].item() < 1.0


def test_a_batch_holds_shown_and_later_sightings_of_each_product() -> None:
    ring = Ring(4, torch.device("cpu"))
    views = np.arange(PAIR * VIEWS, dtype=np.uint8)[None, :, None, None, None]
    crops = np.broadcast_to(views, (4, PAIR * VIEWS, ROWS, COLUMNS, 3)).copy()
    ring.add((crops, np.arange(8).reshape(4, PAIR)))
    images, products = batch(ring, 3, coarse=True)
    assert images.shape == (3 * PAIR, SHOWN + ASKED, 3, ROWS // 2, COLUMNS // 2)
    assert products.shape == (3 * PAIR,)
    seen = images[:, :, 0, 0, 0] % VIEWS
    assert (seen[:, :SHOWN] == torch.arange(SHOWN)).all()
    assert (seen[:, SHOWN:] >= SHOWN).all()


def test_views_keep_size_and_range() -> None:
    torch.manual_seed(1)
    seen = vary(torch.rand(8, 3, ROWS, COLUMNS) * 255)
    assert seen.shape == (8, 3, ROWS, COLUMNS)
    assert seen.min() >= 0
    assert seen.max() <= 255
