from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.calibration_book import Calibration, CalibrationBook
from edge.domain.refusals import Refusals
from edge.loops.recalibrating import Recalibrating

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class FakeEngine:
    def __init__(self) -> None:
        self.told = []

    def recalibrate(self, *line) -> bool:
        self.told.append(line)
        return True


@pytest.fixture
def set_up(tmp_path: Path):
    book, engine, refusals = CalibrationBook(tmp_path), FakeEngine(), Refusals()
    return book, engine, refusals, Recalibrating(book, engine, refusals, {"cell-1": (0.0, 400.0)})


def line(tare: float) -> Calibration:
    return Calibration(made_at=NOON, how="tare", tare_counts=tare, counts_per_g=400.0)


def test_what_changed_in_the_book_reaches_the_engine_once(set_up) -> None:
    book, engine, _, recalibrating = set_up
    recalibrating.look()
    book.add("cell-1", line(50))
    recalibrating.look()
    recalibrating.look()
    assert engine.told == [("cell-1", 50.0, 400.0)]
    assert recalibrating.in_force("cell-1") == (50.0, 400.0)


def test_an_undo_brings_the_layouts_calibration_back(set_up) -> None:
    book, engine, _, recalibrating = set_up
    book.add("cell-1", line(50))
    recalibrating.look()
    book.undo("cell-1", NOON)
    recalibrating.look()
    assert engine.told[-1] == ("cell-1", 0.0, 400.0)


def test_a_scale_of_another_layout_is_passed_over(set_up) -> None:
    book, engine, _, recalibrating = set_up
    book.add("cell-9", line(50))
    recalibrating.look()
    assert engine.told == []


def test_a_book_that_cannot_be_read_changes_nothing_and_is_counted_once(set_up, tmp_path) -> None:
    book, engine, refusals, recalibrating = set_up
    book.add("cell-1", line(50))
    recalibrating.look()
    (tmp_path / "calibration.json").write_text("{")
    recalibrating.look()
    recalibrating.look()
    assert engine.told == [("cell-1", 50.0, 400.0)]
    assert refusals.counts() == {"calibration.json cannot be read": 1}
