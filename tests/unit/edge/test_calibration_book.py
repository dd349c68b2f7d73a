from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract.records import Quality
from edge.calibrate_command import redo
from edge.calibration_book import MAX_ENTRIES, BookError, Calibration, CalibrationBook
from edge.domain.status import ScaleStatus

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def made(tare: float = 100.0, span: float = 420.0, at: datetime = NOON) -> Calibration:
    return Calibration(made_at=at, how="calibrate", tare_counts=tare, counts_per_g=span)


@pytest.fixture
def book(tmp_path: Path) -> CalibrationBook:
    return CalibrationBook(tmp_path)


def test_an_empty_book_has_nothing_in_force(book) -> None:
    assert book.stamp() is None
    assert book.current() == {}
    assert book.history("cell-1") == ()


def test_the_newest_is_in_force_and_another_process_reads_it(book, tmp_path) -> None:
    book.add("cell-1", made(100))
    book.add("cell-1", made(200))
    assert CalibrationBook(tmp_path).current()["cell-1"].tare_counts == 200
    assert [entry.tare_counts for entry in book.history("cell-1")] == [100, 200]


def test_undo_goes_back_step_by_step_and_keeps_what_was_undone(book) -> None:
    book.add("cell-1", made(100))
    book.add("cell-1", made(200))
    later = NOON + timedelta(hours=1)
    last, before = book.undo("cell-1", later)
    assert (last.tare_counts, before.tare_counts) == (200, 100)
    assert book.undo("cell-1", later)[1] is None
    assert book.undo("cell-1", later) is None
    assert book.current() == {}
    assert [entry.undone_at for entry in book.history("cell-1")] == [later, later]


def test_every_change_shows_in_the_stamp(book) -> None:
    stamps = [book.stamp()]
    for tare in (1, 2):
        book.add("cell-1", made(tare))
        stamps.append(book.stamp())
    assert len(set(stamps)) == 3


def test_the_history_is_bounded(book) -> None:
    for tare in range(MAX_ENTRIES + 3):
        book.add("cell-1", made(tare))
    assert [entry.tare_counts for entry in book.history("cell-1")][:1] == [3]


@pytest.mark.parametrize("text", ["{", '{"v": 2}', '{"v":1,"scales":{"cell-1":[{"tare_counts":"x"}]}}'])
def test_a_book_that_cannot_be_read_says_what_to_do(book, tmp_path, text) -> None:
    (tmp_path / "calibration.json").write_text(text)
    with pytest.raises(BookError, match="move it away"):
        book.current()


def test_a_tare_does_not_make_the_span_younger(book) -> None:
    book.add("cell-1", made())
    later = NOON + timedelta(days=200)
    book.add("cell-1", made(at=later).model_copy(update={"how": "tare"}))
    assert book.current()["cell-1"].made_at == later
    assert book.spanned("cell-1").made_at == NOON
    assert book.spanned("cell-2") is None


def test_a_calibration_made_in_another_season_is_to_be_made_again() -> None:
    made = Calibration(made_at=NOON, how="calibrate", tare_counts=0, counts_per_g=400, temperature_c=4.0)
    shown = ScaleStatus(
        scale_id="cell-1", slots=("top-1",), state=Quality.OK, weight_g=900.0, age_s=1.0, hint=None,
        temperature_c=24.0,
    )  # fmt: skip
    assert redo(made, NOON, shown) == ("it was made 20 degrees away from today's temperature",)
    assert redo(made.model_copy(update={"temperature_c": None}), NOON, shown) == ()
