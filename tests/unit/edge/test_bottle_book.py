import pytest

from edge.bottle_book import BottleBook, BottleBookError
from edge.domain.bottle_lives import NO_LIVES, KeptLives, Life
from edge.domain.tray import BottleWeight
from tests.unit.edge.domain.test_tray_engine import tray_layout

GIN = BottleWeight(912.34, 0.512, 7.0, (0.0, 1.5))


def test_what_is_written_is_read(tmp_path) -> None:
    book = BottleBook(tmp_path, tray_layout())
    book.write({"s-0": GIN})
    assert book.read() == {"s-0": GIN}


def test_what_bottles_weighed_when_they_came_and_went_is_kept_beside_them(tmp_path) -> None:
    book = BottleBook(tmp_path, tray_layout())
    lives = KeptLives({"s-0": 1158.2}, {"p-1": (Life(1157.0, 502.5), Life(1160.0, 500.0))})
    book.write({"s-0": GIN}, lives)
    assert (book.read(), book.read_lives()) == ({"s-0": GIN}, lives)


def test_a_book_of_before_bottles_had_lives_is_read(tmp_path) -> None:
    (tmp_path / "bottles.json").write_text('{"v": 1, "slots": {}}')
    assert BottleBook(tmp_path, tray_layout()).read_lives() == NO_LIVES


def test_a_new_gateway_knows_nothing(tmp_path) -> None:
    assert BottleBook(tmp_path, tray_layout()).read() == {}


def test_a_bottle_of_another_product_than_the_layout_says_now_is_left_out(tmp_path) -> None:
    BottleBook(tmp_path, tray_layout()).write({"s-0": GIN, "s-1": GIN})
    changed = tray_layout(first="other")
    assert BottleBook(tmp_path, changed).read() == {"s-1": GIN}


def test_a_file_that_is_no_book_is_said(tmp_path) -> None:
    (tmp_path / "bottles.json").write_text('{"v": 9}')
    with pytest.raises(BottleBookError, match="the trays begin anew"):
        BottleBook(tmp_path, tray_layout()).read()
