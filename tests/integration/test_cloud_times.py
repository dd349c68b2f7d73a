"""Times that become known later: by anchors, the cloud's own clock, or neighbouring boots."""

from datetime import timedelta

import psycopg
import pytest
from psycopg.rows import dict_row

from contract.anchors import Anchor, Sent
from contract.records import Lane, MovementKind, Record
from tests.cloud_under_test import EVENING, answered, health, pour, reading

pytestmark = pytest.mark.postgres

HOUR_NS = 3_600_000_000_000
BOOTS = {number: f"{number:02x}" * 16 for number in range(1, 9)}


def at_boot(body, since_s, boot=1, wall_at=None, *, synced=False):
    return Record(
        boot_no=boot,
        boot_id=BOOTS[boot],
        boottime_ns=int(since_s * 1e9),
        wall_at=wall_at,
        synced=synced,
        body=body,
    )


def anchored(at, since_s, boot=1, error_s=0.1, source="kernel"):
    anchor = Anchor(utc_at=at, error_s=error_s, source=source, why="first")
    return at_boot(anchor, since_s, boot)


def send(gateway, *records, lane=Lane.STATES, sent=None):
    batch = gateway.batch(records, lane)
    return answered(gateway.send_batch(batch.model_copy(update={"sent": sent})))


def times(cloud, log="reading_log"):
    rows = cloud.rows(f"SELECT recorded_at, time_quality FROM {log} ORDER BY seq")
    return [(row["recorded_at"], row["time_quality"]) for row in rows]


def waiting(cloud):
    query = "SELECT (SELECT count(*) FROM {0}) AS n"
    return [
        cloud.rows(query.format(f"{table}_waiting"))[0]["n"] for table in ("reading", "movement", "health")
    ]


def ago(**spans):
    return EVENING - timedelta(**spans)


def test_rows_without_a_time_wait_beside_the_tables(cloud):
    answer = send(cloud.back_bar, at_boot(reading(), 10), at_boot(health(), 11))
    assert (answer.stored, answer.flagged) == (2, 2)
    assert send(cloud.back_bar, at_boot(pour(), 12), lane=Lane.MOVEMENTS).stored == 1
    assert waiting(cloud) == [1, 1, 1]
    assert cloud.rows("SELECT * FROM reading") == []
    assert [quality for _, quality in times(cloud)] == [3]
    (line,) = cloud.call(cloud.services.movements.recent, "corner-bar", 10)
    assert line.time_quality == 3


def test_a_late_anchor_gives_what_waits_its_time(cloud):
    send(
        cloud.back_bar, at_boot(reading("top-1"), 10), at_boot(reading("top-2"), 11.5), at_boot(health(), 12)
    )
    send(cloud.back_bar, at_boot(pour(), 20), lane=Lane.MOVEMENTS)
    send(cloud.back_bar, anchored(ago(hours=1), 3_600), lane=Lane.MOVEMENTS)
    began = ago(hours=2)
    assert waiting(cloud) == [0, 0, 0]
    assert times(cloud) == [(began + timedelta(seconds=10), 1), (began + timedelta(seconds=11.5), 1)]
    assert times(cloud, "health_log") == [(began + timedelta(seconds=12), 1)]
    assert times(cloud, "movement_log") == [(began + timedelta(seconds=20), 1)]
    (line,) = cloud.call(cloud.services.movements.recent, "corner-bar", 10)
    assert (line.at, line.time_quality) == (began + timedelta(seconds=20), 1)
    assert cloud.rows("SELECT weighed_at FROM slot_state ORDER BY slot_no LIMIT 1") == [
        {"weighed_at": began + timedelta(seconds=10)}
    ]


def test_a_believed_clock_is_corrected_by_a_late_anchor_and_its_claim_is_kept(cloud):
    wrong = ago(days=40)
    send(cloud.back_bar, at_boot(reading(), 10, wall_at=wrong))
    assert times(cloud) == [(wrong, 2)]
    send(cloud.back_bar, anchored(ago(hours=1), 10), lane=Lane.MOVEMENTS)
    assert times(cloud) == [(ago(hours=1), 1)]
    assert cloud.rows("SELECT claimed_at FROM reading") == [{"claimed_at": wrong}]


def test_a_row_after_its_anchor_has_its_time_at_once(cloud):
    send(cloud.back_bar, anchored(ago(hours=1), 100), lane=Lane.MOVEMENTS)
    answer = send(cloud.back_bar, at_boot(reading(), 160), at_boot(health(), 161))
    assert answer.flagged == 0
    assert times(cloud) == [(ago(minutes=59), 1)]


def test_the_anchor_that_leaves_the_smallest_error_counts(cloud):
    far, near = (
        anchored(ago(hours=10), 0, error_s=0.5),
        anchored(ago(hours=1, seconds=-2), 9 * 3600, error_s=0.5),
    )
    send(cloud.back_bar, far, near, lane=Lane.MOVEMENTS)
    send(cloud.back_bar, at_boot(reading(), 60), at_boot(reading(), 9 * 3600 - 60))
    assert [at for at, _ in times(cloud)] == [
        ago(hours=10) + timedelta(seconds=60),
        ago(hours=1, seconds=-2) - timedelta(seconds=60),
    ]


def test_synchronised_rows_stay_as_they_are(cloud):
    send(cloud.back_bar, at_boot(reading(), 10, wall_at=ago(minutes=5), synced=True))
    send(cloud.back_bar, anchored(ago(hours=9), 10), lane=Lane.MOVEMENTS)
    assert times(cloud) == [(ago(minutes=5), 0)]


def test_the_clock_of_the_cloud_is_an_anchor_where_there_is_no_other(cloud):
    sent = Sent(boot_no=1, boot_id=BOOTS[1], boottime_ns=100 * 10**9, round_trip_s=0.2)
    answer = send(cloud.back_bar, at_boot(reading(), 40), sent=sent)
    ((at, quality),) = times(cloud)
    assert quality == 1
    assert abs(answer.received_at - at - timedelta(seconds=60.1)) < timedelta(seconds=0.01)


@pytest.mark.parametrize("how", ["relayed", "first", "synced"])
def test_a_sending_that_tells_nothing_of_the_time_is_no_anchor(cloud, how):
    values = {"round_trip_s": None if how == "first" else 0.2, "synced": how == "synced"}
    sent = Sent(boot_no=1, boot_id=BOOTS[1], boottime_ns=100 * 10**9, **values)
    batch = cloud.back_bar.batch([at_boot(reading(), 40)]).model_copy(update={"sent": sent})
    headers = {"Barback_Answer_To": "a" * 32} if how == "relayed" else {}
    answered(cloud.back_bar.post(batch.model_dump_json().encode(), **headers))
    assert [quality for _, quality in times(cloud)] == [3]


def test_a_replayed_batch_is_no_anchor(cloud):
    batch = cloud.back_bar.batch([at_boot(reading(), 40)])
    answered(cloud.back_bar.send_batch(batch))
    sent = Sent(boot_no=1, boot_id=BOOTS[1], boottime_ns=41 * 10**9, round_trip_s=0.2)
    more = [at_boot(reading(), 40), at_boot(reading(), 41)]
    again = batch.model_copy(update={"sent": sent, "records": more})
    assert answered(cloud.back_bar.send_batch(again)).stored == 1
    assert [quality for _, quality in times(cloud)] == [3, 3]


def test_a_boot_without_an_anchor_lies_between_its_neighbours(cloud):
    send(cloud.back_bar, at_boot(reading(), 0, 1, ago(hours=10), synced=True))
    send(cloud.back_bar, at_boot(reading(), 0, 2), at_boot(reading(), 3_600, 2))
    assert [quality for _, quality in times(cloud)] == [0, 3, 3]
    send(cloud.back_bar, at_boot(reading(), 0, 3, ago(hours=1), synced=True))
    send(cloud.back_bar, anchored(ago(hours=1), 0, 3), lane=Lane.MOVEMENTS)
    (first, last) = [at for at, quality in times(cloud) if quality == 2]
    assert waiting(cloud) == [0, 0, 0]
    middle = ago(hours=10) + (timedelta(hours=9) - timedelta(hours=1)) / 2
    assert abs(first - middle) < timedelta(seconds=2)
    assert abs(last - first - timedelta(hours=1)) < timedelta(seconds=2)


def test_an_anchor_ends_what_was_only_bounded(cloud):
    send(cloud.back_bar, anchored(ago(hours=10), 0, 1), lane=Lane.MOVEMENTS)
    send(cloud.back_bar, at_boot(reading(), 60, 2))
    send(cloud.back_bar, anchored(ago(hours=1), 0, 3), lane=Lane.MOVEMENTS)
    assert [quality for _, quality in times(cloud)] == [2]
    send(cloud.back_bar, anchored(ago(hours=4), 0, 2), lane=Lane.MOVEMENTS)
    assert times(cloud) == [(ago(hours=4) + timedelta(seconds=60), 1)]


def test_a_corrected_time_moves_the_pour_to_its_business_day(cloud):
    send(cloud.back_bar, at_boot(pour("top-1", 40), 0), lane=Lane.MOVEMENTS)
    assert [(row["day_on"].isoformat(), row["poured_ml"]) for row in usage(cloud)] == [("2026-11-20", 40)]
    send(cloud.back_bar, anchored(ago(days=3), 0), lane=Lane.MOVEMENTS)
    assert [(row["day_on"].isoformat(), row["poured_ml"]) for row in usage(cloud)] == [("2026-11-17", 40)]


def test_usage_is_the_sum_of_the_newest_revisions(cloud):
    first, second = pour("top-1", 30), pour("top-1", 20)
    cloud.back_bar.send(first, second)
    cloud.back_bar.send(first.model_copy(update={"revision": 2, "volume_ml": 45.0}))
    cloud.back_bar.send(second.model_copy(update={"revision": 2, "movement": MovementKind.REMOVAL}))
    (row,) = usage(cloud)
    assert (row["poured_ml"], row["pours"]) == (45.0, 1)
    assert row["sigma_ml"] == pytest.approx(0.9)


def test_anchors_keep_their_place_in_the_lane(cloud):
    answer = send(cloud.back_bar, at_boot(pour(), 5), anchored(ago(hours=1), 10), lane=Lane.MOVEMENTS)
    assert (answer.mark, answer.stored) == (1, 2)
    assert cloud.rows("SELECT seq, source, why FROM anchor_log") == [
        {"seq": 1, "source": "kernel", "why": "first"}
    ]
    assert [quality for _, quality in times(cloud, "movement_log")] == [1]


def test_an_anchor_that_cannot_be_true_corrects_nothing(cloud):
    send(cloud.back_bar, at_boot(reading(), 10))
    send(cloud.back_bar, anchored(EVENING + timedelta(days=1), 10), lane=Lane.MOVEMENTS)
    assert [quality for _, quality in times(cloud)] == [3]


def test_a_boot_clock_that_is_none_leads_nowhere(cloud):
    """Centuries after its anchor: such a row is kept, with the time of its arrival."""
    send(cloud.back_bar, at_boot(reading(), 9e9), at_boot(health(), 9e9))
    send(cloud.back_bar, at_boot(pour(), 9e9), anchored(ago(hours=1), 10), lane=Lane.MOVEMENTS)
    send(cloud.back_bar, at_boot(reading(), 9e9))
    assert [quality for _, quality in times(cloud)] == [3, 3]
    assert [quality for _, quality in times(cloud, "movement_log")] == [3]
    assert all(abs(at - EVENING) < timedelta(minutes=5) for at, _ in times(cloud))


def lying(body, since_s, boot=1):
    """The word of a gateway that began 9 h ago, and whose kernel calls right what is an hour ahead."""
    return at_boot(body, since_s, boot, ago(hours=8) + timedelta(seconds=since_s), synced=True)


def test_the_cloud_finds_out_a_kernel_that_called_a_wrong_clock_right(cloud):
    send(cloud.back_bar, lying(reading("top-1"), 10), lying(health(), 11))
    send(cloud.back_bar, lying(pour(), 12), anchored(ago(hours=8), 0, error_s=0.02), lane=Lane.MOVEMENTS)
    assert times(cloud) == [(ago(hours=8) + timedelta(seconds=10), 0)]
    send(cloud.back_bar, anchored(ago(hours=9), 0, error_s=0.3, source="cloud"), lane=Lane.MOVEMENTS)
    assert times(cloud) == [(ago(hours=9) + timedelta(seconds=10), 1)]
    assert times(cloud, "health_log") == [(ago(hours=9) + timedelta(seconds=11), 1)]
    assert times(cloud, "movement_log") == [(ago(hours=9) + timedelta(seconds=12), 1)]
    assert cloud.rows("SELECT claimed_at FROM reading") == [
        {"claimed_at": ago(hours=8) + timedelta(seconds=10)}
    ]


@pytest.mark.parametrize("now", ["another boot", "not synchronised", "stepped since"])
def test_what_a_lying_kernel_dated_is_corrected_when_it_comes_late(cloud, now):
    send(
        cloud.back_bar,
        anchored(ago(hours=8), 0, error_s=0.02),
        anchored(ago(hours=9), 0, error_s=0.3, source="cloud"),
        lane=Lane.MOVEMENTS,
    )
    boot = 2 if now == "another boot" else 1
    sent = Sent(
        boot_no=boot,
        boot_id=BOOTS[boot],
        boottime_ns=9 * HOUR_NS,
        wall_at=EVENING,
        synced=now != "not synchronised",
    )
    send(cloud.back_bar, lying(reading(), 10), lying(health(), 11), sent=sent)
    assert times(cloud) == [(ago(hours=9) + timedelta(seconds=10), 1)]
    assert times(cloud, "health_log") == [(ago(hours=9) + timedelta(seconds=11), 1)]


def test_rows_that_the_cloud_does_not_contradict_stay_as_their_kernel_dated_them(cloud):
    send(cloud.back_bar, anchored(ago(hours=8, seconds=1), 0, source="cloud"), lane=Lane.MOVEMENTS)
    sent = Sent(boot_no=2, boot_id=BOOTS[2], boottime_ns=0)
    send(cloud.back_bar, lying(reading(), 10), sent=sent)
    assert times(cloud) == [(ago(hours=8) + timedelta(seconds=10), 0)]


def test_two_gateways_with_the_same_boot_do_not_mix(cloud):
    send(cloud.back_bar, at_boot(reading(), 10))
    send(cloud.well, anchored(ago(hours=1), 10), lane=Lane.MOVEMENTS)
    assert [quality for _, quality in times(cloud)] == [3]


def usage(cloud):
    with psycopg.connect(cloud.url, row_factory=dict_row) as connection:
        return connection.execute("SELECT * FROM usage_day ORDER BY day_on").fetchall()
