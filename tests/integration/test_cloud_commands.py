"""Commands and settings by long poll, against a real database: heard at once, done once, seen by people."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from contract.commands import EXCHANGE_PATH, CommandKind, RemoteSettings
from tests.cloud_under_test import refused, running_cloud
from tests.gateway_side import bearer, exchange, token

pytestmark = pytest.mark.postgres


@pytest.fixture
def well(cloud):
    """A token of gw-well."""
    return token(cloud.client, "gw-well", cloud.well.key)


def ask(cloud, kind=CommandKind.IDENTIFY, gateway_id="gw-well", **arguments):
    return cloud.call(cloud.services.commands.ask, gateway_id, kind, arguments)


def lines(cloud, gateway_id="gw-well"):
    return cloud.client.get("/api/v1/sites/corner-bar/commands").json().get(gateway_id, [])


def states(cloud):
    return [(line["kind"], line["state"]) for line in lines(cloud)]


def test_a_click_wakes_a_gateway_that_waits(cloud, well):
    with ThreadPoolExecutor() as pool:
        poll = pool.submit(exchange, cloud.client, well, wait_s=20)
        while not cloud.services.commands.wakeups._waiting:
            time.sleep(0.01)
        command_id = ask(cloud, CommandKind.TARE, slot="speed-1")
        (command,) = poll.result(timeout=10).commands
    assert (command.command_id, command.kind, command.arguments) == (command_id, "tare", {"slot": "speed-1"})
    assert 290 < command.expires_in_s <= 300


def test_a_click_in_another_process_wakes_it_too(cloud, well, database_url):
    with running_cloud(database_url) as other, ThreadPoolExecutor() as pool:
        value = token(cloud.client, "gw-back-bar", other.back_bar.key)
        poll = pool.submit(exchange, cloud.client, value, wait_s=20)
        while not cloud.services.commands.wakeups._waiting:
            time.sleep(0.01)
        ask(other, gateway_id="gw-back-bar")
        assert [command.kind for command in poll.result(timeout=10).commands] == ["identify"]


def test_a_command_comes_again_until_it_is_received_and_ends_once(cloud, well):
    command_id = ask(cloud)
    assert states(cloud) == [("identify", "waiting")]
    assert exchange(cloud.client, well).commands[0].command_id == command_id
    assert states(cloud) == [("identify", "sent")]
    assert exchange(cloud.client, well).commands[0].command_id == command_id
    received = {"command_id": command_id, "state": "received"}
    assert exchange(cloud.client, well, reports=[received]).commands == ()
    assert states(cloud) == [("identify", "received")]
    done = {"command_id": command_id, "state": "done", "detail": "blinked", "result": "all \0of it"}
    exchange(cloud.client, well, reports=[done])
    exchange(cloud.client, well, reports=[{**done, "state": "failed", "detail": "too late"}])
    (line,) = lines(cloud)
    assert (line["state"], line["detail"], line["has_result"]) == ("done", "blinked", True)
    assert cloud.call(cloud.services.commands.result, command_id) == "all of it"


def test_a_command_that_nobody_fetched_expires(cloud, well):
    ask(cloud)
    cloud.rows("UPDATE command SET expires_at = now() RETURNING 1")
    assert exchange(cloud.client, well).commands == ()
    assert states(cloud) == [("identify", "expired")]


def test_the_same_id_asks_once(cloud, well):
    for _ in range(2):
        cloud.call(lambda: cloud.services.commands.ask("gw-well", CommandKind.RESTART, command_id="c0" * 16))
    assert states(cloud) == [("restart", "waiting")]


def test_a_gateway_hears_and_reports_for_itself_only(cloud, well):
    command_id = ask(cloud, gateway_id="gw-back-bar")
    assert exchange(cloud.client, well).commands == ()
    exchange(cloud.client, well, reports=[{"command_id": command_id, "state": "done"}])
    assert lines(cloud, "gw-back-bar")[0]["state"] == "waiting"


@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        (CommandKind.TARE, {"slot": "top-1"}, "gw-well has no such slot or scale"),
        (CommandKind.TARE, {}, "gw-well has no such slot or scale"),
        (CommandKind.IDENTIFY, {"seconds": 1e9}, "choose 1 to 120"),
        (CommandKind.CALIBRATE, {"slot": "speed-1"}, "deed: choose begin, step, undo, drop"),
        (CommandKind.CALIBRATE, {"slot": "speed-1", "deed": "begin", "weight_g": "x"}, "such as 500"),
        (CommandKind.CALIBRATE, {"slot": "top-1", "deed": "step"}, "no such slot or scale"),
    ],
)
def test_what_cannot_be_asked_is_said(cloud, kind, arguments, words):
    with pytest.raises(Exception, match=words):
        ask(cloud, kind, **arguments)


def test_a_calibration_is_asked_for_step_by_step(cloud, well):
    ask(cloud, CommandKind.CALIBRATE, slot="speed-1", deed="begin", weight_g="500,5")
    ask(cloud, CommandKind.CALIBRATE, slot="speed-1", deed="step", weight_g="7")
    asked = [command.arguments for command in exchange(cloud.client, well).commands]
    assert asked == [
        {"slot": "speed-1", "deed": "begin", "weight_g": 500.5},
        {"slot": "speed-1", "deed": "step"},
    ]


def test_commands_that_wait_are_bounded(cloud):
    for _ in range(20):
        ask(cloud)
    with pytest.raises(Exception, match="20 commands wait for gw-well already; is it on"):
        ask(cloud)


def test_settings_have_versions_and_are_reported_back(cloud, well):
    want = cloud.services.commands.want
    assert cloud.call(want, "gw-well", RemoteSettings(reading_interval_s=10)) == 1
    assert cloud.call(want, "gw-well", RemoteSettings(log_level="debug")) == 2
    desired = exchange(cloud.client, well, wait_s=20).desired
    assert (desired.version, desired.settings) == (2, RemoteSettings(log_level="debug"))
    assert exchange(cloud.client, well, desired_version=2).desired is None
    told = {"version": 2, "settings": {"log_level": "debug", "reading_interval_s": 5}, "problem": None}
    exchange(cloud.client, well, desired_version=2, reported=told)
    shown = cloud.client.get("/api/v1/sites/corner-bar/gateway-settings").json()["gw-well"]
    assert (shown["version"], shown["reported_version"], shown["reported"]["log_level"]) == (2, 2, "debug")


def test_an_exchange_needs_a_token_and_is_bounded(cloud, well):
    assert refused(cloud.client.post(EXCHANGE_PATH, json={}), 401).title == "Not authorised"
    long = {"wait_s": 31}
    assert refused(cloud.client.post(EXCHANGE_PATH, json=long, headers=bearer(well)), 422).detail.startswith(
        "wait_s"
    )
    body = b" " * (512 * 1024 + 1)
    assert cloud.client.post(EXCHANGE_PATH, content=body, headers=bearer(well)).status_code == 413
