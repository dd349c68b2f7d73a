from edge.domain.backoff import Backoff


def test_waits_double_up_to_the_cap_and_start_small_after_success() -> None:
    backoff = Backoff(1.0, 10.0, lambda: 1.0)
    assert [backoff.next_s() for _ in range(5)] == [1.0, 2.0, 4.0, 8.0, 10.0]
    backoff.reset()
    assert backoff.next_s() == 1.0


def test_jitter_is_full_but_for_a_tenth_of_a_second() -> None:
    assert Backoff(4.0, 60.0, lambda: 0.0).next_s() == 0.1
    assert Backoff(4.0, 60.0, lambda: 0.5).next_s() == 2.0


def test_the_other_side_may_ask_for_longer() -> None:
    assert Backoff(1.0, 10.0, lambda: 0.0).next_s(at_least_s=120.0) == 120.1


def test_those_who_were_asked_for_the_same_do_not_come_at_once() -> None:
    assert Backoff(10.0, 10.0, lambda: 1.0).next_s(at_least_s=2.0) == 4.0


def test_a_year_of_failures_does_not_overflow() -> None:
    backoff = Backoff(1.0, 60.0, lambda: 1.0)
    assert [backoff.next_s() for _ in range(5000)][-1] == 60.0
