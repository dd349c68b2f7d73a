"""One asks for all while the cloud is away."""

from edge.domain.backoff import Backoff
from edge.domain.breaker import Breaker


def breaker() -> Breaker:
    return Breaker(Backoff(1.0, 20.0, lambda: 1.0))


def test_everybody_may_send_while_it_is_closed() -> None:
    assert [breaker().wait_s(0.0) for _ in range(3)] == [0.0, 0.0, 0.0]


def test_a_failure_is_waited_out_by_all() -> None:
    one = breaker()
    assert one.failed(100.0) == 1.0
    assert one.wait_s(100.25) == 0.75
    assert one.is_closed


def test_three_failures_open_it_and_then_one_at_a_time_is_let_through() -> None:
    one = breaker()
    for at_s in (0.0, 1.0, 3.0):
        one.failed(at_s)
    assert not one.is_closed
    assert one.wait_s(6.0) == 1.0
    assert one.wait_s(7.0) == 0.0
    assert one.wait_s(7.0) > 0.0
    one.failed(7.5)
    assert one.wait_s(15.5) == 0.0


def test_one_success_closes_it_for_all() -> None:
    one = breaker()
    for at_s in (0.0, 1.0, 3.0):
        one.failed(at_s)
    one.succeeded()
    assert [one.wait_s(3.0), one.wait_s(3.0)] == [0.0, 0.0]
    assert one.failed(4.0) == 1.0


def test_what_the_cloud_asks_for_is_waited() -> None:
    one = breaker()
    assert one.failed(0.0, at_least_s=30.0) == 31.0
    assert one.wait_s(0.0) == 31.0


def test_whoever_has_nothing_to_send_lets_the_next_one_through() -> None:
    one = breaker()
    for at_s in (0.0, 1.0, 3.0):
        one.failed(at_s)
    assert one.wait_s(7.0) == 0.0
    one.released()
    assert one.wait_s(7.0) == 0.0
