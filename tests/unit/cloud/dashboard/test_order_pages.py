"""The pages of ordering as HTML: suggestions, edits, what-if, approvals, imports, empty states."""

import re

import pytest

from tests.unit.cloud.dashboard.bars import busy_corner_bar
from tests.unit.cloud.dashboard.fake_orders import ANKER, NORDHAFEN, article
from tests.unit.cloud.dashboard.fakes import FakeBar
from tests.unit.cloud.dashboard.test_pages import open_bar, text_of


@pytest.fixture
def bar():
    made = busy_corner_bar()
    made.suppliers = [ANKER, NORDHAFEN]
    made.articles = [
        article("campari", "anker", 6, 12.9, (2, 12.4)),
        article("campari", "anker", 1, 13.8),
        article("campari", "nordhafen", 6, 12.55),
        article("aperol", "anker", 6, 10.6),
    ]
    return made


def words_of(answer):
    return text_of(answer.text)


def first_key(html):
    return re.search(r'name="cases-(\d+-\d+)"', html)[1]


def test_without_suppliers_the_page_says_the_one_next_step():
    page = open_bar(busy_corner_bar()).get("/corner-bar/orders")
    assert page.status_code == 200
    assert "No suppliers yet" in page.text
    assert 'href="/corner-bar/suppliers"' in page.text


def test_without_a_plan_it_can_be_made_at_once(bar):
    client = open_bar(bar)
    assert "Nothing planned yet" in client.get("/corner-bar/orders").text
    answer = client.post("/corner-bar/orders/plan")
    assert (answer.status_code, answer.headers["location"]) == (303, "/corner-bar/orders")
    assert "What it costs" not in client.get("/corner-bar/orders").text


def test_a_suggestion_stands_with_its_cut_off_reason_and_par(bar):
    client = open_bar(bar)
    client.post("/corner-bar/orders/plan")
    words = words_of(client.get("/corner-bar/orders"))
    assert "Anker Drinks Order by 23:30 today, comes Sat 21 Nov" in words
    assert "without it; the delivery after this one comes on" in words
    assert "on the shelf" in words
    assert "would order" in words
    assert "The minimum of 80.00 is reached." in words


def test_a_quantity_set_by_hand_shows_what_it_costs(bar):
    client = open_bar(bar)
    client.post("/corner-bar/orders/plan")
    key = first_key(client.get("/corner-bar/orders").text)
    delivery = key.split("-")[0]
    answer = client.post(f"/corner-bar/orders/1/{delivery}/cost", content=f"cases-{key}=0")
    assert answer.status_code == 200
    words = words_of(answer)
    assert re.search(r"Costs [\d.]+ (more|less) than the plan; [\d.,]+ less to pay", words)
    assert f'id="cost-{delivery}"' in answer.text


def test_an_unchanged_form_costs_nothing(bar):
    client = open_bar(bar)
    client.post("/corner-bar/orders/plan")
    delivery = first_key(client.get("/corner-bar/orders").text).split("-")[0]
    assert "As planned." in words_of(client.post(f"/corner-bar/orders/1/{delivery}/cost", content=""))


def test_a_word_for_a_quantity_is_refused(bar):
    client = open_bar(bar)
    client.post("/corner-bar/orders/plan")
    key = first_key(client.get("/corner-bar/orders").text)
    answer = client.post(f"/corner-bar/orders/1/{key.split('-')[0]}/approve", content=f"cases-{key}=many")
    assert answer.status_code == 422
    assert "is no number of cases" in answer.text
    shown = client.post(f"/corner-bar/orders/1/{key.split('-')[0]}/cost", content=f"cases-{key}=many")
    assert "is no number of cases" in shown.text
    assert "Take the approval back" not in client.get("/corner-bar/orders").text


def test_an_order_is_approved_and_taken_back(bar):
    client = open_bar(bar)
    client.post("/corner-bar/orders/plan")
    key = first_key(client.get("/corner-bar/orders").text)
    delivery = key.split("-")[0]
    answer = client.post(f"/corner-bar/orders/1/{delivery}/approve", content=f"cases-{key}=2")
    assert answer.headers["location"] == f"/corner-bar/orders#order-{delivery}"
    assert "approved 22:41" in words_of(client.get("/corner-bar/orders"))
    client.post(f"/corner-bar/orders/1/{delivery}/withdraw")
    assert "approved" not in words_of(client.get("/corner-bar/orders"))
    assert client.post(f"/corner-bar/orders/1/{delivery}/withdraw").status_code == 404


def test_nothing_cannot_be_approved(bar):
    client = open_bar(bar)
    client.post("/corner-bar/orders/plan")
    html = client.get("/corner-bar/orders").text
    delivery = first_key(html).split("-")[0]
    nothing = "&".join(f"cases-{key}=0" for key in re.findall(rf'name="cases-({delivery}-\d+)"', html))
    answer = client.post(f"/corner-bar/orders/1/{delivery}/approve", content=nothing)
    assert answer.status_code == 422
    assert "at least one case" in answer.text


def test_a_question_is_answered_beside_the_plan(bar):
    client = open_bar(bar)
    client.post("/corner-bar/orders/plan")
    page = client.get("/corner-bar/orders?closed=anker")
    words = words_of(page)
    assert "What if Anker Drinks closed Back to the plan" in words
    assert "0 instead of" in words
    assert "Approve" not in words
    assert "What if" not in words_of(client.get("/corner-bar/orders")).split("Orders")[0]


def test_a_budget_that_is_no_amount_is_said(bar):
    client = open_bar(bar)
    client.post("/corner-bar/orders/plan")
    assert "&#39;lots&#39; is no amount of money" in client.get("/corner-bar/orders?budget=lots").text


def test_an_order_can_be_copied_as_text(bar):
    client = open_bar(bar)
    client.post("/corner-bar/orders/plan")
    delivery = first_key(client.get("/corner-bar/orders").text).split("-")[0]
    page = client.get(f"/corner-bar/orders/1/{delivery}/sheet")
    assert "Order of The Corner Bar" in page.text
    assert "anker-campari-6" in page.text
    assert client.get("/corner-bar/orders/1/99/sheet").status_code == 404


def test_an_import_is_shown_before_it_is_done(bar):
    client = open_bar(bar)
    look = client.post("/corner-bar/suppliers", content="list=x&do=look")
    assert "This would change" in look.text
    assert 'value="apply"' in look.text
    done = client.post("/corner-bar/suppliers", content="list=x&do=apply")
    assert "1 changes made" in done.text


def test_prices_stand_side_by_side_and_a_supplier_can_be_closed(bar):
    client = open_bar(bar)
    words = words_of(client.get("/corner-bar/suppliers"))
    assert "Campari 17.71 / l Anker Drinks, 6 x 12.40 from 2 cases" in words
    assert client.post("/corner-bar/suppliers/anker/close").status_code == 303
    assert "Closed for now" in words_of(client.get("/corner-bar/suppliers"))
    assert "Open again" in words_of(client.get("/corner-bar/suppliers"))
    assert client.post("/corner-bar/suppliers/nobody/close").status_code == 404


def test_an_unknown_bar_has_no_orders():
    assert open_bar(FakeBar(site=None)).get("/nowhere/orders").status_code == 404
