"""The pages around ordering as HTML: settings, counts of store rooms, how late suppliers come."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.cloud.dashboard.fake_orders import ANKER, article
from tests.unit.cloud.dashboard.fakes import FakeBar
from tests.unit.cloud.dashboard.test_order_pages import bar, first_key, words_of
from tests.unit.cloud.dashboard.test_pages import open_bar

__all__ = ["bar"]
SOUND = "days=10&weekly_budget=500&storage_l=&holding_rate=25&shortage_factor=4%2C5"


def test_settings_are_shown_changed_and_shown_again(bar):
    client = open_bar(bar)
    assert (
        'name="shortage_factor" inputmode="decimal" maxlength="12" value="3.5"'
        in client.get("/corner-bar/orders/settings").text
    )
    zone = "&zone-0=fridge&zone-0-litres=80&zone-0-liqueur=on"
    answer = client.post("/corner-bar/orders/settings", content=SOUND + zone)
    assert (answer.status_code, answer.headers["location"]) == (303, "/corner-bar/orders/settings?saved=1")
    page = client.get(answer.headers["location"])
    assert "Saved." in words_of(page)
    assert 'name="weekly_budget" inputmode="decimal" maxlength="12" value="500"' in page.text
    assert 'name="shortage_factor" inputmode="decimal" maxlength="12" value="4.5"' in page.text
    assert 'name="zone-0" maxlength="40" value="fridge"' in page.text
    assert 'name="zone-0-liqueur" checked' in page.text


def test_every_place_and_what_stands_in_it_comes_back_as_it_was_saved(bar):
    """Six places, and vermouth, of which nothing stands in the bar now."""
    client = open_bar(bar)
    names = ["fridge", "cellar", "safe", "attic", "yard", "van"]
    kinds = ["liqueur", "vermouth", "rum", "gin", "whisky", "vodka"]
    form = SOUND + "".join(
        f"&zone-{row}={name}&zone-{row}-litres={row + 1}&zone-{row}-{kind}=on"
        for row, (name, kind) in enumerate(zip(names, kinds, strict=True))
    )
    client.post("/corner-bar/orders/settings", content=form)
    page = client.get("/corner-bar/orders/settings").text
    for row, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        assert f'name="zone-{row}" maxlength="40" value="{name}"' in page
        assert f'name="zone-{row}-{kind}" checked' in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("days=99", "A plan looks 1 to 28 days ahead, not 99."),
        ("weekly_budget=lots", "&#39;lots&#39; is no number; write it like 500 or 12.5."),
        ("weekly_budget=inf", "&#39;inf&#39; is no number"),
        ("shortage_factor=0", "Give 0.1 to 100 times the price, not 0."),
        ("zone-0=fridge&zone-0-liqueur=on", "Fridge needs a number of litres"),
        ("zone-0=fridge&zone-0-litres=80", "Say what stands in fridge."),
    ],
)
def test_a_wrong_field_is_said_beside_it_and_nothing_is_saved(bar, change, words):
    client = open_bar(bar)
    answer = client.post("/corner-bar/orders/settings", content=f"{SOUND}&{change}")
    assert answer.status_code == 422
    assert words in answer.text
    assert "Nothing is saved yet" in answer.text
    assert 'value="3.5"' in client.get("/corner-bar/orders/settings").text


def test_a_count_is_noted_and_comes_into_the_next_plan(bar):
    client = open_bar(bar)
    assert "never counted" in words_of(client.get("/corner-bar/count"))
    answer = client.post("/corner-bar/count", content="room=Cellar&counted_by=Ana&bottles-campari=2%2C5")
    assert (answer.status_code, answer.headers["location"]) == (303, "/corner-bar/count?room=Cellar&saved=1")
    words = words_of(client.get(answer.headers["location"]))
    assert "Campari 2.5 on Fri 20 Nov, by Ana" in words
    assert "Campari, Cellar: 2.5, by Ana 22:41" in words
    client.post("/corner-bar/orders/plan")
    assert "in the house (2.5 of them in store)" in words_of(client.get("/corner-bar/orders"))


def test_a_room_may_be_called_as_people_call_it(bar):
    client = open_bar(bar)
    form = "room=Bar+%26+Grill%3F&counted_by=Ana&bottles-campari=2"
    answer = client.post("/corner-bar/count", content=form)
    page = client.get(answer.headers["location"])
    assert "Campari, Bar &amp; Grill?: 2, by Ana" in page.text
    assert 'value="Bar &amp; Grill?"' in page.text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("room=Cellar&counted_by=Ana&bottles-campari=many", "is no number of bottles"),
        ("room=Cellar&counted_by=Ana", "Nothing was counted"),
        ("room=Cellar&counted_by=&bottles-campari=3", "Say who counted"),
    ],
)
def test_a_count_that_cannot_be_keeps_what_was_typed(bar, form, words):
    answer = open_bar(bar).post("/corner-bar/count", content=form)
    assert answer.status_code == 422
    assert words in answer.text
    if "bottles" in form:
        assert f'value="{form.rsplit("=")[-1]}"' in answer.text


def test_a_supplier_says_how_late_it_comes_and_by_hand(bar):
    client = open_bar(bar)
    words = words_of(client.get("/corner-bar/suppliers"))
    assert "3 deliveries noted, 33% on time; comes 0.4 days late on average, ± 0.7." in words
    assert "No delivery noted yet; planned as if it always came on its day." in words
    answer = client.post("/corner-bar/suppliers/nordhafen/delay", content="usual=2&spread=1%2C5")
    assert answer.status_code == 303
    words = words_of(client.get("/corner-bar/suppliers"))
    assert "No delivery noted yet; thought to come 2.0 days late, ± 1.5." in words
    bad = client.post("/corner-bar/suppliers/nordhafen/delay", content="usual=soon")
    assert "is no number of days" in bad.text


def test_an_approved_order_is_asked_for_when_it_should_have_come(bar):
    client = open_bar(bar)
    client.post("/corner-bar/orders/plan")
    delivery = first_key(client.get("/corner-bar/orders").text).split("-")[0]
    assert client.post(f"/corner-bar/orders/1/{delivery}/approve", content="").status_code == 303
    assert "Has it come?" not in client.get("/corner-bar/orders").text
    bar.clock.at += timedelta(days=2)
    assert "Has it come?" in client.get("/corner-bar/orders").text
    refused = client.post("/corner-bar/orders/came/7", content="on=2027-01-01")
    assert "is not a day from" in refused.text
    assert client.post("/corner-bar/orders/came/7", content="on=2026-11-22").status_code == 303
    assert "Has it come?" not in client.get("/corner-bar/orders").text


def test_an_order_under_its_minimum_is_not_approved_and_says_what_is_missing(bar):
    client = open_bar(bar)
    client.post("/corner-bar/orders/plan")
    html = client.get("/corner-bar/orders").text
    delivery = first_key(html).split("-")[0]
    fields = "&".join(f"cases-{key}={int(n == 0)}" for n, key in enumerate(_keys(html, delivery)))
    answer = client.post(f"/corner-bar/orders/1/{delivery}/approve", content=fields)
    assert answer.status_code == 422
    assert "is missing to the minimum of 80.00 of Anker Drinks" in answer.text
    assert "Take the approval back" not in client.get("/corner-bar/orders").text


def test_an_order_whose_day_has_passed_is_planned_again_first(bar):
    client = open_bar(bar)
    client.post("/corner-bar/orders/plan")
    delivery = first_key(client.get("/corner-bar/orders").text).split("-")[0]
    bar.clock.at += timedelta(days=1)
    answer = client.post(f"/corner-bar/orders/1/{delivery}/approve", content="")
    assert "the day to order from Anker Drinks was 2026-11-20; plan again" in answer.text


def _keys(html, delivery):
    return [part.split('"')[0] for part in html.split('name="cases-')[1:] if part.startswith(f"{delivery}-")]


def unusable(bar):
    """Every way in which a bar's suppliers can be of no use, beside one that is."""
    bar.suppliers = [
        ANKER,
        replace(ANKER, supplier_id="bare", name="Bare"),
        replace(ANKER, supplier_id="dear", name="Dear", minimum_order_value=9000.0),
        replace(ANKER, supplier_id="lazy", name="Lazy", order_weekdays=()),
        replace(ANKER, supplier_id="zero", name="Zero"),
    ]
    bar.articles = [
        article("campari", "anker", 6, 12.9),
        article("aperol", "dear", 6, 10.6),
        article("hendricks", "lazy", 6, 27.4),
        article("cointreau", "zero", 0, 18.0),
    ]
    return bar


@pytest.mark.parametrize(
    "words",
    [
        "Bare has no usable prices: nothing is ordered there.",
        "Dear: its minimum of 9000.00 cannot be reached",
        "Lazy has no order day in its calendar: nothing is ordered there.",
        "Cointreau: Zero gives a pack of 0",
        "Tanqueray London Dry Gin: nobody sells it in these 21 days; it can only run out.",
    ],
)
def test_what_cannot_be_planned_with_stands_on_the_page_beside_the_orders(bar, words):
    client = open_bar(unusable(bar))
    client.post("/corner-bar/orders/plan")
    page = words_of(client.get("/corner-bar/orders"))
    assert words in page
    assert "Anker Drinks Order by 23:30 today" in page
    assert "Campari" in page


def test_a_budget_of_nothing_is_said_on_the_page(bar):
    client = open_bar(bar)
    client.post("/corner-bar/orders/settings", content=SOUND.replace("budget=500", "budget=0"))
    client.post("/corner-bar/orders/plan")
    page = words_of(client.get("/corner-bar/orders"))
    assert "The budget of week 0 is 0.0: nothing can be ordered in it. Set a budget, or none." in page
    assert "Nothing has to go out today" in page


@pytest.mark.parametrize("path", ["orders/settings", "count"])
def test_an_unknown_bar_has_none_of_it(path):
    assert open_bar(FakeBar(site=None)).get(f"/nowhere/{path}").status_code == 404
