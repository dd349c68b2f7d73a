from edge.domain.refusals import MAX_REASONS, OTHER, Refusals


def test_a_reason_is_new_once_and_counted_always() -> None:
    refusals = Refusals()
    assert refusals.note("malformed frame") is True
    assert refusals.note("malformed frame", 2) is False
    assert refusals.counts() == {"malformed frame": 3}


def test_past_the_maximum_new_reasons_share_one_counter() -> None:
    refusals = Refusals()
    for number in range(MAX_REASONS + 10):
        refusals.note(f"unknown node n{number}")
    assert len(refusals.counts()) == MAX_REASONS + 1
    assert refusals.counts()[OTHER] == 10
