"""Columns get the very times that contract.timeline gives row by row."""

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cloud.readings.columns import Told, columns_of, instant_of
from cloud.readings.placing import KnownBoot, Timeline
from contract.timeline import CONTRADICTION_S, Boot, Tie, TimeQuality, place, settle, witness_of

NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
HOUR_NS = 3_600_000_000_000
MICROSECOND = timedelta(microseconds=1)


def boot_id(number):
    return bytes([number]) * 16


ties = st.lists(
    st.builds(
        Tie,
        boottime_ns=st.integers(0, 9 * HOUR_NS),
        utc_at=st.integers(0, 10**12).map(lambda us: NOW - timedelta(days=30) + us * MICROSECOND),
        error_s=st.floats(0, 10, allow_subnormal=False),
        is_clouds=st.booleans(),
    ),
    max_size=3,
).map(tuple)


def told(seq, boot, boottime_ns, wall_at=None, *, synced=False):
    return Told(seq, boottime_ns, boot, boot_id(boot), wall_at, synced, 1, 0, (1,), 1.0, 1.0, None)


@settings(max_examples=150)
@given(st.lists(ties, min_size=1, max_size=4), st.lists(st.integers(0, 10 * HOUR_NS), min_size=1, max_size=6))
def test_rows_without_a_clock_are_where_the_contract_places_them(ties_of_boots, boottimes):
    known = [
        KnownBoot(boot_id(number), number, 10 * HOUR_NS, own) for number, own in enumerate(ties_of_boots)
    ]
    timeline = Timeline(known, NOW)
    rows = [told(seq, seq % len(known), at_ns) for seq, at_ns in enumerate(boottimes)]
    placed = timeline.place_readings(columns_of(rows, NOW), NOW)
    boots = [Boot(number, 10 * HOUR_NS, own) for number, own in enumerate(ties_of_boots)]
    for row, at_us, quality in zip(rows, placed.recorded_us, placed.time_quality, strict=True):
        theirs = place(boots, row.boot_no, row.boottime_ns, NOW)
        if theirs.quality is TimeQuality.CORRECTED and theirs.at > NOW + timedelta(minutes=5):
            assert quality == TimeQuality.UNKNOWN
        elif theirs.quality is TimeQuality.CORRECTED:
            assert quality == TimeQuality.CORRECTED
            assert abs(instant_of(at_us) - theirs.at) <= 2 * MICROSECOND
        elif quality == TimeQuality.BOUNDED:
            assert theirs.quality is TimeQuality.BOUNDED
            assert abs(instant_of(at_us) - theirs.at) <= timedelta(milliseconds=1)
        else:
            assert quality == TimeQuality.UNKNOWN
            assert instant_of(at_us) == NOW


@settings(max_examples=150)
@given(ties, st.integers(0, 10 * HOUR_NS), st.integers(-20, 20))
def test_a_kernels_word_stands_where_the_contract_lets_it_stand(own, at_ns, off_s):
    nearest = min(own, key=lambda tie: tie.error_at(at_ns), default=Tie(0, NOW - timedelta(days=1), 0))
    said_at = nearest.at(at_ns) + timedelta(seconds=off_s)
    theirs = settle([Boot(0, 10 * HOUR_NS, own)], 0, at_ns, NOW, said_at)
    assume(max(theirs.at, said_at) <= NOW)
    witness = witness_of(own, at_ns)
    if witness is not None:  # a microsecond more or less decides nothing
        off = abs((said_at - witness.at(at_ns)).total_seconds())
        assume(abs(off - CONTRADICTION_S - witness.error_at(at_ns)) > 1e-3)
    columns = columns_of([told(0, 0, at_ns, said_at, synced=True)], NOW)
    placed = Timeline([KnownBoot(boot_id(0), 0, 10 * HOUR_NS, own)], NOW).place_readings(columns, NOW)
    assert placed.time_quality[0] == theirs.quality
    assert abs(instant_of(placed.recorded_us[0]) - theirs.at) <= 2 * MICROSECOND


def test_the_newest_boot_waits_although_the_one_before_is_tied():
    tie = Tie(0, NOW - timedelta(hours=5), 0.1)
    timeline = Timeline([KnownBoot(boot_id(0), 0, HOUR_NS, (tie,)), KnownBoot(boot_id(1), 1, HOUR_NS)], NOW)
    placed = timeline.place_readings(columns_of([told(0, 1, 5)], NOW), NOW)
    assert placed.time_quality.tolist() == [TimeQuality.UNKNOWN]


def test_what_its_gateway_dated_by_a_synchronised_clock_stays():
    wall_at = NOW - timedelta(minutes=3)
    tie = Tie(0, NOW - timedelta(hours=5), 0.1)
    columns = columns_of([told(0, 0, 5, wall_at, synced=True), told(1, 0, 5, wall_at)], NOW)
    placed = Timeline([KnownBoot(boot_id(0), 0, HOUR_NS, (tie,))], NOW).place_readings(columns, NOW)
    assert [instant_of(at) for at in placed.recorded_us] == [wall_at, tie.utc_at]
    assert placed.time_quality.tolist() == [TimeQuality.SYNCED, TimeQuality.CORRECTED]


def test_a_boot_that_nobody_knows_has_no_time():
    placed = Timeline([], NOW).place_readings(columns_of([told(0, 3, 5)], NOW), NOW)
    assert np.array_equal(placed.time_quality, [TimeQuality.UNKNOWN])
