"""The technician's pages in a real browser, on the real services: everyone can use them; a click arrives."""

from itertools import product

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.app import create_app
from cloud.settings import Settings
from contract.identity import ClaimCode, claim_link
from tests.cloud_under_test import health, reading, running_cloud
from tests.gateway_side import enrol, exchange, token
from tests.postgres import running_server
from tests.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.postgres]
SITE = "corner-bar"
LOOKS = [("devices", look) for look in product(["phone", "desktop"], ["light", "dark"])] + [
    (name, look) for name in ("more", "claims") for look in (("phone", "light"), ("desktop", "dark"))
]


@pytest.fixture(scope="module")
def bar(tmp_path_factory):
    """A cloud whose gateways have something to say, and its address."""
    with running_server(tmp_path_factory.mktemp("postgres")) as server:
        server.make_template()
        try:
            with server.migrated_database() as url, running_cloud(url) as cloud:
                cloud.well.send(health(software="barback 0.1.0", clock_synced=False))
                cloud.well.send(reading("top-1"))
                with served(create_app(Settings(database_url=url))) as address:
                    yield cloud, address
        finally:
            server.drop_template()


@pytest.mark.parametrize(("name", "look"), LOOKS)
def test_everyone_can_use_the_pages(open_page, violations, bar, name, look):
    page = open_page(f"{bar[1]}/{SITE}/{name}", look[0], color_scheme=look[1])
    for summary in page.locator("details > summary").all():
        summary.click()
    assert violations(page) == []
    width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1]


def test_a_click_is_a_command_and_its_answer_comes_onto_the_page(open_page, bar):
    cloud, address = bar
    page = open_page(f"{address}/{SITE}/devices", "phone")
    page.locator("#device-gw-well").get_by_role("button", name="Find it").click()
    page.get_by_text("Find it waiting for the gateway").wait_for()
    value = token(cloud.client, "gw-well", cloud.well.key)
    (command,) = exchange(cloud.client, value).commands
    done = {"command_id": command.command_id, "state": "done", "detail": "its lamp flashes"}
    exchange(cloud.client, value, reports=[done])
    page.get_by_text("Its lamp flashes.").wait_for()


def test_what_is_being_typed_outlives_the_pages_own_renewal(open_page, bar):
    page = open_page(f"{bar[1]}/{SITE}/devices")
    page.locator("#set-gw-well summary").click()
    field = page.locator("#set-gw-well input[name=reading_interval_s]")
    field.fill("12")
    with page.expect_response(lambda answer: answer.url.endswith("/devices")):
        pass
    page.wait_for_timeout(300)
    assert field.input_value() == "12"
    assert page.locator("#set-gw-well").get_attribute("open") is not None


def read_picture(page) -> str:
    """What a camera reads off the page."""
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed (requirements/dev.txt)")
    pixels = np.frombuffer(page.locator(".qr-box").screenshot(), np.uint8)
    return str(cv2.QRCodeDetector().detectAndDecode(cv2.imdecode(pixels, cv2.IMREAD_GRAYSCALE))[0])


def test_a_code_says_when_the_gateway_has_come(open_page, violations, bar):
    cloud, address = bar
    page = open_page(f"{address}/{SITE}/claims", "phone")
    page.get_by_label("Back bar").check()
    page.get_by_role("button", name="Make a code").click()
    code = ClaimCode.parse(page.locator(".code").inner_text())
    assert read_picture(page) == claim_link(address, code)
    assert violations(page) == []
    assert enrol(cloud.client, code, Ed25519PrivateKey.generate()).status_code == 200
    page.get_by_text("gw-back-bar may speak now.").wait_for()
    assert violations(page) == []
