import json

import pytest

from contract.commands import Command
from edge.command_book import MAX_ENTRIES, CommandBook
from edge.ports import Outcome

DONE = Outcome(is_done=True, detail="done", result="r")


def command(number: int = 0, kind: str = "identify") -> Command:
    return Command(command_id=f"{number:032x}", kind=kind)


def told(book: CommandBook) -> list[tuple[str, str]]:
    return [(report.state, report.detail or "") for report in book.untold]


def test_a_command_that_comes_twice_begins_once(tmp_path):
    book = CommandBook(tmp_path)
    assert book.begin(command())
    assert not book.begin(command())
    book.end(command().command_id, DONE)
    assert not CommandBook(tmp_path).begin(command())


def test_what_was_told_is_not_told_again_until_it_changes(tmp_path):
    book = CommandBook(tmp_path)
    book.begin(command())
    received = book.untold
    book.end(command().command_id, DONE)
    book.told(received)
    assert told(book) == [("done", "done")]
    book.told(book.untold)
    assert told(book) == []
    book.begin(command())
    assert told(book) == [("done", "done")]


@pytest.mark.parametrize(
    ("kind", "state"), [("restart", "done"), ("layout", "done"), ("tare", "failed"), ("identify", "failed")]
)
def test_what_was_begun_before_a_restart_is_over_after_it(tmp_path, kind, state):
    CommandBook(tmp_path).begin(command(kind=kind))
    book = CommandBook(tmp_path)
    book.close_interrupted()
    assert [report.state for report in book.untold] == [state]


def test_a_command_that_cannot_be_written_down_does_not_begin(tmp_path):
    book = CommandBook(tmp_path / "gone")
    with pytest.raises(OSError, match="No such file"):
        book.begin(command())
    assert book.untold == []


def test_it_is_bounded(tmp_path):
    book = CommandBook(tmp_path)
    for number in range(MAX_ENTRIES + 10):
        book.begin(command(number))
        book.end(command(number).command_id, DONE)
        book.told(book.untold)
    kept = json.loads((tmp_path / "commands.json").read_text())["entries"]
    assert [entry["command_id"] for entry in kept][-1] == command(MAX_ENTRIES + 9).command_id
    assert len(kept) == MAX_ENTRIES


def test_a_damaged_book_is_begun_anew(tmp_path):
    (tmp_path / "commands.json").write_text("{")
    assert CommandBook(tmp_path).begin(command())
