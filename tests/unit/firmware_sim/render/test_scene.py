"""Rendered scenes: seeded, with boxes that enclose what is visible."""

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("cv2", reason="the renderer needs OpenCV: install opencv-python-headless")

from firmware_sim.render import layouts  # noqa: E402
from firmware_sim.render.scene import render_scene  # noqa: E402


def test_the_same_seed_gives_the_same_picture() -> None:
    first, second = render_scene(11, 160), render_scene(11, 160)
    assert np.array_equal(first.image, second.image)
    assert first.bottles == second.bottles


def test_another_seed_gives_another_picture() -> None:
    assert not np.array_equal(render_scene(11, 160).image, render_scene(12, 160).image)


@pytest.mark.parametrize("kind", list(layouts.KINDS))
def test_every_kind_of_scene_keeps_its_boxes_inside_the_picture(kind: str) -> None:
    for seed in range(3):
        picture = render_scene(seed, 160, kind=kind)
        assert picture.image.shape == (160, 160, 3)
        assert picture.image.dtype == np.uint8
        for bottle in picture.bottles:
            left, top, right, bottom = bottle.box
            assert 0 <= left < right <= 160
            assert 0 <= top < bottom <= 160
            assert 0.2 <= bottle.visible <= 1.0
            assert bottle.level is None or 0.0 <= bottle.level <= 1.0


def test_a_scene_of_nothing_holds_no_bottle() -> None:
    assert [render_scene(seed, 160, kind="nothing").bottles for seed in range(5)] == [(), (), (), (), ()]


def test_a_shelf_holds_bottles() -> None:
    assert sum(len(render_scene(seed, 160, kind="shelf").bottles) for seed in range(4)) > 8


def test_a_backdrop_shows_where_nothing_stands() -> None:
    red = np.zeros((200, 200, 3), np.uint8)
    red[..., 2] = 200
    image = render_scene(3, 160, kind="held", backdrop=red).image.astype(int)
    assert (image[..., 2] > image[..., 1] + 60).mean() > 0.3


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="use one of shelf, fridge, counter"):
        render_scene(1, kind="cellar")
