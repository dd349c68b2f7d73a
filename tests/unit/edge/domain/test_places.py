"""Which found bottle stands in which drawn place."""

from edge.domain.places import assign, shift_of
from edge.domain.sight import Box, Found, Place

ROW = [Place(f"top-{n}", Box(0.2 * n, 0.2, 0.2 * n + 0.2, 0.9)) for n in range(5)]


def bottle(left: float, top: float = 0.25, wide: float = 0.1, score: float = 0.9) -> Found:
    return Found(Box(left, top, left + wide, 0.88), score)


def test_each_bottle_stands_in_the_place_it_fits_best() -> None:
    found = assign(ROW, [bottle(0.25), bottle(0.05)])
    assert [found.by_slot[f"top-{n}"] for n in range(3)] == [bottle(0.05), bottle(0.25), None]
    assert found.strays == ()


def test_of_two_bottles_in_one_place_the_other_is_a_stray() -> None:
    found = assign(ROW, [bottle(0.02, score=0.5), bottle(0.08, wide=0.11)])
    assert found.by_slot["top-0"] == bottle(0.08, wide=0.11)
    assert found.strays == (bottle(0.02, score=0.5),)


def test_a_small_bottle_in_a_generous_place_counts() -> None:
    small = bottle(0.08, top=0.75, wide=0.04)
    assert assign(ROW, [small]).by_slot["top-0"] == small


def test_a_bottle_beside_all_places_is_a_stray() -> None:
    below = Found(Box(0.05, 0.91, 0.12, 1.0), 0.9)
    assert assign(ROW, [below]).strays == (below,)


def test_a_picture_that_moved_is_told_from_bottles_that_stand_a_little_off() -> None:
    straight = [bottle(0.2 * n + 0.05) for n in range(5)]
    assert shift_of(ROW, straight) == 0.0
    moved = [bottle(0.2 * n + 0.05 + 0.08) for n in range(5)]
    assert abs(shift_of(ROW, moved) - 0.4) < 0.01


def test_two_places_say_nothing_about_the_picture() -> None:
    assert shift_of(ROW[:2], [bottle(0.13), bottle(0.33)]) == 0.0


def test_what_hangs_in_the_air_of_a_place_is_no_bottle_of_it() -> None:
    lamp = Found(Box(0.06, 0.3, 0.12, 0.5), 0.5)
    assert assign(ROW, [lamp]).by_slot["top-0"] is None
