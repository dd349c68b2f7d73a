"""The Item page in a real browser: its chart, and that everyone can use it."""

from itertools import product

import pytest

from tests.browser.pages import serving
from tests.unit.cloud.dashboard.bars import busy_corner_bar
from tests.unit.cloud.dashboard.items import bar_with_forecast

pytestmark = pytest.mark.browser
MAX_FIRST_LOAD_BYTES = 120_000


@pytest.fixture
def server():
    with serving(bar_with_forecast()) as running:
        yield running


def drawn(page):
    page.locator("#chart canvas").wait_for()
    return page


@pytest.mark.parametrize("look", list(product(["phone", "desktop"], ["light", "dark"])))
def test_everyone_can_use_it(open_page, violations, server, look):
    page = drawn(open_page(f"{server.url}/corner-bar/items/campari", look[0], color_scheme=look[1]))
    assert violations(page) == []
    width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1]


def test_a_day_under_the_pointer_is_said_in_words(open_page, server):
    page = drawn(open_page(f"{server.url}/corner-bar/items/campari"))
    box = page.locator("#chart .u-over").bounding_box()
    page.mouse.move(box["x"] + box["width"] - 3, box["y"] + 40)
    page.get_by_text("Thu 3 Dec: 424 ml expected, 288 ml to 560 ml on 8 of 10 such days.").wait_for()
    page.mouse.move(box["x"] + 3, box["y"] + 40)
    page.get_by_text("Sat 26 Sept: 500 ml poured.").wait_for()


def test_a_row_of_stock_opens_it(open_page, server):
    page = open_page(f"{server.url}/corner-bar/stock", "phone")
    page.get_by_role("link", name="Campari", exact=True).click()
    drawn(page)
    page.get_by_role("heading", name="Campari").wait_for()


def test_it_is_light_enough_for_a_phone_in_a_cellar(open_page, server, chromium):
    sizes = []
    context = chromium.new_context()
    page = context.new_page()
    page.on("response", lambda answer: sizes.append(int(answer.headers.get("content-length", 0))))
    page.goto(f"{server.url}/corner-bar/items/campari")
    drawn(page)
    context.close()
    assert 20_000 < sum(sizes) < MAX_FIRST_LOAD_BYTES


def test_without_any_figures_there_is_no_chart_and_no_fault(open_page):
    with serving(busy_corner_bar()) as server:
        page = open_page(f"{server.url}/corner-bar/items/campari", "phone")
        page.get_by_text("Here you will see what was poured day by day").wait_for()
        assert page.locator("#chart").count() == 0
