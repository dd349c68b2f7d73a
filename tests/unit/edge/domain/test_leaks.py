import pytest

from edge.domain.leaks import LeakWatch


def test_a_hundred_grams_in_ten_minutes_are_a_leak() -> None:
    watch = LeakWatch()
    found = [leak for second in range(600) if (leak := watch.take(second, 900 - second / 6))]
    assert len(found) == 2
    assert found[0].before_g - found[0].after_g == pytest.approx(45, abs=2)


def test_drift_of_a_gram_a_minute_is_none() -> None:
    watch = LeakWatch()
    assert not [leak for second in range(36_000) if (leak := watch.take(second, 900 - second / 60))]


def test_a_keg_may_wander_by_more() -> None:
    watch = LeakWatch()
    assert not [leak for second in range(600) if (leak := watch.take(second, 13_400 - second / 3.6))]


def test_what_was_before_a_pour_is_no_measure() -> None:
    watch = LeakWatch()
    watch.take(0, 900)
    watch.reset()
    assert watch.take(20, 800) is None
