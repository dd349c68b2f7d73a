"""The page of pars and order points as HTML, and what it changes."""

from datetime import timedelta

import pytest

from cloud.catalogue.schemas import Levels
from tests.unit.cloud.dashboard.fakes import FakeBar
from tests.unit.cloud.dashboard.test_order_pages import bar, words_of
from tests.unit.cloud.dashboard.test_pages import open_bar

__all__ = ["bar"]


def test_every_product_stands_in_its_class_with_how_it_is_worked_out(bar):
    page = open_bar(bar).get("/corner-bar/pars")
    words = words_of(page)
    assert "A 2 products, 100 % of the value" in words
    assert "Nordhafen Spirits is cheapest, 12.55 a bottle." in words
    assert "Anker Drinks is cheapest, 10.60 a bottle." in words
    assert "order at" in words
    assert "nobody sells it, so there is no order point" in words
    assert "The rule of thumb, 1.5 weeks of use, says 2." in words
    assert 'name="par-campari" inputmode="decimal" maxlength="8" value="" placeholder="2"' in page.text


def test_a_fee_and_what_it_pays_for_are_said_in_every_case(bar):
    client = open_bar(bar)
    words = words_of(client.get("/corner-bar/pars"))
    assert "There is no delivery fee to save" in words, "Nordhafen takes none"
    assert "Its part of the fee pays for" in words, "Anker does"
    sound = "days=10&weekly_budget=&storage_l=&holding_rate=0&shortage_factor=3.5"
    client.post("/corner-bar/orders/settings", content=sound)
    assert "no order is too large (EOQ)" in words_of(client.get("/corner-bar/pars"))


def test_a_par_and_a_reserve_set_by_hand_are_kept_and_shown(bar):
    client = open_bar(bar)
    answer = client.post(
        "/corner-bar/pars", content="par-campari=3%2C5&least-campari=1&par-aperol=&least-aperol=0"
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/corner-bar/pars?saved=1")
    assert bar.levels == {"campari": Levels(3.5, 1.0)}, "what was not said of Aperol is no change"
    page = client.get(answer.headers["location"]).text
    assert "Saved. The next plan follows." in page
    assert 'name="par-campari" inputmode="decimal" maxlength="8" value="3.5"' in page
    assert 'name="least-campari" inputmode="decimal" maxlength="8" value="1"' in page
    assert "par 3.5" in words_of(client.get("/corner-bar/items/campari"))
    client.post("/corner-bar/pars", content="par-campari=&least-campari=")
    assert bar.levels == {"campari": Levels(None, None)}
    assert "par 2" in words_of(client.get("/corner-bar/items/campari"))


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("par-campari=many&least-campari=", "&#39;many&#39; is no number of bottles of Campari"),
        ("par-campari=-1&least-campari=", "a par of -1 bottles of &#39;campari&#39; cannot be"),
        ("par-campari=&least-campari=inf", "a reserve of inf bottles"),
    ],
)
def test_a_level_that_cannot_be_is_said_and_nothing_is_saved(bar, form, words):
    answer = open_bar(bar).post("/corner-bar/pars", content=form)
    assert answer.status_code == 422
    assert "Nothing is saved yet" in answer.text
    assert words in answer.text
    assert bar.levels == {}


def test_a_count_that_is_older_than_its_class_allows_is_asked_for(bar):
    client = open_bar(bar)
    client.post("/corner-bar/count", content="room=Cellar&counted_by=Ana&bottles-campari=2")
    assert "Due for a count" not in words_of(client.get("/corner-bar/count"))
    bar.clock.at += timedelta(days=9)
    words = words_of(client.get("/corner-bar/count"))
    assert "Due for a count: Campari." in words
    assert "Count it again : class A, due every 7 days; 9 days old" in words


def test_the_weights_of_the_classes_are_set_and_wrong_ones_are_said(bar):
    client = open_bar(bar)
    sound = "days=10&weekly_budget=&storage_l=&holding_rate=25&shortage_factor=3.5"
    client.post("/corner-bar/orders/settings", content=sound + "&class-a=2&class-b=1%2C5&class-c=1")
    page = client.get("/corner-bar/orders/settings").text
    assert 'name="class-a" inputmode="decimal" maxlength="6" value="2"' in page
    assert 'name="class-b" inputmode="decimal" maxlength="6" value="1.5"' in page
    for bad in ("0", "99", "much"):
        answer = client.post(
            "/corner-bar/orders/settings", content=f"{sound}&class-a={bad}&class-b=1&class-c=1"
        )
        assert answer.status_code == 422
        assert 'id="fault-class_weights"' in answer.text


def test_an_unknown_bar_has_no_pars():
    client = open_bar(FakeBar(site=None))
    assert client.get("/nowhere/pars").status_code == 404
    assert client.post("/nowhere/pars", content="par-gin=1").status_code == 404
