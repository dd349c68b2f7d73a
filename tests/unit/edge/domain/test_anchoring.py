"""What the gateway believes of its clock, and what it says about the time."""

from datetime import UTC, datetime, timedelta

import pytest

from edge.domain.anchoring import Anchoring, Clocks

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def at(seconds: float, *, off_s: float = 0.0, synced: bool = True) -> Clocks:
    """Both clocks `seconds` after a boot at noon, the wall clock off by off_s."""
    return Clocks(int(seconds * 1e9), NOON + timedelta(seconds=seconds + off_s), synced, 0.02)


def test_the_first_moment_of_trust_in_a_boot_is_said() -> None:
    anchoring = Anchoring()
    assert anchoring.look(at(1, synced=False)) is None
    given = anchoring.look(at(30))
    assert (given.boottime_ns, given.anchor.utc_at) == (30_000_000_000, NOON + timedelta(seconds=30))
    assert (given.anchor.why, given.anchor.source, given.anchor.error_s) == ("first", "kernel", 0.02)


def test_then_every_quarter_of_an_hour() -> None:
    anchoring = Anchoring()
    given = [anchoring.look(at(seconds)) for seconds in range(0, 3601, 5)]
    assert [one.boottime_ns // 10**9 for one in given if one] == [0, 900, 1800, 2700, 3600]


def test_a_step_is_said_with_its_size() -> None:
    anchoring = Anchoring()
    anchoring.look(at(0))
    given = anchoring.look(at(5, off_s=3600.0))
    assert (given.anchor.why, given.anchor.step_s) == ("step", 3600.0)
    assert anchoring.look(at(10, off_s=3600.0)) is None


@pytest.mark.parametrize("off_s", [0.4, -0.4])
def test_slewing_is_no_step(off_s: float) -> None:
    anchoring = Anchoring()
    anchoring.look(at(0))
    assert anchoring.look(at(5, off_s=off_s)) is None
    assert anchoring.jumped_s(int(6e9), NOON + timedelta(seconds=9)) == pytest.approx(3.0 - off_s)


def test_a_clock_from_before_the_software_or_the_last_anchor_is_not_believed() -> None:
    year = 365 * 86_400.0
    assert not Anchoring().is_trusted(at(0, off_s=-year))
    assert not Anchoring(NOON + timedelta(hours=2)).is_trusted(at(3600))
    assert Anchoring(NOON + timedelta(hours=2)).is_trusted(at(7300))


def test_where_the_kernel_does_not_know_the_cloud_does() -> None:
    anchoring = Anchoring()
    anchoring.look(at(1, off_s=-7000.0, synced=False))
    clocks = at(10.4, off_s=-7000.0, synced=False)
    given = anchoring.heard(int(10e9), clocks, NOON + timedelta(seconds=10.1))
    assert given.anchor.source == "cloud"
    assert given.anchor.error_s == pytest.approx(0.2)
    truth = NOON + timedelta(seconds=10.4)
    assert abs((given.anchor.utc_at - truth).total_seconds()) <= given.anchor.error_s
    assert anchoring.heard(int(20e9), at(20.1, synced=False), NOON + timedelta(seconds=20)) is None


def test_beside_a_clock_that_is_trusted_the_cloud_is_a_witness_once_an_hour() -> None:
    anchoring, given = Anchoring(), []
    for second in range(1, 7_300, 15):
        clocks = at(second + 0.4)
        anchoring.look(clocks)
        given.append(
            anchoring.heard(int(second * 1e9), clocks, NOON + timedelta(seconds=second, milliseconds=100))
        )
    said = [(one.boottime_ns // 10**9, one.anchor.source) for one in given if one]
    assert said == [(1, "cloud"), (3_601, "cloud"), (7_201, "cloud")]


def test_a_kernel_that_the_cloud_contradicts_is_not_believed_until_it_steps() -> None:
    """A clock can be wrong by an hour and call itself synchronised: it was told so by something wrong."""
    anchoring = Anchoring()
    anchoring.look(at(1, off_s=3600.0))
    wrong = at(10.2, off_s=3600.0)
    given = anchoring.heard(int(10e9), wrong, NOON + timedelta(seconds=10.1))
    assert given.anchor.source == "cloud"
    assert not anchoring.is_trusted(wrong)
    anchoring.look(at(15))
    assert anchoring.is_trusted(at(15))


def test_a_wrong_anchor_of_the_past_is_forgotten_when_the_cloud_knows_better() -> None:
    anchoring = Anchoring(NOON + timedelta(days=365))
    assert not anchoring.is_trusted(at(10))
    anchoring.heard(int(10e9), at(10.2), NOON + timedelta(seconds=10.1))
    assert anchoring.is_trusted(at(10.3))


def test_an_exchange_that_took_a_minute_says_nothing() -> None:
    anchoring = Anchoring()
    assert anchoring.heard(0, at(61.0, synced=False), NOON) is None
