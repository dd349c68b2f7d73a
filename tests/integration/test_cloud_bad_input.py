"""Bad input from gateways: refused or flagged with a reason, counted, visible; the rest lands."""

import gzip
import json

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.batch import MAX_BATCH_BYTES, SIGNATURE_HEADER
from contract.records import Lane
from tests.cloud_under_test import (
    EVENING,
    FakeGateway,
    answered,
    health,
    pour,
    reading,
    record,
    refused,
    running_cloud,
    squeezed,
)

pytestmark = pytest.mark.postgres


def state_of(cloud, gateway_id="gw-back-bar"):
    states = cloud.call(cloud.services.gateways.gateways, "corner-bar")
    return next(state for state in states if state.gateway_id == gateway_id)


def quarantine_of(cloud, gateway_id="gw-back-bar"):
    return cloud.call(cloud.services.gateways.quarantined, gateway_id)


def raw_batch(gateway, *records, **head):
    """A batch as a dictionary, so that it can be made wrong."""
    batch = json.loads(gateway.batch([], first_seq=0).model_dump_json())
    return {**batch, "records": list(records), **head}


def good(slot="top-1"):
    return json.loads(record(reading(slot)).model_dump_json())


def send_raw(gateway, batch):
    return gateway.post(json.dumps(batch).encode())


def test_what_is_no_json_is_refused(cloud):
    problem = refused(cloud.back_bar.post(b"{"), 422)
    assert problem.detail.startswith("this is no batch of version 1: body: Invalid JSON")
    assert state_of(cloud).refused == {"malformed batch": 1}


def test_a_batch_without_its_head_is_refused(cloud):
    batch = raw_batch(cloud.back_bar)
    del batch["epoch"]
    assert refused(send_raw(cloud.back_bar, batch), 422).detail == (
        "this is no batch of version 1: epoch: Field required"
    )


def test_another_version_is_refused(cloud):
    problem = refused(send_raw(cloud.back_bar, raw_batch(cloud.back_bar, good(), v=2)), 422)
    assert problem.detail == "this is no batch of version 1: v: Input should be 1"
    assert state_of(cloud).refused == {"malformed batch": 1}


def test_too_many_records_are_refused(cloud):
    batch = raw_batch(cloud.back_bar, *([good()] * 2001))
    assert "at most 2000 items" in refused(send_raw(cloud.back_bar, batch), 422).detail


def test_an_unknown_gateway_is_refused_and_remembered_as_a_stranger(cloud):
    stranger = FakeGateway(cloud.client, "gw-attic", Ed25519PrivateKey.generate())
    for _ in range(2):
        problem = refused(stranger.send_batch(stranger.batch([record(reading())])), 401)
    assert problem.detail == "no site has a gateway 'gw-attic'; import a layout that names it"
    (known,) = cloud.call(cloud.services.gateways.strangers)
    assert (known.gateway_id, known.batches) == ("gw-attic", 2)


def test_only_the_newest_strangers_are_remembered(cloud):
    for number in range(60):
        stranger = FakeGateway(cloud.client, f"gw-{number}", cloud.back_bar.key)
        refused(stranger.send_batch(stranger.batch([])), 401)
    known = {stranger.gateway_id for stranger in cloud.call(cloud.services.gateways.strangers)}
    assert len(known) == 50
    assert "gw-59" in known
    assert "gw-0" not in known


def test_a_signature_of_another_key_is_refused(cloud):
    forger = FakeGateway(cloud.client, "gw-back-bar", Ed25519PrivateKey.generate())
    problem = refused(forger.send_batch(forger.batch([record(reading())])), 401)
    assert problem.detail.startswith("the signature does not fit this body and any key of 'gw-back-bar'")
    assert state_of(cloud).refused == {"signature does not fit": 1}
    assert cloud.rows("SELECT 1 FROM reading") == []


def test_a_body_changed_on_the_way_is_refused(cloud):
    body = json.dumps(raw_batch(cloud.back_bar, good())).encode()
    signature = cloud.back_bar.signature(body)
    changed = body.replace(b"800", b"900")
    assert changed != body
    refused(cloud.back_bar.post(changed, **{SIGNATURE_HEADER: signature}), 401)


@pytest.mark.parametrize("signature", ["", "ed25519", "ed25519 !!", "ed25519 AAAA", "rsa " + "A" * 86 + "=="])
def test_a_signature_of_another_form_is_refused(cloud, signature):
    problem = refused(cloud.back_bar.post(b"{}", **{SIGNATURE_HEADER: signature}), 401)
    assert problem.detail == "the header Barback-Signature must be 'ed25519 <base64 of 64 bytes>'"


def test_a_gateway_can_only_speak_for_itself(cloud):
    body = cloud.well.batch([record(reading("speed-1"))]).model_dump_json().encode()
    problem = refused(cloud.back_bar.post(body), 401)
    assert problem.detail == (
        "'gw-back-bar' signed a batch of 'gw-well'; a gateway can only speak for itself"
    )
    assert state_of(cloud).refused == {"batch of another gateway": 1}


def test_a_revoked_key_is_refused(cloud):
    cloud.back_bar.send(reading())
    assert cloud.call(cloud.services.gateways.revoke, "gw-back-bar") == 1
    refused(cloud.back_bar.send_batch(cloud.back_bar.batch([record(reading())])), 401)


def test_a_body_over_the_limit_is_refused(cloud):
    problem = refused(cloud.back_bar.post(b" " * 10_000_000), 413)
    assert problem.detail == "a batch may have 4,194,304 bytes; send fewer records at a time"
    assert state_of(cloud).refused == {"too large": 1}


def test_a_body_over_the_limit_is_refused_while_it_streams(cloud):
    signed = cloud.back_bar.signature(b"")
    chunks = (b" " * 100_000 for _ in range(100))
    refused(cloud.back_bar.post(b"", raw=chunks, **{SIGNATURE_HEADER: signed}), 413)


def test_a_small_body_that_expands_over_the_limit_is_refused(cloud):
    bomb = gzip.compress(b" " * (200 * 1024 * 1024))
    assert len(bomb) < 250_000
    refused(cloud.back_bar.post_gzip(bomb, b""), 413)
    assert state_of(cloud).refused == {"too large": 1}


def test_the_largest_body_is_read(cloud):
    body = json.dumps(raw_batch(cloud.back_bar, good())).encode()
    padded = body + b" " * (MAX_BATCH_BYTES - len(body))
    assert answered(cloud.back_bar.post_gzip(squeezed(padded), padded)).stored == 1


@pytest.mark.parametrize(
    "body",
    [b"no gzip", gzip.compress(b"{}")[:-3], gzip.compress(b"{}") + b"more"],
    ids=["no gzip", "cut short", "with more behind"],
)
def test_a_broken_gzip_stream_is_refused(cloud, body):
    refused(cloud.back_bar.post_gzip(body, b"{}"), 422)


@pytest.mark.parametrize(
    ("header", "value"),
    [("Content-Type", "text/csv"), ("Content-Type", ""), ("Content-Encoding", "br")],
)
def test_another_media_type_or_encoding_is_refused(cloud, header, value):
    refused(cloud.back_bar.post(b"{}", **{header: value}), 415)
    assert state_of(cloud).refused == {"wrong media type": 1}


def test_one_bad_record_does_not_stop_the_other_499(cloud):
    records = [good() for _ in range(500)]
    records[217]["body"]["weight_g"] = "heavy"
    answer = answered(send_raw(cloud.back_bar, raw_batch(cloud.back_bar, *records)))
    assert (answer.mark, answer.stored) == (499, 499)
    (bad,) = answer.quarantined
    assert bad.seq == 217
    assert bad.reason.startswith("body.reading.weight_g: Input should be a valid number")
    assert len(cloud.rows("SELECT 1 FROM reading")) == 499
    assert state_of(cloud).quarantined == 1
    (kept,) = quarantine_of(cloud)
    assert (kept.seq, kept.lane, kept.reason) == (217, "states", bad.reason)
    assert '"weight_g": "heavy"' in kept.record


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_is_quarantined(cloud, number):
    body = json.dumps(raw_batch(cloud.back_bar, good(), good())).replace("800.0", number, 1).encode()
    answer = answered(cloud.back_bar.post(body))
    assert (answer.stored, [bad.reason for bad in answer.quarantined]) == (
        1,
        ["body.reading.weight_g: Input should be a finite number"],
    )


@pytest.mark.parametrize(
    ("at", "claimed"),
    [
        ("2026-11-20T21:00:00Z", True),
        ("2023-12-31T23:59:59Z", True),
        ("1970-01-01T00:00:00Z", True),
        ("9999-12-31T23:59:59Z", True),
        (None, False),
    ],
)
def test_a_time_that_cannot_be_is_replaced_by_the_arrival_and_flagged(cloud, at, claimed):
    answer = answered(send_raw(cloud.back_bar, raw_batch(cloud.back_bar, {**good(), "wall_at": at})))
    assert (answer.stored, answer.flagged) == (1, 1)
    (row,) = cloud.rows("SELECT recorded_at, received_at, claimed_at, time_quality FROM reading_waiting")
    assert row["time_quality"] == 3
    assert row["recorded_at"] == row["received_at"]
    assert 0 <= (row["recorded_at"] - EVENING).total_seconds() < 300
    assert (row["claimed_at"] is not None) is claimed
    assert state_of(cloud).flagged == 1


def test_a_time_four_minutes_ahead_is_believed(cloud):
    ahead = {**good(), "wall_at": "2026-11-20T20:04:00Z"}
    assert answered(send_raw(cloud.back_bar, raw_batch(cloud.back_bar, ahead))).flagged == 0


@pytest.mark.parametrize("at", ["2026-11-20T20:00:00", "soon", 17e300, "9999-12-31T23:59:59-12:00"])
def test_a_time_that_is_none_is_quarantined(cloud, at):
    answer = answered(send_raw(cloud.back_bar, raw_batch(cloud.back_bar, {**good(), "wall_at": at}, good())))
    assert (answer.stored, [bad.seq for bad in answer.quarantined]) == (1, [0])
    assert answer.quarantined[0].reason.startswith("wall_at: ")


def test_an_unknown_scale_is_quarantined(cloud):
    bad = good()
    bad["body"]["scale_id"] = "cellar-1"
    answer = answered(send_raw(cloud.back_bar, raw_batch(cloud.back_bar, bad, good())))
    assert answer.stored == 1
    assert [(each.seq, each.reason) for each in answer.quarantined] == [
        (0, "scale 'cellar-1' is not one of gw-back-bar's; import the present layout")
    ]


def test_a_scale_of_another_gateway_is_quarantined(cloud):
    answer = cloud.back_bar.send(reading("speed-1"), pour("speed-1"), lane=Lane.STATES)
    assert answer.stored == 0
    assert [each.reason for each in answer.quarantined] == [
        "scale 'speed-cell-1' is not one of gw-back-bar's; import the present layout",
        "a movement does not travel in the lane states",
    ]


def test_a_slot_of_another_gateway_is_quarantined(cloud):
    answer = cloud.back_bar.send(reading("top-1", slots=("speed-1",)))
    assert answer.quarantined[0].reason == (
        "slot 'speed-1' is not one of gw-back-bar's; import the present layout"
    )


def test_a_text_that_no_database_can_hold_is_quarantined(cloud):
    doubtful = pour(doubts=("before\0after",))
    answer = cloud.back_bar.send(doubtful, pour())
    assert (answer.stored, [each.reason for each in answer.quarantined]) == (
        1,
        ["a text in this record holds the character NUL"],
    )


def test_records_in_the_wrong_lane_are_quarantined(cloud):
    answer = cloud.back_bar.send(reading(), health(), lane=Lane.MOVEMENTS)
    assert [each.reason for each in answer.quarantined] == [
        "a reading does not travel in the lane movements",
        "a health does not travel in the lane movements",
    ]


def test_the_quarantine_keeps_only_the_newest_and_counts_all(database_url):
    with running_cloud(database_url, quarantine_rows=5) as cloud:
        for _ in range(3):
            cloud.back_bar.send(*[reading("speed-1") for _ in range(4)])
        assert [kept.seq for kept in quarantine_of(cloud)] == [11, 10, 9, 8, 7]
        assert state_of(cloud).quarantined == 12


def test_a_quarantined_record_is_not_quarantined_again(cloud):
    batch = cloud.back_bar.batch([record(reading("speed-1")), record(reading())])
    answered(cloud.back_bar.send_batch(batch))
    assert answered(cloud.back_bar.send_batch(batch)).quarantined == ()
    assert state_of(cloud).quarantined == 1


def test_more_batches_than_places_are_asked_to_wait(database_url):
    with running_cloud(database_url, max_ingests=1, ingest_wait_s=0) as cloud:
        place = cloud.services.readings.admitted()
        cloud.call(place.__aenter__)
        response = cloud.back_bar.send_batch(cloud.back_bar.batch([record(reading())], first_seq=0))
        cloud.call(place.__aexit__, None, None, None)
        refused(response, 429)
        assert 2 <= int(response.headers["retry-after"]) <= 45
        assert cloud.back_bar.send(reading()).stored == 1


def test_without_its_database_the_cloud_asks_to_wait(cloud):
    cloud.back_bar.send(reading())
    with psycopg.connect(cloud.url.rsplit("/", 1)[0] + "/postgres", autocommit=True) as admin:
        name = cloud.url.rsplit("/", 1)[1]
        admin.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        batch = cloud.back_bar.batch([record(reading())])
        response = cloud.back_bar.send_batch(batch)
        problem = refused(response, 503)
        admin.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
    assert problem.detail.startswith("the database cannot be reached just now; keep what you have")
    assert response.headers["retry-after"] == "5"


def test_a_path_that_is_not_there_is_a_problem_too(cloud):
    assert refused(cloud.client.get("/api/v1/nothing"), 404).title == "Not Found"


@pytest.mark.parametrize("address", ["/api/v1/suppliers?site=a%00b", "/api/v1/suppliers/pricing?site=%00"])
def test_a_text_that_the_database_cannot_hold_is_refused_and_no_fault(cloud, address):
    assert refused(cloud.client.get(address), 422).detail == (
        "a text in this request holds the character NUL; leave it out"
    )
