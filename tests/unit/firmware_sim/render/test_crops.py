"""Rendered crops: the level that is stated is the level that is drawn."""

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("cv2", reason="the renderer needs OpenCV: install opencv-python-headless")

from firmware_sim.render.crops import render_crop  # noqa: E402
from firmware_sim.render.lights import draw_light  # noqa: E402
from firmware_sim.render.looks import look_of  # noqa: E402
from firmware_sim.render.vessel import Pose, draw_vessel, seen_level, size_of  # noqa: E402


def clear_product() -> int:
    """The first product that is see-through, round and has no label."""
    return next(number for number in range(500) if look_of(number).see_through and not look_of(number).labels)


def test_the_same_seed_gives_the_same_crop() -> None:
    first, second = render_crop(5), render_crop(5)
    assert np.array_equal(first.image, second.image)
    assert (first.level, first.product) == (second.level, second.product)


def test_levels_span_the_bottle_and_some_cannot_be_read() -> None:
    levels = [render_crop(seed, 96).level for seed in range(40)]
    read = [level for level in levels if level is not None]
    assert 15 < len(read) < 40
    assert min(read) < 0.25
    assert max(read) > 0.6


def test_an_opaque_bottle_has_no_level() -> None:
    opaque = next(number for number in range(500) if not look_of(number).see_through)
    assert render_crop(1, product=opaque).level is None


def test_more_liquid_is_a_higher_level() -> None:
    look = look_of(clear_product())
    levels = [seen_level(look, Pose(150.0, 0.1, 0.0, fill)) for fill in (0.1, 0.5, 0.9)]
    assert levels == sorted(levels)


def test_the_liquid_changes_the_picture_only_below_its_level() -> None:
    look = look_of(clear_product())
    light = draw_light(np.random.default_rng(1))
    pose = Pose(200.0, 0.0, 0.0, 0.5)
    behind = np.full((*size_of(look, pose), 3), 0.5, np.float32)
    wet, _ = draw_vessel(np.random.default_rng(2), look, pose, light, behind)
    dry, _ = draw_vessel(np.random.default_rng(2), look, Pose(200.0, 0.0, 0.0, 0.0), light, behind)
    changed = np.abs(wet - dry).max(axis=(1, 2)) > 0.02
    surface = round(len(changed) * (1 - seen_level(look, pose)))
    assert changed[surface + 6 : -10].mean() > 0.9
    assert not changed[: surface - 6].any()
