"""The pages of sales, special days and forecasts in a real browser: for everyone, files, jobs moving on."""

from dataclasses import replace
from itertools import product

import pytest

from cloud.forecasts.schemas import Accuracy, Calibration, Champion, Missed
from cloud.jobs.schemas import JobState
from cloud.sales.schemas import Part
from tests.browser.pages import serving
from tests.unit.cloud.dashboard.figures import NOW
from tests.unit.cloud.dashboard.items import bar_with_forecast
from tests.unit.cloud.dashboard.test_desk_pages import CALENDAR

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser
LONG = "Grandmother Adelheid's Extraordinary Elderflower and Rhubarb Spritz (large)"
SALES = (
    f"date,item,qty\n2026-11-17,Negroni,42\n2026-11-18,{LONG},3\n2026-11-18,Campari Soda,11\n"
    "2026-11-19,Caf\u00e9 Cr\u00e8me,5\n2026-11-19,Negroni,many\n2026-11-19,Negroni,17\n"
)
RUNNING = JobState(
    9,
    "compare methods",
    "forecasts",
    "corner-bar",
    "running",
    1,
    "trying ensemble on the past",
    2,
    4,
    NOW,
    None,
)
BASE = {"under_50": 0.5, "under_90": 0.9, "under_95": 0.94, "bias": -0.02, "seconds": 1.0}
LOSSES = {
    "default": (0.2, 0.3),
    "ensemble": (0.201, 0.31),
    "moving average": (0.23, 0.36),
    "seasonal naive": (0.25, 0.4),
}


@pytest.fixture(scope="module")
def server():
    bar = bar_with_forecast()
    bar.till = {"Negroni": (Part("campari", 30.0), Part("tanqueray", 30.0))}
    scores = tuple({"method": m, "loss": d, "lead_loss": s, **BASE} for m, (d, s) in LOSSES.items())
    calibration = {days: Calibration(1480, 0.51, 0.91, 0.95, 0.01, 40.0) for days in (1, 7)}
    champion = Champion("default", NOW, "weekly", scores)
    missed = (Missed("campari", 30, 1240.0, 1000.0, 0.97), Missed("tanqueray", 30, 600.0, 900.0, 0.8))
    bar.accuracy = Accuracy("corner-bar", champion, calibration, None, missed)
    done = replace(RUNNING, number=8, task="forecast", status="done", words="24 products for 28 days")
    bar.jobs = [RUNNING, done]
    with serving(bar) as running:
        yield running


def look(page, server, text=SALES):
    page.goto(f"{server.url}/corner-bar/sales")
    page.locator("#list").fill(text)
    page.get_by_role("button", name="See what it does").click()
    page.get_by_role("button", name="Import").wait_for()


@pytest.mark.parametrize("screen", list(product(["phone", "desktop"], ["light", "dark"])))
def test_everyone_can_use_sales_special_days_and_forecasts(open_page, violations, server, screen):
    page = open_page(f"{server.url}/corner-bar/forecasts", screen[0], color_scheme=screen[1])

    def is_fine():
        assert violations(page) == []
        width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width[0] <= width[1]

    is_fine()
    look(page, server)
    is_fine()
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="Imported")).to_be_visible()
    is_fine()
    page.goto(f"{server.url}/corner-bar/special-days")
    page.get_by_label("What it is").fill(LONG)
    page.get_by_label("First day").fill("2026-12-04")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Remove").first.wait_for()
    is_fine()


def test_a_file_of_an_old_till_keeps_its_accents(open_page, server):
    page = open_page(f"{server.url}/corner-bar/sales", "phone")
    file = {"name": "till.csv", "mimeType": "text/csv", "buffer": SALES.encode("windows-1252")}
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator("#list")).to_have_value(SALES)
    page.get_by_role("button", name="See what it does").click()
    expect(page.locator(".preview")).to_contain_text("Caf\u00e9 Cr\u00e8me")


def test_a_calendar_file_brings_its_name_and_its_events(open_page, server):
    page = open_page(f"{server.url}/corner-bar/special-days", "phone")
    file = {"name": "fixtures.ics", "mimeType": "text/calendar", "buffer": CALENDAR.encode()}
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator("#calendar-name")).to_have_value("fixtures")
    page.get_by_role("button", name="See its events").click()
    page.get_by_role("button", name="Import").click()
    expect(page.locator("main")).to_contain_text("Derby")


def test_a_job_moves_on_without_a_reload(open_page, server):
    page = open_page(f"{server.url}/corner-bar/forecasts", "phone")
    expect(page.locator("#jobs")).to_contain_text("Trying ensemble on the past (2 of 4).")
    jobs = server.bar.jobs
    server.bar.jobs = [replace(RUNNING, status="done", words="forecasts are made by default"), *jobs[1:]]
    expect(page.locator("#jobs")).to_contain_text("Forecasts are made by default.")
    expect(page.locator("#jobs progress")).to_have_count(0)
    server.bar.jobs = jobs
