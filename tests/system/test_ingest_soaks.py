"""The soaks of ingest in short: a twentieth of the count (a hundredth of the fuzzing), the same code."""

import importlib

import pytest

pytestmark = [pytest.mark.system, pytest.mark.postgres, pytest.mark.timeout(400)]
TWENTIETH = 0.05


def soak(name, share=TWENTIETH):
    counts = importlib.import_module(f"benchmarks.soak.{name}").count(share)
    assert counts["broken"] == [], counts
    return counts


def test_power_cuts_of_the_database_lose_nothing():
    counts = soak("database_cuts")
    assert counts["power cuts"] >= 2
    assert counts["records acknowledged"] > 0
    assert counts["lost"] == counts["doubled"] == 0


def test_restarts_of_the_database_lose_nothing():
    counts = soak("database_restarts")
    assert counts["restarts"] >= 2
    assert counts["records acknowledged"] > 0
    assert counts["lost"] == counts["doubled"] == 0


def test_a_database_restored_to_yesterday_ends_with_nothing_missing():
    counts = soak("database_restored")
    assert counts["records in the copy"] < counts["records before the fault"] <= counts["records in the end"]
    assert counts["missing"] == 0


def test_one_bad_record_in_five_hundred_leaves_the_others_stored():
    counts = soak("bad_records")
    assert counts["kept"] == 499 * counts["batches"]


def test_a_fleet_reconnects_and_sends_without_an_error():
    counts = importlib.import_module("benchmarks.soak.fleet").count(TWENTIETH)
    assert counts["which"] == {}
    assert counts["records stored"] == counts["records acknowledged"]


def test_no_request_is_answered_with_a_fault():
    counts = soak("fuzz", share=0.01)
    assert counts["answers of 5xx"] == 0
    assert counts["readings stored all the same"] > 0
