"""A product is seen again and again, and what a bar stocks."""

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("cv2", reason="the renderer needs OpenCV: install opencv-python-headless")

from firmware_sim.render.sightings import LEAST_VISIBLE, render_sighting  # noqa: E402
from firmware_sim.render.stock import FLAVOURS, stock_of_bar, stocked_look  # noqa: E402


def test_the_same_moment_gives_the_same_crop() -> None:
    first, second = render_sighting(3, 8), render_sighting(3, 8)
    assert np.array_equal(first.image, second.image)
    assert first.level == second.level


def test_between_moments_level_turn_and_cover_change() -> None:
    seen = [render_sighting(seed, 8) for seed in range(16)]
    assert max(s.level for s in seen) - min(s.level for s in seen) > 0.4
    assert max(s.turn for s in seen) > 0.1
    assert min(s.visible for s in seen) < 0.95
    assert all(s.visible >= LEAST_VISIBLE for s in seen)


def test_a_bottle_shown_for_enrolment_is_uncovered_and_faces_the_camera() -> None:
    seen = [render_sighting(seed, 12, shown=True) for seed in range(8)]
    assert all(s.visible == 1.0 for s in seen)
    assert max(s.turn for s in seen) < 0.6


def test_what_a_bar_stocks_has_labels() -> None:
    assert all(stocked_look(brand * FLAVOURS).labels for brand in range(40))


def test_flavours_share_the_bottle_and_differ_in_the_print() -> None:
    plain, sister = stocked_look(4 * FLAVOURS), stocked_look(4 * FLAVOURS + 1)
    assert np.array_equal(plain.outline.radius, sister.outline.radius)
    difference = plain.labels[0].texture.astype(int) - sister.labels[0].texture
    assert np.abs(difference).mean() > 10


def test_a_bar_stocks_different_products_and_some_flavours_of_one_brand() -> None:
    bars = [stock_of_bar(seed, 40) for seed in range(10)]
    assert all(len(set(bar)) == 40 for bar in bars)
    assert all(number // FLAVOURS < 3_000 for bar in bars for number in bar)
    assert sum(number % FLAVOURS > 0 for bar in bars for number in bar) > 20
