import re

import pytest

from edge.local_page.guard import Guard


class Time:
    def __init__(self) -> None:
        self.s = 1000.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def guard(time) -> Guard:
    return Guard(time)


def wrong(guard: Guard) -> str:
    return "000000" if guard.pin != "000000" else "111111"


def test_every_start_has_a_pin_of_six_digits_of_its_own(time) -> None:
    pins = {Guard(time).pin for _ in range(20)}
    assert all(re.fullmatch(r"\d{6}", pin) for pin in pins)
    assert len(pins) > 15


def test_the_right_pin_opens_a_session_for_a_shift(guard, time) -> None:
    session = guard.enter(f" {guard.pin} ", "192.0.2.7")
    assert session is not None
    assert guard.knows(session)
    time.s += 12 * 3600 + 1
    assert not guard.knows(session)


@pytest.mark.parametrize("session", ["", "x" * 32, "ä"])
def test_another_session_is_not_known(guard, session) -> None:
    guard.enter(guard.pin, "192.0.2.7")
    assert not guard.knows(session)


def test_five_wrong_pins_make_an_address_wait_even_with_the_right_one(guard, time) -> None:
    for _ in range(5):
        assert guard.enter(wrong(guard), "192.0.2.7") is None
    assert guard.wait_s("192.0.2.7") == 60
    assert guard.enter(guard.pin, "192.0.2.7") is None
    assert guard.enter(guard.pin, "192.0.2.8") is not None
    time.s += 61
    assert guard.enter(guard.pin, "192.0.2.7") is not None


def test_ten_wrong_pins_from_everybody_make_all_wait(guard) -> None:
    for host in range(10):
        guard.enter(wrong(guard), f"192.0.2.{host}")
    assert guard.wait_s("192.0.2.99") > 0


def test_sessions_are_bounded_and_the_oldest_goes(guard) -> None:
    sessions = [guard.enter(guard.pin, "192.0.2.7") for _ in range(17)]
    assert [guard.knows(session) for session in sessions if session].count(False) == 1
