"""Today and Stock in a real browser, on a phone and a desktop, light and dark, against the real stream."""

import re
from itertools import product

import pytest

from cloud.dashboard.glyph import levels
from tests.browser.pages import BarServer, serving
from tests.unit.cloud.dashboard.bars import busy_corner_bar
from tests.unit.cloud.dashboard.fakes import FakeBar, FakeClock

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser

POUR = "ab" * 16
MAX_FIRST_LOAD_BYTES = 120_000
MAX_FIRST_LOAD_REQUESTS = 10


@pytest.fixture
def server():
    with serving(busy_corner_bar()) as running:
        yield running


def is_live(page) -> None:
    page.locator("body[data-stream=live]").wait_for()


def level_css(fill_level: float) -> str:
    return f"{levels('liqueur', fill_level, 4 / 700).body_y:g}px"


@pytest.mark.parametrize("look", list(product(["phone", "desktop"], ["light", "dark"])))
@pytest.mark.parametrize("name", ["today", "stock"])
def test_everyone_can_use_the_pages(open_page, violations, server, name, look):
    page = open_page(f"{server.url}/corner-bar/{name}", look[0], color_scheme=look[1])
    is_live(page)
    assert violations(page) == []
    width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1]


def test_an_empty_bar_can_be_used_by_everyone_too(open_page, violations):
    with serving(FakeBar()) as server:
        assert violations(open_page(f"{server.url}/corner-bar/stock", "phone")) == []


def test_a_pour_arrives_in_the_log_and_the_day(open_page, server):
    page = open_page(f"{server.url}/corner-bar/today", "phone")
    is_live(page)
    server.pour("middle-1", 40.0, POUR)
    line = page.locator(f"[data-movement-id='{POUR}']")
    line.wait_for()
    assert "Campari" in line.inner_text()
    assert page.locator("#pours > li").first.get_attribute("data-movement-id") == POUR
    page.get_by_text("104 pours").wait_for()


def test_a_corrected_pour_takes_the_place_of_its_line(open_page, server):
    page = open_page(f"{server.url}/corner-bar/today")
    is_live(page)
    server.pour("middle-1", 40.0, POUR)
    page.locator(f"[data-movement-id='{POUR}'][data-revision='1']").wait_for()
    server.revise(POUR, volume_ml=44.0, revision=2, stage="corrected")
    page.locator(f"[data-movement-id='{POUR}'][data-revision='2']").wait_for()
    assert page.locator(f"[data-movement-id='{POUR}']").count() == 1
    assert "44 ml" in page.locator(f"[data-movement-id='{POUR}']").inner_text()


@pytest.mark.parametrize("name", ["today", "stock"])
def test_a_pour_lowers_the_level_of_the_same_bottle(open_page, server, name):
    page = open_page(f"{server.url}/corner-bar/{name}")
    is_live(page)
    page.evaluate("window.bottle = document.querySelector('#slot-middle-1 .liquid')")
    bottle = page.locator("#slot-middle-1 .liquid")
    expect(bottle).to_have_css("y", level_css(427 / 700))
    server.pour("middle-1", 200.0, POUR)
    page.get_by_role("img", name="Campari, 227 of 700 ml, about 32 %").wait_for()
    expect(bottle).to_have_css("y", level_css(227 / 700))
    assert page.evaluate("window.bottle.isConnected")


def test_the_level_glides_and_keeps_still_for_those_who_asked_for_it(open_page, server):
    seen = "getComputedStyle(document.querySelector('#slot-middle-1 .liquid')).transitionDuration"
    moving = open_page(f"{server.url}/corner-bar/today")
    assert moving.evaluate(seen).startswith("0.6s")
    still = open_page(f"{server.url}/corner-bar/today", reduced_motion="reduce")
    assert still.evaluate(seen) == "0s"


def test_a_stock_row_follows_its_bottle(open_page, server):
    page = open_page(f"{server.url}/corner-bar/stock", "phone")
    is_live(page)
    server.pour("middle-1", 277.0, POUR)
    page.locator("#product-campari .figure", has_text="0.2").wait_for()
    assert "low" in page.locator("#product-campari .state").inner_text()


def test_the_list_is_filtered_while_one_types(open_page, server):
    page = open_page(f"{server.url}/corner-bar/stock")
    is_live(page)
    page.get_by_label("Find").fill("gin")
    page.get_by_text("2 of 24 products").wait_for()
    assert "find=gin" in page.url
    assert page.get_by_label("Find").input_value() == "gin"
    page.get_by_label("Status").select_option("out")
    page.get_by_text("No product fits.").wait_for()


def test_the_list_works_without_scripts(open_page, server):
    page = open_page(f"{server.url}/corner-bar/stock", java_script_enabled=False)
    page.get_by_label("Find").fill("gin")
    page.get_by_role("button", name="Show").click()
    page.get_by_text("2 of 24 products").wait_for()


def test_ages_are_counted_in_the_bars_time(open_page):
    with serving(busy_corner_bar(FakeClock(speed=60.0))) as server:
        page = open_page(f"{server.url}/corner-bar/today")
        age = page.locator("#pours > li").first.locator("time")
        expect(age).to_have_text(re.compile(r"^\d+ min ago$"))


def test_the_bars_clock_is_shown_in_the_bars_zone(open_page, server):
    page = open_page(f"{server.url}/corner-bar/today", timezone_id="America/Los_Angeles")
    is_live(page)
    assert page.locator("#clock").inner_text() == "22:41"


def test_an_open_table_stays_open_when_figures_change(open_page, server):
    page = open_page(f"{server.url}/corner-bar/today")
    is_live(page)
    page.get_by_text("Show as table").click()
    server.pour("middle-1", 40.0, POUR)
    page.get_by_text("104 pours").wait_for()
    assert page.locator("#hours-table").get_attribute("open") is not None


def test_a_cut_stream_says_how_old_the_figures_are_and_comes_back(open_page):
    bar = busy_corner_bar()
    with serving(bar) as first:
        page = open_page(f"{first.url}/corner-bar/today", "phone")
        is_live(page)
        port = first.port
    page.get_by_text(re.compile(r"Not live: these figures are from (now|\d+ s ago)")).wait_for()
    again = BarServer(bar, port)
    again.start()
    try:
        page.locator("#stream").wait_for(state="hidden", timeout=30_000)
        again.pour("middle-1", 40.0, POUR)
        page.locator(f"[data-movement-id='{POUR}']").wait_for()
    finally:
        again.stop()


def test_what_happened_while_the_stream_was_cut_is_shown_afterwards(open_page):
    bar = busy_corner_bar()
    with serving(bar) as first:
        page = open_page(f"{first.url}/corner-bar/today")
        is_live(page)
        port = first.port
    bar.pour("middle-1", 40.0, POUR)
    again = BarServer(bar, port)
    again.start()
    try:
        page.locator(f"[data-movement-id='{POUR}']").wait_for(timeout=30_000)
    finally:
        again.stop()


@pytest.mark.parametrize("name", ["today", "stock"])
def test_the_first_load_is_light(chromium, server, name):
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    requests, sizes = [], {}
    network.on("Network.requestWillBeSent", lambda event: requests.append(event["request"]["url"]))
    network.on("Network.dataReceived", lambda e: _add(sizes, e["requestId"], e["encodedDataLength"]))
    network.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]}))
    page.goto(f"{server.url}/corner-bar/{name}")
    is_live(page)
    context.close()
    assert len(requests) <= MAX_FIRST_LOAD_REQUESTS, requests
    assert 5_000 < sum(sizes.values()) <= MAX_FIRST_LOAD_BYTES


def _add(sizes: dict[str, float], request: str, count: float) -> None:
    sizes[request] = sizes.get(request, 0) + count


def test_targets_are_large_enough_for_a_thumb(open_page, server):
    page = open_page(f"{server.url}/corner-bar/today", "phone")
    small = page.evaluate(
        """[...document.querySelectorAll('.rail a, .slot-link, summary, input, select')]
           .map(e => e.getBoundingClientRect()).filter(r => r.width < 44 || r.height < 44).length"""
    )
    assert small == 0
