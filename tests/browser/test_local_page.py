"""The technician's page in a real browser, on a phone: PIN, live trace, three steps, undo."""

import json

import cv2
import pytest

from firmware_sim.render.bar_view import BarView, Standing, bar_products
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


def test_places_are_drawn_with_a_thumb(edge, cloud, pad, phone, tmp_path) -> None:
    view = BarView(["top-0"], seed=3)
    cv2.imwrite(
        str(tmp_path / "shelf.png"), view.picture({"top-0": Standing(bar_products(1, 3)[0], 0.5)}, 1).image
    )
    edge.stop()
    edge.environment["BARBACK_EDGE_CAMERAS"] = json.dumps(
        [{"id": "cam", "source": f"file:{tmp_path}/shelf.png"}]
    )
    edge.start()
    entered(phone, edge, cloud)
    phone.click('a[href="/cameras/cam"]')
    phone.click("[data-slot=top-0]")
    frame = phone.locator("[data-stage]").bounding_box()
    phone.mouse.move(frame["x"] + 0.3 * frame["width"], frame["y"] + 0.2 * frame["height"])
    phone.mouse.down()
    phone.mouse.move(frame["x"] + 0.7 * frame["width"], frame["y"] + 0.9 * frame["height"])
    phone.mouse.up()
    phone.click("text=Save the places")
    phone.wait_for_selector("text=Saved. The next look uses these places.")
    drawn = json.loads((edge.data / "vision" / "places.json").read_text())["cameras"]["cam"]["places"]
    assert [round(drawn[0][side], 1) for side in ("left", "top", "right", "bottom")] == [0.3, 0.2, 0.7, 0.9]
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
