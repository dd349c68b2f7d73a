"""The technician's pages on a real database: what they show, and that only our own forms change anything."""

import re
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.dashboard.bundle import STATIC, Bundle
from contract.identity import ClaimCode
from tests.cloud_under_test import EVENING, health, reading
from tests.gateway_side import enrol, exchange, token
from tests.integration.test_cloud_latest import latest
from tests.integration.test_cloud_latest import post as say_latest

pytestmark = pytest.mark.postgres
DEVICES = "/corner-bar/devices"


@pytest.fixture
def pages(cloud):
    """The pages, whether or not this checkout's assets are built."""
    names = {"main.css": "main.css", "main.js": "main.js", "icon.svg": "icon.svg"}
    cloud.client.app.state.bundle = Bundle(STATIC, names)
    return cloud


def shown(cloud, path=DEVICES):
    answer = cloud.client.get(path)
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_devices_says_how_each_gateway_is(pages):
    pages.well.send(health(software="barback 9.9", outbox_waiting=312, clock_synced=False))
    words = shown(pages)
    assert "gw-well · barback 9.9" in words
    assert "312 records" in words
    assert "Its clock is not set; let it reach a time server" in words
    assert "Gateway Back bar has not reported yet." in words


def test_how_much_a_gateway_has_still_to_send_and_how_old_is_said(pages):
    pages.well.send(reading("speed-1"), at=EVENING - timedelta(hours=30))
    pages.well.send(health(outbox_waiting=7), at=EVENING - timedelta(hours=30))
    assert "7 records, the oldest 1 d old" in shown(pages)
    say_latest(pages, pages.well, latest(pages.well, waiting=41_250))
    pages.well.send(health(outbox_waiting=8), at=EVENING - timedelta(hours=29))
    pages.well.send(reading("speed-1"), at=EVENING - timedelta(hours=3))
    assert "41,250 records, the oldest 3 h old" in shown(pages)
    pages.well.send(reading("speed-1"), health(outbox_waiting=2), at=pages.clock.now())
    assert "2 records Clock" in shown(pages)


def test_a_gateway_without_a_key_and_refusals_are_said(pages):
    pages.well.post(b"{")
    pages.well.send(reading("top-1"))
    pages.call(pages.services.gateways.revoke, "gw-back-bar")
    words = shown(pages)
    assert "Not enrolled: nothing it sends is taken. Make a code for it." in words
    assert "1 refused: malformed batch" in words
    assert "1 records set aside" in words


def test_a_click_becomes_a_command_and_its_way_is_shown(pages):
    value = token(pages.client, "gw-well", pages.well.key)
    page = pages.client.get(DEVICES).text
    form = re.search(r'action="([^"]+gw-well/identify)".*?name="id" value="(\w{32})"', page, re.DOTALL)
    for _ in range(2):  # an impatient finger
        answer = pages.client.post(form[1], data={"id": form[2]}, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, DEVICES)
    assert shown(pages).count("Find it waiting for the gateway, 0 s ago.") == 1
    (command,) = exchange(pages.client, value).commands
    assert "Find it sent, 0 s ago." in shown(pages)
    done = {"command_id": command.command_id, "state": "done", "detail": "its lamp flashes", "result": "<b>"}
    exchange(pages.client, value, reports=[done])
    assert re.search(r"Find it done in 0\.\d s, 0 s ago\. Its lamp flashes\. Read it", shown(pages))
    result = pages.client.get(f"{DEVICES}/results/{command.command_id}")
    assert (result.text, result.headers["content-type"]) == ("<b>", "text/plain; charset=utf-8")


def test_a_scale_is_chosen_by_its_place(pages):
    assert "Speed rail 1: " in shown(pages)
    assert pages.client.post(f"{DEVICES}/gw-well/tare", data={"slot": "speed-1"}).status_code == 200
    assert "Zero speed-1 waiting" in shown(pages)
    assert pages.client.post(f"{DEVICES}/gw-well/tare", data={"slot": "top-1"}).status_code == 422


def test_settings_are_asked_for_and_shown_as_reported(pages):
    value = token(pages.client, "gw-well", pages.well.key)
    form = {"reading_interval_s": "10", "health_interval_s": "", "log_level": "debug"}
    assert pages.client.post(f"{DEVICES}/gw-well/settings", data=form).status_code == 200
    wrong = pages.client.post(f"{DEVICES}/gw-well/settings", data={"reading_interval_s": "soon"})
    assert wrong.status_code == 422
    assert "reading interval s: Input should be a valid number" in wrong.text
    desired = exchange(pages.client, value).desired
    told = {"version": 1, "settings": {**desired.settings.model_dump(), "health_interval_s": 60}}
    exchange(pages.client, value, desired_version=1, reported=told)
    assert "In force: a reading every 10 s, health every 60 s, log debug." in shown(pages)


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
@pytest.mark.parametrize(
    "path", [f"{DEVICES}/gw-well/restart", f"{DEVICES}/gw-well/settings", "/corner-bar/claims"]
)
def test_a_form_of_another_site_changes_nothing(pages, path, headers):
    answer = pages.client.post(path, data={"gateway": "gw-well"}, headers=headers)
    assert answer.status_code == 403
    assert pages.rows("SELECT (SELECT count(*) FROM command) + (SELECT count(*) FROM claim) AS n") == [
        {"n": 0}
    ]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{DEVICES}/gw-attic/restart", 404),
        (f"{DEVICES}/gw-well/dance", 422),
        ("/no-bar/claims", 404),
    ],
)
def test_what_is_not_there_is_refused(pages, path, status):
    assert pages.client.post(path, data={}).status_code == status


def test_a_code_is_made_shown_and_used(pages):
    pages.call(pages.services.gateways.revoke, "gw-well")
    assert "Speed rail gw-well. Not enrolled yet." in shown(pages, "/corner-bar/claims")
    made = pages.client.post("/corner-bar/claims", data={"gateway": "gw-well"})
    code = ClaimCode.parse(re.search(r'class="code"[^>]*>([^<]+)<', made.text)[1])
    assert "Waiting for the gateway. The code holds for 15 more minutes." in re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", "", made.text)
    )
    assert "<svg" in made.text
    assert f"--token {code}" in made.text
    assert enrol(pages.client, code, Ed25519PrivateKey.generate()).status_code == 200
    words = shown(pages, made.url.path)
    assert "enrolled gw-well may speak now." in words
    assert str(code) not in words
    assert pages.client.get("/other-bar" + made.url.path.removeprefix("/corner-bar")).status_code == 404
