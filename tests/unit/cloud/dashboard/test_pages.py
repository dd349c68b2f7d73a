"""The pages as HTML: real names and long ones, no bottles, four hundred, hostile names, every status."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cloud.dashboard.bundle import Bundle
from cloud.dashboard.mount import mount_pages
from tests.unit.cloud.dashboard.bars import busy_corner_bar, corner_bar
from tests.unit.cloud.dashboard.fakes import FakeBar, FakeClock
from tests.unit.cloud.dashboard.figures import NOW, day, pour, slot


def open_bar(bar: FakeBar, *, is_built: bool = True) -> TestClient:
    app = FastAPI()
    app.state.clock, app.state.services = bar.clock, bar.services()
    mount_pages(app)
    names = {name: name for name in ("main.js", "item.js", "main.css", "icon.svg")}
    app.state.bundle = (
        Bundle(app.state.bundle.folder if app.state.bundle else "", names) if is_built else None
    )
    return TestClient(app, follow_redirects=False)


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<head.*?</head>", "", html)).split())


def test_the_front_door_leads_to_the_first_bar():
    answer = open_bar(corner_bar()).get("/")
    assert (answer.status_code, answer.headers["location"]) == (302, "/corner-bar/today")


def test_without_a_bar_the_front_door_says_the_one_next_step():
    answer = open_bar(FakeBar(site=None)).get("/")
    assert answer.status_code == 200
    assert "python -m cloud admin import-site bar.toml" in answer.text


def test_today_tells_the_night():
    words = text_of(open_bar(busy_corner_bar()).get("/corner-bar/today").text)
    assert "Poured since 06:00 4.2 l 103 pours" in words
    assert "About 820 ml more than last Friday at this time." in words
    assert "Campari 42 ml ± 2 Middle shelf 22:40" in words
    assert "Perhaps the bottle beside it; 62 % sure." in words


def test_every_pour_carries_its_id_revision_and_instant():
    html = open_bar(busy_corner_bar()).get("/corner-bar/today").text
    assert f'data-movement-id="{0:032x}" data-revision="1" data-at="2026-11-20T21:40:55.000+00:00"' in html


def test_each_bottle_is_drawn_with_its_name_and_level():
    html = open_bar(corner_bar()).get("/corner-bar/today").text
    assert html.count('class="slot is-') == 24
    assert 'aria-label="Tanqueray London Dry Gin, 245 of 700 ml, about 35 %"' in html


def test_stock_lists_every_product_with_hand_par_and_status():
    words = text_of(open_bar(busy_corner_bar()).get("/corner-bar/stock").text)
    assert "Campari Middle shelf 0.6 bottles 427 ml ± 3 par 2" in words
    assert "out The bottle is empty." in words
    assert "24 of 24 products" in words


def names_in(html: str) -> list[str]:
    return re.findall(r'<a class="name"[^>]*>([^<]+)</a>', html)


def test_the_list_is_found_in_by_any_word_of_name_or_shelf():
    client = open_bar(corner_bar())
    assert names_in(client.get("/corner-bar/stock?find=gin").text) == [
        "Hendrick&#39;s Gin",
        "Tanqueray London Dry Gin",
    ]
    assert len(names_in(client.get("/corner-bar/stock?find=speed rail").text)) == 8
    assert names_in(client.get("/corner-bar/stock?find=ANEJO").text) == ["Havana Club Añejo 3 Años"]
    assert "No product fits." in client.get("/corner-bar/stock?find=absinthe").text


def test_the_list_is_filtered_by_status_and_sorted_by_what_hurts():
    client = open_bar(busy_corner_bar())
    assert names_in(client.get("/corner-bar/stock?status=out").text) == [
        "Aperol",
        "Riesling trocken, Weingut Breuer",
    ]
    assert names_in(client.get("/corner-bar/stock?sort=status").text)[:2] == [
        "Riesling trocken, Weingut Breuer",
        "Aperol",
    ]
    assert names_in(client.get("/corner-bar/stock?sort=nonsense").text)[0] == "Amaro Montenegro"


HOSTILE = '<script>alert("1")</script>\'><img src=x onerror=alert(1)>'


def test_a_hostile_name_is_only_text():
    bar = corner_bar()
    bar.set_slot("middle-1", product_name=HOSTILE)
    bar.lines = [pour(product_name=HOSTILE, doubts=(HOSTILE,), shelf_name=HOSTILE)]
    bar.summary = day(top_products=[(HOSTILE, 1.0)])
    client = open_bar(bar)
    for page in ("today", "stock", f"stock?find={HOSTILE}"):
        html = client.get(f"/corner-bar/{page}").text
        assert "<script>alert" not in html
        assert "<img" not in html
        assert "&lt;script&gt;" in html


def test_long_names_and_four_hundred_places_are_drawn():
    bar = corner_bar()
    long = "Château " + "Lafite-Rothschild Pauillac Premier Grand Cru Classé " * 2
    places = tuple(
        slot(slot_id=f"s-{i}", position=i + 1, product_id=f"p-{i}", product_name=long) for i in range(400)
    )
    bar.shelves = [replace(bar.shelves[0], slots=places)]
    html = open_bar(bar).get("/corner-bar/stock").text
    assert html.count('class="slot is-') == 400
    assert html.count("<tr class=") == 400


def test_an_empty_bar_is_a_beginning():
    bar = FakeBar()
    for page in ("today", "stock"):
        words = text_of(open_bar(bar).get(f"/corner-bar/{page}").text)
        assert "Here your shelves will stand, bottle by bottle" in words
        assert "python -m cloud admin import-site bar.toml" in words


def test_a_bar_without_pours_says_what_will_come():
    bar = corner_bar()
    bar.summary = day(
        poured_ml=0.0, pours=0, poured_sigma_ml=0.0, poured_ml_by_hour=[], same_time_last_week_ml=None
    )
    words = text_of(open_bar(bar).get("/corner-bar/today").text)
    assert "0 ml 0 pours" in words
    assert "The next pour appears here the moment its bottle stands again." in words


def test_an_offline_gateway_dims_its_shelf_and_says_why():
    bar = corner_bar()
    bar.shelves[0] = replace(bar.shelves[0], gateway_seen_at=NOW - timedelta(hours=1), outbox_waiting=312)
    html = open_bar(bar).get("/corner-bar/today").text
    assert html.count("slot is-offline") == 8
    assert "Gateway Back bar offline since 21:41, 312 readings were waiting." in html


def test_a_place_that_was_never_weighed_shows_no_figure():
    bar = corner_bar()
    nothing = {
        "on_hand_ml": None,
        "fill_level": None,
        "fill_level_sigma": None,
        "weight_g": None,
        "quality": "none",
    }
    bar.shelves = [
        replace(
            bar.shelves[0], slots=tuple(replace(s, measured_at=None, **nothing) for s in bar.shelves[0].slots)
        )
    ]
    words = text_of(open_bar(bar).get("/corner-bar/stock").text)
    assert "not weighed" in words
    assert "0.0 bottles" not in words
    assert "It has not been weighed yet." in words


@pytest.mark.parametrize("profile", ["spirit", "liqueur", "wine", "beer", "mixer", "keg"])
def test_every_category_is_drawn_in_its_own_shape(profile):
    bar = corner_bar()
    bar.set_slot("middle-1", category=profile)
    assert f'href="#o-{profile}"' in open_bar(bar).get("/corner-bar/today").text


def test_a_simulated_night_says_so_and_a_real_one_does_not():
    assert "simulated night" in open_bar(corner_bar(FakeClock(speed=8.0))).get("/corner-bar/today").text
    assert "simulated night" not in open_bar(corner_bar()).get("/corner-bar/today").text


def test_pages_allow_no_script_or_style_but_ours():
    answer = open_bar(busy_corner_bar()).get("/corner-bar/today")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"\sstyle=|\son[a-z]+=", answer.text)
    assert len(re.findall("<script", answer.text)) == 1


def test_an_unknown_bar_is_a_page_with_a_way_out():
    answer = open_bar(corner_bar()).get("/ghost-bar/today")
    assert answer.status_code == 404
    assert "There is no such bar" in answer.text


def test_without_a_build_the_page_says_the_command():
    answer = open_bar(corner_bar(), is_built=False).get("/corner-bar/today")
    assert answer.status_code == 503
    assert "./dev build" in answer.text or "Restart the cloud." in answer.text


def test_a_page_of_a_whole_bar_is_small():
    answer = open_bar(busy_corner_bar()).get("/corner-bar/stock", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 16_000
