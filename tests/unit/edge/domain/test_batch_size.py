"""As much as fits into the line."""

from edge.domain.batch_size import BatchSize


def test_it_doubles_with_full_and_quick_batches_up_to_the_limit() -> None:
    size = BatchSize()
    for _ in range(9):
        size.took(size.records, 0.1)
    assert size.records == 2_000


def test_it_stays_where_batches_are_not_full_or_not_quick() -> None:
    size = BatchSize()
    size.took(50, 0.1)
    size.took(200, 2.0)
    assert size.records == 200


def test_it_halves_on_a_slow_line_and_falls_to_a_quarter_when_nothing_gets_through() -> None:
    size = BatchSize()
    size.took(200, 5.0)
    assert size.records == 100
    size.timed_out()
    assert size.records == 25
    size.timed_out()
    assert size.records == 20


def test_a_batch_of_one_cannot_be_made_smaller() -> None:
    size = BatchSize()
    assert size.refused(100)
    assert size.records == 50
    assert not size.refused(1)
