"""What every scale shows now, ahead of any backlog; durable rows of later positions replace it."""

import base64
from datetime import timedelta

import pytest

from contract.anchors import Sent
from contract.batch import GATEWAY_HEADER, SIGNATURE_HEADER
from contract.latest import LATEST_PATH, Latest, LatestAnswer, LatestReading, latest_signing_input
from contract.records import Quality
from tests.cloud_under_test import BOOT, EVENING, reading, refused, silence

pytestmark = pytest.mark.postgres

SENT_NS = 100 * 10**9


def latest(gateway, *readings, next_seq=1_000, age_s=2, **values):
    sent = Sent(boot_no=1, boot_id=BOOT, boottime_ns=SENT_NS, round_trip_s=0.2)
    shown = tuple(LatestReading(boottime_ns=SENT_NS - int(age_s * 1e9), reading=each) for each in readings)
    told = {"gateway_id": gateway.gateway_id, "epoch": gateway.epoch, "next_seq": next_seq, "sent": sent}
    return Latest(**{**told, "readings": shown, **values})


def post(cloud, gateway, message, prefix=latest_signing_input):
    body = message.model_dump_json().encode()
    signature = "ed25519 " + base64.b64encode(gateway.key.sign(prefix(body))).decode()
    headers = {
        GATEWAY_HEADER: gateway.gateway_id,
        SIGNATURE_HEADER: signature,
        "Content-Type": "application/json",
    }
    return cloud.client.post(LATEST_PATH, content=body, headers=headers)


def shown(cloud, slot="top-1"):
    return cloud.rows(
        "SELECT weight_g, quality, seen_at, weighed_at, seq FROM slot_state JOIN slot USING (slot_no)"
        " WHERE slot_id = %s",
        slot,
    )


def test_a_slot_shows_what_its_scale_shows_now_and_nothing_is_stored(cloud):
    answer = LatestAnswer.model_validate_json(
        post(cloud, cloud.back_bar, latest(cloud.back_bar, reading("top-1", 640.5), silence("top-2"))).content
    )
    (row,) = shown(cloud)
    assert row["weight_g"] == 640.5
    assert abs(answer.received_at - row["weighed_at"] - timedelta(seconds=2.1)) < timedelta(milliseconds=5)
    assert shown(cloud, "top-2")[0]["weighed_at"] is None
    assert cloud.rows("SELECT * FROM reading_log") == []


def test_a_backlog_does_not_take_it_back_and_a_later_row_replaces_it(cloud):
    post(cloud, cloud.back_bar, latest(cloud.back_bar, reading("top-1", 640), next_seq=3))
    cloud.back_bar.send(
        *[reading("top-1", 100 + place) for place in range(3)], at=EVENING - timedelta(days=3)
    )
    assert shown(cloud)[0]["weight_g"] == 640
    cloud.back_bar.send(reading("top-1", 555))
    assert shown(cloud)[0]["weight_g"] == 555


def test_the_next_one_of_the_same_position_counts_more(cloud):
    for weight_g in (640, 630):
        post(cloud, cloud.back_bar, latest(cloud.back_bar, reading("top-1", weight_g)))
    assert shown(cloud)[0]["weight_g"] == 630


def test_a_bad_weight_keeps_the_last_good_one(cloud):
    post(cloud, cloud.back_bar, latest(cloud.back_bar, reading("top-1", 640)))
    bad = reading("top-1", 20, quality=Quality.IN_HAND)
    post(cloud, cloud.back_bar, latest(cloud.back_bar, bad))
    assert (shown(cloud)[0]["weight_g"], shown(cloud)[0]["quality"]) == (640, 2)


def test_readings_of_another_gateways_slots_are_passed_over(cloud):
    assert post(cloud, cloud.back_bar, latest(cloud.back_bar, reading("speed-1"))).status_code == 200
    assert shown(cloud, "speed-1") == []


def test_a_signature_of_a_batch_does_not_fit(cloud):
    message = latest(cloud.back_bar, reading())
    refused(post(cloud, cloud.back_bar, message, prefix=lambda body: b"barback-batch-v1\n" + body), 401)
    refused(post(cloud, cloud.back_bar, latest(cloud.well, reading("speed-1"))), 401)


def test_what_is_no_message_is_malformed_and_what_is_too_long_too_large(cloud):
    class Raw:
        def __init__(self, text):
            self.text = text

        def model_dump_json(self):
            return self.text

    refused(post(cloud, cloud.back_bar, Raw("{}")), 422)
    refused(post(cloud, cloud.back_bar, Raw(" " * 200_000)), 413)
