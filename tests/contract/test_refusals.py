"""What the wire refuses, and what it says."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from contract.bartime import BarTime
from contract.batch import Batch
from contract.device import DeviceFrame
from contract.layout import SiteLayout
from contract.records import Movement, Reading, Record
from contract.topics import NodeTopic, frame_topic, parse, status_topic
from tests.contract.test_fixtures import fixture


def changed(name: str, **changes: object) -> dict[str, object]:
    return {**json.loads(fixture(name)), **changes}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"v": 2}, "Input should be 1"),
        ({"boot": "xyz"}, "should match pattern"),
        ({"seq": -1}, "greater than or equal to 0"),
        ({"rate_hz": 0}, "greater than 0"),
        ({"rate_hz": float("nan")}, "finite number"),
        ({"channels": {}}, "at least 1 item"),
        ({"channels": {"0": []}}, "at least 1 item"),
        ({"channels": {"0": [2**23]}}, "less than or equal to 8388607"),
        ({"channels": {"left": [1]}}, "should match pattern"),
        ({"channels": {"0": [1, 2], "1": [1]}}, "same number of samples"),
        ({"channels": {"0": [1] * 401}}, "at most 400 items"),
    ],
)
def test_a_malformed_frame_is_refused_in_words(changes, words):
    with pytest.raises(ValidationError, match=words):
        DeviceFrame.model_validate(changed("device_frame", **changes))


def test_nan_is_no_weight():
    with pytest.raises(ValidationError, match="finite number"):
        Record.model_validate_json(fixture("record_reading").replace("1042.6", "NaN"))


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValidationError, match="timezone"):
        Record.model_validate_json(fixture("record_reading").replace("03.250Z", "03.250"))


def test_a_time_beyond_the_calendar_is_refused():
    told = fixture("record_reading").replace("2026-11-20T21:14:03.250Z", "9999-12-31T23:59:59-12:00")
    with pytest.raises(ValidationError, match="outside the years"):
        Record.model_validate_json(told)


def test_a_reading_without_a_weight_says_why():
    with pytest.raises(ValidationError, match="cannot have quality ok"):
        Reading(scale_id="a", weight_g=None)


def test_a_weight_comes_with_its_sigma():
    with pytest.raises(ValidationError, match="needs its sigma_g"):
        Reading(scale_id="a", weight_g=1.0)


def test_a_posterior_over_one_is_refused():
    body = json.loads(fixture("record_movement_on_a_tray"))["body"]
    body["posterior"][0]["probability"] = 0.99
    with pytest.raises(ValidationError, match=r"sums to 1\.0700, more than 1"):
        Movement.model_validate(body)


def test_a_slot_stands_once_in_a_posterior():
    body = json.loads(fixture("record_movement_on_a_tray"))["body"]
    body["posterior"] = [{"slot_id": "well-4", "probability": 0.5}] * 2
    with pytest.raises(ValidationError, match="twice"):
        Movement.model_validate(body)


def test_a_gap_ends_before_the_batch_begins():
    with pytest.raises(ValidationError, match="a gap from 120 cannot end before 120"):
        Batch.model_validate(changed("batch", gap={"from_seq": 120, "reason": "the disk was full"}))


def test_a_batch_holds_at_most_2000_records():
    record = json.loads(fixture("record_reading"))
    with pytest.raises(ValidationError, match="at most 2000 items"):
        Batch.model_validate(changed("batch", records=[record] * 2001))


def test_a_layout_names_what_is_missing():
    told = json.loads(fixture("site_layout"))
    told["shelves"][0]["slots"][0]["product"] = "absinthe"
    with pytest.raises(ValidationError, match="names the product 'absinthe', which is not in this layout"):
        SiteLayout.model_validate(told)


def test_a_layout_names_what_is_twice():
    told = json.loads(fixture("site_layout"))
    told["products"].append(told["products"][0])
    with pytest.raises(ValidationError, match="product named more than once: havana-3"):
        SiteLayout.model_validate(told)


def test_an_unknown_time_zone_is_refused():
    with pytest.raises(ValidationError, match="no such time zone 'Mars/Olympus'"):
        SiteLayout.model_validate(changed("site_layout", timezone="Mars/Olympus"))


def test_topics_are_read_back():
    assert parse(frame_topic("bar", "n1")) == NodeTopic("bar", "n1", "frame")
    assert parse(status_topic("bar", "n1")) == NodeTopic("bar", "n1", "status")


@pytest.mark.parametrize("topic", ["barback/v1/bar/n1", "barback/v2/bar/n1/frame", "barback/v1/bar/n1/other"])
def test_a_foreign_topic_is_not_ours(topic):
    assert parse(topic) is None


def test_bar_time_runs_at_its_speed():
    friday = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)
    night = BarTime.parse(str(BarTime(friday, 1000.0, 8.0)))
    assert night.at(1030.0) == datetime(2026, 11, 20, 19, 34, tzinfo=UTC)
    assert night.real_at(datetime(2026, 11, 20, 19, 34, tzinfo=UTC)) == pytest.approx(1030.0)


def test_no_bar_time_is_real_time():
    assert BarTime.parse("").at(1_000_000_000.0) == datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-11-20T20:30:00@1.0x8", "2026-11-20T20:30:00+00:00@1.0x0"]
)
def test_an_unreadable_bar_time_says_its_form(text):
    with pytest.raises(ValueError, match="is not of the form 2026-11-20T20:30:00"):
        BarTime.parse(text)
