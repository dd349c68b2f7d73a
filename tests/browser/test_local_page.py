"""The technician's page in a real browser, on a phone: PIN, live trace, three steps, undo."""

import json

import pytest

from tests.browser.conftest import PHONE
from tests.integration import test_edge_gateway
from tests.integration.sim_broker import free_port
from tests.integration.test_edge_calibration import SPAN, Pad

pytestmark = pytest.mark.browser
broker_port, cloud, edge = test_edge_gateway.broker_port, test_edge_gateway.cloud, test_edge_gateway.edge


@pytest.fixture
def pad(edge, broker_port):
    edge.environment["BARBACK_EDGE_LOCAL_PAGE_PORT"] = str(free_port())
    edge.start()
    with Pad(broker_port) as node:
        yield node


@pytest.fixture
def phone(chromium):
    context = chromium.new_context(**PHONE)
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def entered(page, edge, cloud) -> dict:
    entry = edge.data / "local_page.json"
    cloud.wait_until(lambda: bool(cloud.records) and entry.exists())
    assert entry.stat().st_mode & 0o777 == 0o600
    found = json.loads(entry.read_text())
    assert f"local page {found['url']}   PIN {found['pin']}" in edge.command("status").stdout
    page.goto(found["url"])
    page.fill("#pin", found["pin"])
    page.click("text=Enter >> nth=-1")
    page.wait_for_selector(".scales li")
    return found


def test_a_scale_is_calibrated_on_a_phone_and_undone(edge, cloud, pad, phone) -> None:
    entered(phone, edge, cloud)
    phone.click("text=top-0")
    phone.wait_for_selector(".is-still")
    assert phone.locator("[data-band]").get_attribute("height") != "0"
    phone.fill("#weight", "1000")
    phone.click("text=Calibrate in three steps")
    phone.click("text=Done, take it")
    phone.wait_for_selector("text=Step 2 of 3")
    pad.weight_g = 1000.0
    phone.click("text=Done, take it")
    phone.wait_for_selector("text=Step 3 of 3")
    phone.click("text=Done, take it")
    phone.wait_for_selector("text=Good enough to use")
    phone.click("text=Use it from now on")
    phone.wait_for_selector("text=Undo it")
    book = json.loads((edge.data / "calibration.json").read_text())
    assert abs(book["scales"]["cell-0"][0]["counts_per_g"] - SPAN) < 0.5
    phone.click("text=Undo it")
    phone.wait_for_selector("text=never calibrated here")


def test_every_page_is_readable_and_every_target_large_enough(edge, cloud, pad, phone, violations) -> None:
    found = entered(phone, edge, cloud)
    for path in ("/", "/scales/cell-0"):
        phone.goto(found["url"] + path)
        assert violations(phone) == []
        heights = phone.eval_on_selector_all(
            "a, button, input", "all => all.map(one => one.getBoundingClientRect().height)"
        )
        assert min(heights) >= 44
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
