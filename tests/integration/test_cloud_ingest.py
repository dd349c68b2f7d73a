"""What becomes of signed batches: positions, replays, gaps, times, names."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from cloud.clock import Clock
from cloud.gateways.layout_door import LayoutDoor
from contract.batch import Gap
from contract.records import Lane, MovementKind, Quality, SlotShare, Stage
from tests.cloud_under_test import (
    EVENING,
    answered,
    health,
    pour,
    reading,
    record,
    refused,
    squeezed,
)

pytestmark = pytest.mark.postgres


def positions(cloud):
    return [row["seq"] for row in cloud.rows("SELECT seq FROM reading_log ORDER BY seq")]


def test_a_batch_is_stored_and_answered_with_its_mark(cloud):
    answer = cloud.back_bar.send(reading("top-1", 800.25), reading("top-2", 655.5), health())
    assert (answer.mark, answer.stored, answer.already_there, answer.flagged) == (2, 3, 0, 0)
    assert cloud.rows(
        "SELECT gateway_id, epoch, lane, seq, scale_id, slot_id, weight_g, sigma_g, quality, time_quality,"
        " recorded_at FROM reading_log WHERE seq = 1"
    ) == [
        {
            "gateway_id": "gw-back-bar",
            "epoch": cloud.back_bar.epoch,
            "lane": "states",
            "seq": 1,
            "scale_id": "top-cell-2",
            "slot_id": "top-2",
            "weight_g": 655.5,
            "sigma_g": 0.5,
            "quality": "ok",
            "time_quality": 0,
            "recorded_at": EVENING + timedelta(seconds=1),
        }
    ]
    assert cloud.rows("SELECT seq, body->>'outbox_waiting' AS waiting FROM health_log") == [
        {"seq": 2, "waiting": "3"}
    ]


def test_every_column_of_a_reading_arrives(cloud):
    cloud.back_bar.send(reading("top-1", 800.25, temperature_c=21.5, quality=Quality.UNSETTLED))
    assert cloud.rows(
        "SELECT boottime_ns, replace(boot_id::text, '-', '') AS boot_id, boot_no, lane, quality,"
        " temperature_c, claimed_at, slot_nos FROM reading"
    ) == [
        {
            "boottime_ns": 5_000_000_000,
            "boot_id": "b0" * 16,
            "boot_no": 1,
            "lane": 1,
            "quality": 1,
            "temperature_c": 21.5,
            "claimed_at": None,
            "slot_nos": None,
        }
    ]


def test_a_weight_of_several_slots_keeps_them_all(cloud):
    cloud.back_bar.send(reading("top-1", 1600.0, slots=("top-1", "top-2", "top-3")))
    rows = cloud.rows(
        "SELECT slot_no, array(SELECT slot_id FROM slot"
        " WHERE slot.slot_no = ANY (slot_nos) ORDER BY 1) AS slots"
        " FROM reading"
    )
    assert rows == [{"slot_no": None, "slots": ["top-1", "top-2", "top-3"]}]


def test_a_movement_keeps_its_posterior_and_its_doubts(cloud):
    shares = (
        SlotShare(slot_id="top-1", probability=0.25),
        SlotShare(slot_id="top-2", probability=0.5),
    )
    cloud.back_bar.send(pour("top-1", 40.0, posterior=shares, doubts=("The bottle was put down twice.",)))
    assert cloud.rows("SELECT slot_id, slot_probability, posterior, doubts, volume_ml FROM movement_log") == [
        {
            "slot_id": "top-2",
            "slot_probability": 0.5,
            "posterior": {"top-1": 0.25, "top-2": 0.5},
            "doubts": ["The bottle was put down twice."],
            "volume_ml": 40.0,
        }
    ]


def test_a_batch_whose_answer_was_lost_is_already_there(cloud):
    batch = cloud.back_bar.batch([record(reading()) for _ in range(3)])
    answered(cloud.back_bar.send_batch(batch))
    again = answered(cloud.back_bar.send_batch(batch))
    assert (again.mark, again.stored, again.already_there) == (2, 0, 3)
    assert positions(cloud) == [0, 1, 2]


def test_only_what_lies_above_the_mark_is_stored(cloud):
    cloud.back_bar.send(reading(), reading())
    batch = cloud.back_bar.batch([record(reading()) for _ in range(4)], first_seq=0)
    answer = answered(cloud.back_bar.send_batch(batch))
    assert (answer.mark, answer.stored, answer.already_there) == (3, 2, 2)
    assert positions(cloud) == [0, 1, 2, 3]


def test_a_batch_above_the_mark_is_told_where_to_begin(cloud):
    cloud.back_bar.send(reading(), reading())
    batch = cloud.back_bar.batch([record(reading())], first_seq=7)
    assert refused(cloud.back_bar.send_batch(batch), 409).expected_seq == 2
    assert positions(cloud) == [0, 1]


def test_a_lane_begins_at_zero(cloud):
    batch = cloud.back_bar.batch([record(reading())], first_seq=1)
    assert refused(cloud.back_bar.send_batch(batch), 409).expected_seq == 0


def test_a_declared_gap_moves_the_mark_and_is_kept(cloud):
    cloud.back_bar.send(reading())
    batch = cloud.back_bar.batch([record(reading())], first_seq=11)
    gap = Gap(from_seq=1, reason="the disk was full")
    answer = answered(cloud.back_bar.send_batch(batch.model_copy(update={"gap": gap})))
    assert (answer.mark, answer.stored) == (11, 1)
    assert cloud.rows("SELECT from_seq, to_seq, reason FROM gap") == [
        {"from_seq": 1, "to_seq": 10, "reason": "the disk was full"}
    ]
    assert cloud.call(cloud.services.gateways.gateways, "corner-bar")[0].given_up == 10


def test_a_gap_that_begins_above_the_mark_is_out_of_order(cloud):
    batch = cloud.back_bar.batch([record(reading())], first_seq=11)
    gap = Gap(from_seq=3, reason="the disk was full")
    assert refused(cloud.back_bar.send_batch(batch.model_copy(update={"gap": gap})), 409).expected_seq == 0


def test_a_gap_may_begin_under_the_mark(cloud):
    cloud.back_bar.send(reading(), reading())
    batch = cloud.back_bar.batch([record(reading())], first_seq=5)
    gap = Gap(from_seq=0, reason="the disk was full")
    assert answered(cloud.back_bar.send_batch(batch.model_copy(update={"gap": gap}))).mark == 5
    assert cloud.rows("SELECT from_seq, to_seq FROM gap") == [{"from_seq": 2, "to_seq": 4}]


def test_an_empty_batch_asks_for_the_mark(cloud):
    cloud.back_bar.send(reading(), reading())
    answer = answered(cloud.back_bar.send_batch(cloud.back_bar.batch([], first_seq=0)))
    assert (answer.mark, answer.stored, answer.already_there) == (1, 0, 0)


def test_an_empty_batch_with_a_gap_gives_up_what_is_before_it(cloud):
    batch = cloud.back_bar.batch([], first_seq=4).model_copy(
        update={"gap": Gap(from_seq=0, reason="outbox lost")}
    )
    assert answered(cloud.back_bar.send_batch(batch)).mark == 3


def test_lanes_and_epochs_have_marks_of_their_own(cloud):
    cloud.back_bar.send(reading(), reading())
    assert cloud.back_bar.send(pour()).mark == 0
    cloud.back_bar.epoch = "e" * 32
    assert (
        refused(
            cloud.back_bar.send_batch(cloud.back_bar.batch([record(reading())], first_seq=2)), 409
        ).expected_seq
        == 0
    )


def test_the_same_batch_twice_at_once_is_stored_once(cloud):
    batches = [cloud.back_bar.batch([record(reading()) for _ in range(50)]) for _ in range(4)]
    for batch in batches:
        with ThreadPoolExecutor(4) as pool:
            answers = [answered(a) for a in pool.map(cloud.back_bar.send_batch, [batch] * 4)]
        assert sorted(answer.stored for answer in answers) == [0, 0, 0, 50]
    assert positions(cloud) == list(range(200))


def test_gzip_is_taken_with_the_signature_over_the_plain_body(cloud):
    body = cloud.back_bar.batch([record(reading())]).model_dump_json().encode()
    assert answered(cloud.back_bar.post_gzip(squeezed(body), body)).stored == 1


def test_a_clock_that_was_not_synchronised_is_believed_less(cloud):
    cloud.back_bar.send(reading(), synced=False)
    assert cloud.rows("SELECT recorded_at, time_quality FROM reading") == [
        {"recorded_at": EVENING, "time_quality": 2}
    ]


@pytest.mark.parametrize("revision", [2, 5])
def test_a_higher_revision_supersedes(cloud, revision):
    first = pour("top-1", 30.0, stage=Stage.PROVISIONAL)
    cloud.back_bar.send(first)
    cloud.back_bar.send(
        first.model_copy(update={"revision": revision, "volume_ml": 42.0, "stage": Stage.FINAL})
    )
    lines = cloud.call(cloud.services.movements.recent, "corner-bar", 10)
    assert [(line.revision, line.volume_ml, line.stage) for line in lines] == [(revision, 42.0, "final")]
    assert len(cloud.rows("SELECT seq FROM movement_log")) == 2


def test_revisions_in_one_batch_count_by_their_number(cloud):
    first = pour("top-1", 30.0)
    later = first.model_copy(update={"revision": 3, "movement": MovementKind.REMOVAL})
    cloud.back_bar.send(later, first)
    lines = cloud.call(cloud.services.movements.recent, "corner-bar", 10)
    assert [(line.revision, line.kind) for line in lines] == [(3, "removal")]


def test_a_late_lower_revision_changes_nothing(cloud):
    later = pour("top-1", 30.0, revision=4)
    cloud.back_bar.send(later)
    cloud.back_bar.send(later.model_copy(update={"revision": 3, "volume_ml": 1.0}))
    assert [line.volume_ml for line in cloud.call(cloud.services.movements.recent, "corner-bar", 10)] == [
        30.0
    ]


def with_another_slot(layout, slot_id):
    first, *others = layout.shelves
    slots = (*first.slots, first.slots[0].model_copy(update={"id": slot_id}))
    return layout.model_copy(update={"shelves": (first.model_copy(update={"slots": slots}), *others)})


def test_a_new_slot_is_taken_although_the_old_layout_is_still_remembered(cloud, monkeypatch):
    cloud.back_bar.send(reading())
    cloud.call(cloud.services.sites.import_layout, with_another_slot(cloud.layout, "top-9"))
    later_s = cloud.clock.monotonic_s() + 2
    monkeypatch.setattr(Clock, "monotonic_s", lambda self: later_s)
    assert cloud.back_bar.send(reading(slots=("top-9",))).stored == 1


def test_what_a_newer_layout_retired_may_still_arrive(cloud):
    cloud.call(cloud.services.sites.import_layout, with_another_slot(cloud.layout, "top-9"))
    cloud.call(cloud.services.sites.import_layout, cloud.layout)
    assert cloud.back_bar.send(reading(slots=("top-9",))).stored == 1


def test_a_movement_tells_who_listens_what_changed(cloud):
    with psycopg.connect(cloud.url, autocommit=True) as connection:
        connection.execute("LISTEN barback")
        cloud.back_bar.send(reading("top-4"), reading("top-3"))
        (notice,) = connection.notifies(timeout=10, stop_after=1)
    assert notice.payload == (
        '{"site": "corner-bar", "slots": ["top-3", "top-4"], "movements": [], "gateways": ["gw-back-bar"]}'
    )


def test_health_is_known_of_the_gateway(cloud):
    scales = (
        {"scale_id": "top-cell-1", "state": "ok"},
        {"scale_id": "top-cell-2", "state": "stuck", "hint": "Look whether something leans on it."},
        {"scale_id": "speed-cell-1", "state": "silent"},
    )
    cloud.back_bar.send(health(outbox_waiting=17, scales=scales, refused={"unknown node": 4}))
    state = cloud.call(cloud.services.gateways.gateways, "corner-bar")[0]
    assert (state.gateway_id, state.outbox_waiting, state.clock_synced) == ("gw-back-bar", 17, True)
    assert state.refused == {"unknown node": 4}
    assert state.scales_in_trouble == [("top-cell-2", "stuck", "Look whether something leans on it.")]
    assert abs(state.seen_at - EVENING) < timedelta(minutes=5)


def test_numbers_that_no_column_can_hold_are_capped(cloud):
    assert cloud.back_bar.send(health(outbox_waiting=10**30, outbox_bytes=10**40, uptime_s=1e300)).stored == 1
    assert cloud.call(cloud.services.gateways.gateways, "corner-bar")[0].outbox_waiting == 2**31 - 1


def test_a_movement_of_an_unknown_product_counts_for_the_slots_product(cloud):
    answer = cloud.back_bar.send(pour("top-1", product_id="moon-juice"), lane=Lane.MOVEMENTS)
    assert (answer.stored, answer.flagged) == (1, 1)
    assert cloud.call(cloud.services.movements.recent, "corner-bar", 1)[0].product_id == "laphroaig-10"


def test_every_process_learns_of_a_new_layout(cloud, database_url):
    door = LayoutDoor(cloud.services.gateways)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"LISTEN {door.channel}")
        cloud.call(cloud.services.sites.import_layout, with_another_slot(cloud.layout, "top-9"))
        (notice,) = connection.notifies(timeout=10, stop_after=1)
        (site_no,) = connection.execute("SELECT site_no FROM site").fetchone()
    assert notice.payload == str(site_no)


def test_a_batch_without_a_bad_record_is_not_read_one_by_one(cloud, monkeypatch):
    monkeypatch.setattr("cloud.readings.service.parse_batch", None)
    assert (
        cloud.back_bar.send(reading("top-1"), health(), reading("top-2", slots=("top-2", "top-3"))).stored
        == 3
    )
