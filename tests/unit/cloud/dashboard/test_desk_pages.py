"""The pages of sales, special days and forecasts as HTML: look, import, name, add, remove, jobs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cloud.forecasts.schemas import Accuracy, Calibration, Champion, Missed
from cloud.jobs.schemas import JobState
from cloud.occasions.schemas import Event, Place
from cloud.problems import Forbidden
from cloud.sales.schemas import Part
from tests.unit.cloud.dashboard.bars import busy_corner_bar
from tests.unit.cloud.dashboard.figures import NOW
from tests.unit.cloud.dashboard.items import bar_with_forecast
from tests.unit.cloud.dashboard.test_pages import open_bar, text_of

SALES = (
    "date,item,qty\n2026-11-17,Negroni,4\n2026-11-18,Negroni,2\n2026-11-18,Campari Soda,3\n"
    "2026-11-19,House <b>Red</b>,5\n2026-11-19,Negroni,many\n2026-11-19,Negroni,1\n"
)
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//a//b//EN
BEGIN:VEVENT
UID:1
SUMMARY:Derby
DTSTART;VALUE=DATE:20261205
DTEND;VALUE=DATE:20261207
END:VEVENT
END:VCALENDAR
"""
ELSEWHERE = {"Sec-Fetch-Site": "cross-site"}
JOB = JobState(7, "forecast", "forecasts", "corner-bar", "running", 1, "counting demand", 3, 12, NOW, None)


@pytest.fixture
def bar():
    made = busy_corner_bar()
    made.till = {"Negroni": (Part("campari", 30.0),)}
    return made


def send(client, path, **fields):
    answer = client.post(f"/corner-bar/{path}", data=fields)
    return answer, text_of(answer.text)


def test_a_look_says_what_will_be_counted_and_names_the_lines_left_out(bar):
    _, words = send(open_bar(bar), "sales", list=SALES, do="look")
    assert "This would be imported 5 of 6 lines, Tue 17 Nov to Thu 19 Nov 2026." in words
    assert "Line 6: 'many' is not a number of pieces." in words.replace("&#39;", "'")
    assert "Campari 210 ml Negroni" in words
    assert "Campari Soda, 3 sold: like Campari" in words
    assert bar.sold == {}


def test_a_name_of_the_till_is_text_and_never_a_tag(bar):
    answer, _ = send(open_bar(bar), "sales", list=SALES, do="look")
    assert "House &lt;b&gt;Red&lt;/b&gt;" in answer.text
    assert "<b>Red</b>" not in answer.text


def test_an_import_counts_and_asks_what_the_other_names_are(bar):
    _, words = send(open_bar(bar), "sales", list=SALES, do="import")
    assert "Imported 5 of 6 lines" in words
    assert "Not counted yet House" in words
    assert len(bar.sold) == 5


def test_columns_that_cannot_be_told_are_asked_for(bar):
    client = open_bar(bar)
    _, words = send(client, "sales", list="wann,was,wieviel\n2026-11-17,Negroni,4\n", do="look")
    assert "cannot be told; choose one of wann, was, wieviel." in words
    columns = {"day": "wann", "item": "was", "pieces": "wieviel"}
    _, words = send(client, "sales", list="wann,was,wieviel\n2026-11-17,Negroni,4\n", do="look", **columns)
    assert "Campari 120 ml" in words


def test_a_name_is_said_to_be_products_and_counted(bar):
    client = open_bar(bar)
    send(client, "sales", list=SALES, do="import")
    answer, _ = send(
        client, "sales/names", name="Campari Soda", product=["CAMPARI", "", ""], ml=["40", "", ""]
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/corner-bar/sales#names")
    assert bar.till["Campari Soda"] == (Part("campari", 40.0),)
    assert "40 ml Campari" in text_of(client.get("/corner-bar/sales").text)


@pytest.mark.parametrize(
    ("product", "ml", "sentence"),
    [
        ("Absinthe", "40", "is no product here; choose one of the list."),
        ("Campari", "a shot", "is no amount; write the millilitres of one sale, like 40."),
        ("Campari", "nan", "A sale takes over 0 and at most 5000 ml of a product."),
    ],
)
def test_a_name_that_cannot_be_is_refused_in_words(bar, product, ml, sentence):
    _, words = send(open_bar(bar), "sales/names", name="Ale", product=product, ml=ml)
    assert sentence in words
    assert "Ale" not in bar.till


def test_an_event_is_added_removed_and_put_back(bar):
    client = open_bar(bar)
    answer, _ = send(client, "special-days", name="Street festival", starts_on="2026-12-04", ends_on="")
    assert answer.status_code == 303
    assert "Street festival Remove Street festival, Fri 4 Dec" in text_of(
        client.get("/corner-bar/special-days").text
    )
    _, words = send(client, "special-days/1/remove")
    assert "Street festival is removed. Put it back" in words
    assert bar.events == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "Fair", "starts_on": "soon"}, "is no day; write it like 2026-12-04."),
        ({"name": " ", "starts_on": "2026-12-04"}, "An event has a name of up to 120 letters"),
        ({"name": "Fair", "starts_on": "2026-12-04", "ends_on": "2026-12-01"}, "first day first."),
    ],
)
def test_an_event_that_cannot_be_is_refused_and_stands_in_the_form(bar, fields, sentence):
    answer, words = send(open_bar(bar), "special-days", **fields)
    assert sentence in words
    assert f'value="{fields["name"]}"' in answer.text
    assert bar.events == []


def test_a_calendar_is_looked_at_and_then_imported(bar):
    client = open_bar(bar)
    _, words = send(client, "special-days/calendar", list=CALENDAR, calendar="fixtures.ics", do="look")
    assert "1 event in “fixtures” Sat 5 to Sun 6 Dec: Derby" in words
    assert bar.events == []
    _, words = send(client, "special-days/calendar", list=CALENDAR, calendar="fixtures", do="import")
    assert "fixtures: 1 event added, 0 taken away." in words
    assert "Sat 5 to Sun 6 Dec, from fixtures" in words
    _, words = send(client, "special-days/calendar", list="nonsense", do="look")
    assert "his is not an iCalendar file" in words


def test_the_country_brings_holidays_and_the_position_weather(bar):
    client = open_bar(bar)
    assert "Not said yet." in text_of(client.get("/corner-bar/special-days").text)
    answer, _ = send(client, "special-days/place", country="de-be", latitude="52,49", longitude="13.39")
    assert answer.status_code == 303
    assert bar.place == Place("DE", "BE", 52.49, 13.39)
    words = text_of(client.get("/corner-bar/special-days").text)
    assert "In DE-BE: its public holidays are known. Its weather is asked for at 52.49, 13.39" in words


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"country": "Germany"}, "is not a country; give its two letters"),
        ({"country": "DE", "latitude": "52.49"}, "Give both latitude and longitude"),
        ({"country": "DE", "latitude": "nan", "longitude": "0"}, "Latitude is -90 to 90"),
    ],
)
def test_a_place_that_cannot_be_is_refused_in_words(bar, fields, sentence):
    _, words = send(open_bar(bar), "special-days/place", **fields)
    assert sentence in words
    assert bar.place is None


def test_events_of_the_past_stand_apart(bar):
    today = NOW.date()
    bar.events = [Event(1, "Derby", today - timedelta(days=9), today - timedelta(days=8), "by hand")]
    words = text_of(open_bar(bar).get("/corner-bar/special-days").text)
    assert "Nothing is written down." in words
    assert "Of the last half year: 1 event Derby" in words


def test_jobs_say_how_far_they_are_and_what_came_of_the_last():
    bar = bar_with_forecast()
    done = replace(JOB, number=6, status="done", words="24 products")
    failed = replace(JOB, number=5, task="compare methods", status="failed", fault="the disk is full.")
    bar.jobs = [JOB, done, replace(done, number=4, words="old"), failed]
    html = open_bar(bar).get("/corner-bar/forecasts/jobs").text
    words = text_of(html)
    assert '<progress max="100" value="25"' in html
    assert "Counting demand (3 of 12)." in words
    assert "24 products." in words
    assert "Old" not in words
    assert "Failed: the disk is full." in words


def test_what_is_asked_for_waits_in_the_queue():
    bar = bar_with_forecast()
    client = open_bar(bar)
    for path, name in (("now", "New forecasts"), ("compare", "Comparison of methods")):
        answer = client.post(f"/corner-bar/forecasts/{path}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/corner-bar/forecasts")
        assert f"{name} waiting Waits for a worker." in text_of(client.get("/corner-bar/forecasts").text)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_job_that_no_worker_will_take_says_what_to_start(workers):
    bar = bar_with_forecast()
    bar.jobs, bar.workers = [replace(JOB, status="waiting")], workers
    words = text_of(open_bar(bar).get("/corner-bar/forecasts/jobs").text)
    assert ("start one: python -m cloud work" in words) == (workers == 0)


def test_the_methods_stand_side_by_side_with_the_one_in_use():
    bar = bar_with_forecast()
    base = {"under_50": 0.5, "under_90": 0.9, "under_95": 0.94, "bias": -0.02, "seconds": 1.0}
    scores = (
        {"method": "default", "loss": 0.2, "lead_loss": 0.3, **base},
        {"method": "seasonal naive", "loss": 0.25, "lead_loss": 0.4, **base},
    )
    champion = Champion("default", NOW, "weekly", scores)
    weekly = Calibration(1480, 0.51, 0.91, 0.95, 0.01, 40.0)
    missed = (Missed("campari", 30, 1240.0, 1000.0, 0.97),)
    bar.accuracy = Accuracy("corner-bar", champion, {7: weekly}, None, missed)
    words = text_of(open_bar(bar).get("/corner-bar/forecasts").text)
    assert "default in use 0.80 0.75 94 % -2 %" in words
    assert "Of 1,480 stretches of 7 days, 95 % stayed under the 95 % line and 51 % under the middle;" in words
    assert "Campari 24 % too much was expected, 240 ml a week; 97 % of 30 stretches" in words


def test_before_the_first_forecast_the_page_says_when_it_comes():
    words = text_of(open_bar(busy_corner_bar()).get("/corner-bar/forecasts").text)
    assert "None yet. The first are made tonight" in words
    assert "Not compared yet: that takes 90 days of history." in words


@pytest.mark.parametrize("path", ["sales", "special-days", "forecasts", "forecasts/jobs"])
def test_of_an_unknown_bar_nothing_is_known(bar, path):
    answer = open_bar(bar).get(f"/nowhere/{path}")
    assert answer.status_code == 404
    assert "There is no such bar" in answer.text


@pytest.mark.parametrize("path", ["sales", "special-days", "special-days/calendar"])
def test_a_form_of_another_site_changes_nothing_and_says_so(bar, path):
    data = {"list": SALES, "do": "import", "name": "Fair", "starts_on": "2026-12-04"}
    answer = open_bar(bar).post(f"/corner-bar/{path}", data=data, headers=ELSEWHERE)
    assert "This form comes from another site" in text_of(answer.text)
    assert (bar.sold, bar.events) == ({}, [])


@pytest.mark.parametrize("path", ["forecasts/now", "forecasts/compare", "special-days/1/remove"])
def test_a_button_of_another_site_changes_nothing(bar, path):
    bar.events = [Event(1, "Derby", NOW.date(), NOW.date(), "by hand")]
    with pytest.raises(Forbidden, match="another site"):
        open_bar(bar).post(f"/corner-bar/{path}", headers=ELSEWHERE)
    assert (len(bar.events), bar.jobs) == (1, [])
