"""A product keeps its look."""

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("cv2", reason="the renderer needs OpenCV: install opencv-python-headless")

from firmware_sim.render.looks import look_of  # noqa: E402


def test_a_product_number_always_gives_the_same_look() -> None:
    first = look_of(42)
    look_of.cache_clear()
    again = look_of(42)
    assert first.outline.family == again.outline.family
    assert np.array_equal(first.outline.radius, again.outline.radius)
    assert np.array_equal(first.liquid, again.liquid)


def test_a_bottle_number_is_never_a_can() -> None:
    assert all(look_of(number).outline.family.bottle for number in range(60))
    assert not any(look_of(number, bottle=False).outline.family.bottle for number in range(60))


def test_an_outline_stays_within_its_widest_radius() -> None:
    for number in range(60):
        radius = look_of(number).outline.radius
        assert radius.shape == (257,)
        assert radius.min() > 0
        assert radius.max() <= 1.0 + 1e-6
