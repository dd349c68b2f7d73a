"""The Item page: figures, words, and what it says while little is known."""

import json
import re
from dataclasses import replace
from html import unescape

import pytest

from cloud.dashboard import item_words
from cloud.forecasts.schemas import Accuracy, Champion
from cloud.jobs.schemas import JobState
from tests.unit.cloud.dashboard.bars import busy_corner_bar
from tests.unit.cloud.dashboard.figures import NOW
from tests.unit.cloud.dashboard.items import bar_with_forecast, past
from tests.unit.cloud.dashboard.test_pages import open_bar, text_of
from tests.unit.cloud.forecasts.made import issued

PAGE = "/corner-bar/items/campari"


def page_of(bar):
    response = open_bar(bar).get(PAGE)
    assert response.status_code == 200
    return response.text


def words_of(bar):
    return unescape(text_of(page_of(bar)))


def figures_of(bar):
    return json.loads(re.search(r'id="chart-figures">(.+?)</script>', page_of(bar)).group(1))


def test_it_says_when_it_runs_out_what_a_week_needs_and_why():
    words = words_of(bar_with_forecast())
    assert "Runs out Saturday 8 times in 10 between today and Saturday." in words
    assert "3.4 l in 7 days 4.8 bottles; in 19 of 20 such weeks at most 3.9 l (5.6 bottles)." in words
    assert "From 90 days of its own demand here." in words
    assert "About 424 ml a day lately, 12 % more than four weeks ago." in words
    assert "Friday and Saturday 1.3 times a usual day; Monday and Tuesday 0.8 times a usual day." in words
    assert "Out of stock for 1.4 of those days: counted as demand that nobody could meet." in words
    assert "Checked on 480 weeks of this bar's products: 95 % stayed under the 95 % line" in words


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (1.3, "A year ago the coming four weeks sold 30 % more than the four before; this method follows"),
        (0.8, "A year ago the coming four weeks sold 20 % less than the four before"),
        (1.05, None),
        (None, None),
    ],
)
def test_what_the_season_did_a_year_ago_is_said(ratio, said):
    bar = bar_with_forecast()
    bar.forecasts = [replace(bar.forecasts[0], why={**bar.forecasts[0].why, "last_year": ratio})]
    words = words_of(bar)
    assert ("A year ago" in words) == (said is not None)
    assert (said or "") in words


def test_the_chart_has_what_was_poured_and_bands_that_enclose_each_other():
    figures = figures_of(bar_with_forecast())
    ahead = [at for at, mean in enumerate(figures["mean"]) if mean is not None]
    assert len(figures["x"]) == 56 + 14 - 1
    assert len(ahead) == 14
    assert [ml for ml in figures["poured"] if ml is not None][-1] == 300.0
    assert [share for share in figures["out"] if share] == [0.5]
    assert figures["x"][ahead[0]] - figures["now"] == 43_200
    for at in ahead:
        lows = [band[0][at] for band in figures["bands"]]
        highs = [band[1][at] for band in figures["bands"]]
        assert lows == sorted(lows)
        assert highs == sorted(highs, reverse=True)
        assert lows[-1] < figures["mean"][at] < highs[-1]


def test_every_day_of_the_chart_stands_in_the_table():
    words = words_of(bar_with_forecast())
    assert "Fri 20 Nov 424 ml expected; 288 ml to 560 ml in 8 of 10" in words
    assert "Tue 10 Nov 380 ml out of stock 50 % of the time" in words


def test_the_first_days_say_what_they_rest_on():
    bar = bar_with_forecast()
    basis = "the same product at a sibling site and the manager's par level"
    bar.forecasts = [replace(issued(), basis=basis, days_known=3)]
    assert f"Day 3: from {basis}, corrected by its own days." in words_of(bar)
    bar.forecasts = [replace(issued(), basis=basis, days_known=0)]
    assert f"Not sold here yet: taken from {basis}." in words_of(bar)


def test_before_the_first_forecast_and_the_first_day_it_says_what_will_be_here():
    words = words_of(busy_corner_bar())
    assert "Here you will see what was poured day by day and what to expect." in words
    assert "No forecast yet. The first one is made tonight, when the business day has ended." in words


def test_a_forecast_that_is_being_made_is_said():
    bar = busy_corner_bar()
    bar.jobs = [JobState(1, "forecast", "forecasts", "corner-bar", "running", 0, "", 0, 0, None, None)]
    assert "No forecast yet. A worker is making the first one" in words_of(bar)


def test_days_without_a_forecast_are_drawn_alone():
    bar = busy_corner_bar()
    bar.demand = past(3)
    figures = figures_of(bar)
    assert len(figures["x"]) == 3
    assert figures["mean"] == [None] * 3


def test_a_stale_forecast_says_so_and_is_dimmed():
    bar = bar_with_forecast()
    bar.forecasts = [replace(bar.forecasts[0], stale="made 50 hours ago; no worker has made a newer one")]
    html = page_of(bar)
    assert "This forecast was made 50 hours ago" in text_of(html)
    assert 'class="chart is-stale"' in html


def test_drift_and_a_rehearsal_are_said():
    bar = bar_with_forecast()
    bar.accuracy = Accuracy(
        "corner-bar", None, {}, "only 70 % of the last two weeks stayed under the 95 % line"
    )
    assert "Take it with care: only 70 % of the last two weeks" in words_of(bar)
    scores = ({"method": "ensemble", "under_95": 0.8}, {"method": "default", "under_95": 0.96})
    bar.accuracy = Accuracy("corner-bar", Champion("default", NOW, "weekly", scores), {}, None)
    assert "Tried on this bar's own past: 96 % stayed under the 95 % line" in words_of(bar)


@pytest.mark.parametrize("path", ["/corner-bar/items/nothing", "/nowhere/items/campari"])
def test_what_is_not_there_is_said(path):
    response = open_bar(bar_with_forecast()).get(path)
    assert response.status_code == 404
    assert "Nothing is known of that" in response.text


def test_a_row_of_stock_opens_its_item():
    assert f'href="{PAGE}"' in open_bar(busy_corner_bar()).get("/corner-bar/stock").text


def test_what_was_too_strange_to_learn_from_is_said():
    absurd = "280.0 l on Tue 10 Nov 2026 is absurd beside all others: left out."
    forecast = issued(424.0, level_ml=424.0, left_out=[absurd])
    assert absurd in item_words.reasons(forecast)
