"""Aggregates, compression and retention, the same on both kinds of database."""

import random
from datetime import UTC, datetime, time, timedelta

import psycopg
import pytest

from cloud.db.policies import Policies, apply_policies
from cloud.sites.business_day import business_day
from contract.anchors import Anchor
from contract.records import Lane, Quality
from tests.cloud_under_test import EVENING, health, pour, reading, record, running_cloud

pytestmark = pytest.mark.postgres

ZONES = ["Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Pacific/Auckland", "UTC"]
ENDS = [time(0), time(2, 30), time(3), time(4), time(6), time(12)]
BEGIN = EVENING - timedelta(hours=5)


def has_timescale(url):
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_setting('timescaledb.license', true)").fetchone()
        return row[0] == "timescale"


def send_hours(cloud, hours=5, step_s=90):
    records = [
        record(reading("top-1", 500 + place % 7), BEGIN + timedelta(seconds=place * step_s))
        for place in range(hours * 3600 // step_s)
    ]
    records[10] = record(reading("top-1", 9_999.0, quality=Quality.UNSETTLED), BEGIN + timedelta(seconds=900))
    batch = cloud.back_bar.batch(records)
    assert cloud.back_bar.send_batch(batch).status_code == 200
    return records


def chart(cloud, since, until, **query):
    answer = cloud.client.get(
        "/api/v1/sites/corner-bar/scales/top-cell-1/weights",
        params={"since": since.isoformat(), "until": until.isoformat(), **query},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def refresh(url):
    """Let TimescaleDB keep what it has, as its policy does; elsewhere there is nothing to keep."""
    if has_timescale(url):
        with psycopg.connect(url, autocommit=True) as connection:
            for view in ("reading_1m", "reading_1h", "reading_1d"):
                connection.execute(f"CALL refresh_continuous_aggregate('{view}', NULL, NULL)")


@pytest.mark.parametrize("is_refreshed", [False, True])
def test_minutes_hours_and_days_tell_what_was_measured(cloud, is_refreshed):
    records = send_hours(cloud)
    if is_refreshed:
        refresh(cloud.url)
    good = [each.body.weight_g for each in records if each.body.quality is Quality.OK]
    for days, bucket_s in ((1, 60), (30, 3_600), (900, 86_400)):
        told = chart(cloud, EVENING - timedelta(days=days), EVENING)
        assert told["bucket_s"] == bucket_s
        buckets = told["buckets"]
        assert sum(bucket["readings"] for bucket in buckets) == len(records)
        assert min(bucket["min_g"] for bucket in buckets if bucket["min_g"]) == min(good)
        assert max(bucket["max_g"] for bucket in buckets if bucket["max_g"]) == max(good)
    (day,) = buckets
    assert day["mean_g"] == pytest.approx(sum(good) / len(good))


def test_a_corrected_time_moves_within_the_aggregates(cloud):
    cloud.back_bar.send(*[reading("top-1", 600) for _ in range(5)], at=BEGIN, synced=False)
    refresh(cloud.url)
    anchor = Anchor(utc_at=BEGIN - timedelta(days=3), error_s=0.1, source="kernel", why="first")
    cloud.back_bar.send(anchor, at=None, lane=Lane.MOVEMENTS)
    refresh(cloud.url)
    for since, count in ((BEGIN - timedelta(minutes=5), 0), (BEGIN - timedelta(days=3, minutes=5), 5)):
        told = chart(cloud, since, since + timedelta(hours=1))
        assert sum(bucket["readings"] for bucket in told["buckets"]) == count


def test_a_range_that_is_too_long_or_empty_is_refused(cloud):
    for since, until in ((EVENING, EVENING), (EVENING - timedelta(days=1_600), EVENING)):
        answer = cloud.client.get(
            "/api/v1/sites/corner-bar/scales/top-cell-1/weights",
            params={"since": since.isoformat(), "until": until.isoformat()},
        )
        assert answer.status_code == 422
    unknown = {"since": BEGIN.isoformat(), "until": EVENING.isoformat()}
    assert (
        cloud.client.get("/api/v1/sites/corner-bar/scales/nowhere/weights", params=unknown).status_code == 404
    )


def test_usage_is_told_per_business_day(cloud):
    cloud.back_bar.send(pour("top-1", 40), pour("top-1", 20))
    answer = cloud.client.get(
        "/api/v1/sites/corner-bar/usage", params={"first_on": "2026-11-19", "last_on": "2026-11-21"}
    )
    (row,) = answer.json()
    assert (row["product_id"], row["day_on"], row["poured_ml"], row["pours"]) == (
        "laphroaig-10",
        "2026-11-20",
        60,
        2,
    )
    too_long = {"first_on": "2020-01-01", "last_on": "2026-11-21"}
    assert cloud.client.get("/api/v1/sites/corner-bar/usage", params=too_long).status_code == 422


def test_sql_and_python_agree_on_the_business_day(database_url):
    dice = random.Random(7)
    switches = [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)]
    switches += [datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)]
    instants = [at + timedelta(minutes=30 * step) for at in switches for step in range(-14, 15)]
    instants += [EVENING + timedelta(minutes=dice.randrange(-(10**6), 10**6)) for _ in range(40)]
    cases = [(at, zone, ends) for at in instants for zone in ZONES for ends in ENDS]
    columns = [list(column) for column in zip(*cases, strict=True)]
    with psycopg.connect(database_url) as connection:
        told = connection.execute(
            "SELECT business_day(at, zone, ends) FROM unnest(%s::timestamptz[], %s::text[], %s::time[])"
            " WITH ORDINALITY AS c (at, zone, ends, place) ORDER BY place",
            columns,
        ).fetchall()
    wrong = [case for case, (on,) in zip(cases, told, strict=True) if on != business_day(*case).on]
    assert wrong == []


def test_policies_follow_the_settings(database_url):
    said = []
    apply_policies(database_url, Policies(40, 900, 120), say=said.append)
    apply_policies(database_url, Policies(40, 900, 120), say=said.append)
    if not has_timescale(database_url):
        assert said == []
        return
    assert said == [
        "compression of reading: after 40 days.",
        "retention of reading: after 900 days.",
        "retention of health: after 120 days.",
    ]


def test_housekeeping_drops_what_is_older_than_wanted_and_nothing_else(database_url):
    settings = {"readings_kept_days": 60, "health_kept_days": 1}
    with running_cloud(database_url, **settings) as cloud:
        old, new = EVENING - timedelta(days=70), EVENING - timedelta(days=50)
        cloud.back_bar.send(reading(), reading(), health(), at=old)
        cloud.back_bar.send(reading(), at=new)
        cloud.back_bar.send(pour(), at=old)
        apply_policies(database_url, Policies(35, 60, 1), say=lambda line: None)
        run_policies(database_url, "policy_retention")
        dropped = cloud.call(cloud.services.housekeeping.keep_house)
        if not has_timescale(database_url):
            assert dropped == {"drop_readings": 2, "drop_health": 1}
        assert cloud.call(cloud.services.housekeeping.keep_house) == {}
        assert cloud.rows(
            "SELECT count(*) AS n FROM reading WHERE recorded_at < %s", old + timedelta(days=1)
        ) == [{"n": 0}]
        assert cloud.rows(
            "SELECT (SELECT count(*) FROM reading) AS r, (SELECT count(*) FROM movement) AS m"
        ) == [{"r": 1, "m": 1}]


def test_only_one_process_keeps_house(cloud):
    with psycopg.connect(cloud.url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (0x686F757365,))
        cloud.back_bar.send(reading(), at=EVENING - timedelta(days=900))
        assert cloud.call(cloud.services.housekeeping.keep_house) == {}
        assert len(cloud.rows("SELECT seq FROM reading_log")) == 1


def test_compressed_readings_are_read_and_corrected_as_others(cloud):
    """Compression is TimescaleDB's; elsewhere this only shows that nothing else changes."""
    old = EVENING - timedelta(days=50)
    cloud.back_bar.send(*[reading("top-1", 700 + place) for place in range(50)], at=old, synced=False)
    if has_timescale(cloud.url):
        run_policies(cloud.url, "policy_compression")
        (row,) = cloud.rows(
            "SELECT count(*) AS n FROM timescaledb_information.chunks"
            " WHERE hypertable_name = 'reading' AND is_compressed"
        )
        assert row["n"] >= 1
    told = chart(cloud, old - timedelta(minutes=1), old + timedelta(minutes=5))
    assert sum(bucket["readings"] for bucket in told["buckets"]) == 50
    anchor = Anchor(utc_at=old - timedelta(days=3), error_s=0.1, source="kernel", why="first")
    cloud.back_bar.send(anchor, at=None, lane=Lane.MOVEMENTS)
    assert cloud.rows("SELECT DISTINCT recorded_at, time_quality FROM reading") == [
        {"recorded_at": old - timedelta(days=3), "time_quality": 1}
    ]


def run_policies(url, kind):
    if has_timescale(url):
        with psycopg.connect(url, autocommit=True) as connection:
            for (job,) in connection.execute(
                "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = %s", (kind,)
            ).fetchall():
                connection.execute("CALL run_job(%s)", (job,))
