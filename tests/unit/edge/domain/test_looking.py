"""When a camera looks: after a movement, on a schedule, and never more than the device bears."""

from edge.domain.looking import LookSchedule


def test_it_looks_at_once_and_then_on_its_schedule() -> None:
    schedule = LookSchedule(60.0)
    assert schedule.is_due(0.0, 0.0)
    schedule.looked(0.0, 0.0, 0.05)
    assert not schedule.is_due(59.0, 59.0)
    assert schedule.is_due(60.0, 60.0)


def test_a_movement_is_looked_at_once_it_has_settled() -> None:
    schedule = LookSchedule(60.0)
    schedule.looked(0.0, 0.0, 0.05)
    schedule.ask(10.0)
    assert not schedule.is_due(11.0, 11.0)
    assert schedule.is_due(11.5, 11.5)


def test_a_shelf_that_never_rests_is_looked_at_all_the_same() -> None:
    schedule = LookSchedule(600.0)
    schedule.looked(0.0, 0.0, 0.05)
    for second in range(1, 25):
        schedule.ask(float(second))
        if schedule.is_due(float(second), float(second)):
            break
    assert second <= 21


def test_a_slow_device_rests_four_times_as_long_as_it_looked() -> None:
    schedule = LookSchedule(60.0)
    schedule.looked(0.0, 100.0, 3.0)
    schedule.ask(1.0, 0.0)
    assert not schedule.is_due(5.0, 111.9)
    assert schedule.is_due(5.0, 112.0)


def test_something_strange_is_looked_at_again_soon() -> None:
    schedule = LookSchedule(60.0)
    schedule.looked(0.0, 0.0, 0.05, is_strange=True)
    assert not schedule.is_due(11.0, 11.0)
    assert schedule.is_due(12.0, 12.0)
