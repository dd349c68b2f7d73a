"""The Orders pages in a real browser: for everyone, and a quantity set by hand."""

from itertools import product

import pytest

from tests.browser.pages import serving
from tests.unit.cloud.dashboard.bars import busy_corner_bar
from tests.unit.cloud.dashboard.fake_orders import ANKER, NORDHAFEN, article

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server():
    bar = busy_corner_bar()
    bar.suppliers = [ANKER, NORDHAFEN]
    bar.articles = [
        article("campari", "anker", 6, 12.9, (2, 12.4)),
        article("campari", "anker", 1, 13.8),
        article("aperol", "anker", 6, 10.6),
        article("hendricks", "nordhafen", 6, 27.4),
    ]
    with serving(bar) as running:
        yield running


def plan(page, server):
    page.goto(f"{server.url}/corner-bar/orders")
    page.get_by_role("button", name="Plan").click()
    page.get_by_role("button", name="Approve").first.wait_for()


@pytest.mark.parametrize("look", list(product(["phone", "desktop"], ["light", "dark"])))
def test_everyone_can_use_orders_and_suppliers(open_page, violations, server, look):
    page = open_page(f"{server.url}/corner-bar/orders", look[0], color_scheme=look[1])
    plan(page, server)
    for path in ("orders", "orders/settings", "pars", "count", "suppliers", "more"):
        page.goto(f"{server.url}/corner-bar/{path}")
        assert violations(page) == []
        width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width[0] <= width[1]


def test_a_quantity_set_by_hand_says_what_it_costs(open_page, server):
    page = open_page(f"{server.url}/corner-bar/orders", "phone")
    plan(page, server)
    field = page.locator("input[type=number]").first
    field.fill("0")
    expect(page.locator(".order-cost").first).to_contain_text("than the plan")
    field.fill("40")
    expect(page.locator(".order-cost").first).to_contain_text("more to pay")


def test_the_text_of_an_order_can_be_reached_by_the_thumb(open_page, server):
    page = open_page(f"{server.url}/corner-bar/orders", "phone")
    plan(page, server)
    page.get_by_role("link", name="Copy or print").first.click()
    expect(page.locator("#sheet-text")).to_contain_text("Order of The Corner Bar")


def test_a_store_room_is_counted_with_the_thumb(open_page, server):
    page = open_page(f"{server.url}/corner-bar/count", "phone")
    page.get_by_label("Counted by").fill("Ana")
    page.get_by_label("Campari").fill("6")
    page.get_by_role("button", name="Save the count").click()
    expect(page.get_by_text("Noted.")).to_be_visible()
    expect(page.locator(".count-line", has_text="Campari")).to_contain_text("6 on Fri 20 Nov, by Ana")
