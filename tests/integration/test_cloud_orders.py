"""Suppliers, prices, plans and approvals on a real database."""

from datetime import timedelta
from pathlib import Path

import pytest

from cloud.orders.service import ORDER
from cloud.orders.tasks import order_tasks
from contract.records import MovementKind
from tests.cloud_under_test import EVENING, pour, reading

pytestmark = pytest.mark.postgres
BARS = Path(__file__).parents[2] / "firmware_sim" / "bars"
SITE = {"site": "corner-bar"}


def import_list(cloud, content, **query):
    return cloud.client.post("/api/v1/suppliers/import", params=SITE | query, content=content)


@pytest.fixture
def stocked(cloud):
    """The corner bar with its suppliers and prices, and Campari nearly empty."""
    for name in ("corner_bar_suppliers.csv", "corner_bar_prices.csv"):
        answer = import_list(cloud, (BARS / name).read_bytes(), apply="true")
        assert answer.status_code == 200, answer.text
        assert answer.json()["faults"] == []
        assert answer.json()["unmatched"] == []
    cloud.back_bar.send(reading("middle-1", 600.0))
    return cloud


def plan(cloud):
    answer = cloud.client.post("/api/v1/orders/suggestions", params=SITE)
    assert answer.status_code == 201, answer.text
    return answer.json()


def lines_of(kept):
    return {
        line["product_id"]: (order, line)
        for order in kept["suggestion"]["orders"]
        if order["is_due"]
        for line in order["lines"]
    }


def test_an_import_changes_nothing_until_it_is_applied(cloud):
    text = (BARS / "corner_bar_suppliers.csv").read_bytes()
    assert len(import_list(cloud, text).json()["changes"]) == 3
    assert cloud.client.get("/api/v1/suppliers", params=SITE).json() == []
    assert import_list(cloud, text, apply="true").json()["is_done"]
    again = import_list(cloud, text).json()
    assert (again["changes"], again["unchanged"]) == ([], 3)


def test_a_new_price_takes_the_place_of_the_old_ones(stocked):
    head = "supplier,article,name,pack,bottle_ml,price,breaks,product\n"
    said = import_list(stocked, head + "Anker Drinks,A-1001,Campari 0.7,6,700,13.40,,campari\n", apply="true")
    (sentence,) = said.json()["changes"]
    assert sentence.startswith("Campari 0.7 (A-1001): price 12.90, from 2 cases 12.40 -> 13.40 (+3.9%)")
    articles = stocked.client.get("/api/v1/suppliers/articles", params=SITE).json()
    (campari,) = [each for each in articles if each["article_id"] == "A-1001"]
    assert campari["prices"] == [{"min_cases": 1, "unit_price": 13.4}]


def test_offers_are_compared_by_the_litre(stocked):
    (campari,) = stocked.client.get("/api/v1/suppliers/pricing", params=SITE | {"product": "campari"}).json()
    assert [offer["unit_price"] for offer in campari["offers"]] == [12.4, 12.55, 12.9, 13.8]
    missing = stocked.client.get("/api/v1/suppliers/pricing", params=SITE | {"product": "absinthe"})
    assert missing.status_code == 404


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe", b"supplier,article\n"])
def test_a_file_that_is_no_list_is_refused_with_what_to_do(cloud, content):
    answer = import_list(cloud, content)
    assert answer.status_code == 422
    assert "missing" in answer.json()["detail"] or "UTF-8" in answer.json()["detail"]


def test_a_plan_is_kept_and_repeats_to_the_last_bit(stocked):
    kept = plan(stocked)
    assert stocked.client.get("/api/v1/orders/suggestions", params=SITE).json() == kept
    # The world goes on: another stock and another price must not change what was planned.
    stocked.back_bar.send(reading("middle-1", 1200.0))
    import_list(
        stocked,
        "supplier,article,name,pack,bottle_ml,price\nAnker Drinks,A-1001,Campari,6,700,99\n",
        apply="true",
    )
    again = stocked.call(stocked.services.orders.repeat, "corner-bar", kept["plan_no"])
    assert again.is_same
    assert again.lines == sum(len(order["lines"]) for order in kept["suggestion"]["orders"])


def test_a_poured_bottle_brings_its_product_into_the_plan(stocked):
    stocked.back_bar.send(reading("middle-1", 1230.0), at=EVENING + timedelta(minutes=1))
    inputs = stocked.call(stocked.services.orders.inputs, "corner-bar")
    full = next(p for p in inputs.products if p.product_id == "campari")
    stocked.back_bar.send(reading("middle-1", 520.0), at=EVENING + timedelta(minutes=5))
    order, line = lines_of(plan(stocked))["campari"]
    assert full.on_hand_units > 0.9
    assert line["on_hand_units"] < 0.1
    assert line["units"] > 0
    assert order["supplier_id"] == "anker-drinks"


def test_what_was_approved_is_on_its_way_in_the_next_plan(stocked):
    kept = plan(stocked)
    order, line = lines_of(kept)["campari"]
    place = f"/api/v1/orders/suggestions/{kept['plan_no']}/orders/{order['delivery']}/approval"
    approved = stocked.client.post(place, params=SITE, json={"cases": {line["key"]: line["cases"] + 1}})
    assert approved.status_code == 201, approved.text
    bottles = {
        entry["product_id"]: entry["cases"] * entry["pack_units"]
        for entry in approved.json()["lines"]
        if entry["product_id"] == "campari"
    }
    assert sum(bottles.values()) > 0
    inputs = stocked.call(stocked.services.orders.inputs, "corner-bar")
    coming = {p.product_id: sum(units for _, units in p.open_orders) for p in inputs.products}
    assert coming["campari"] == line["units"] + line["pack_units"]
    assert "campari" not in lines_of(plan(stocked))
    assert stocked.client.request("DELETE", place, params=SITE).status_code == 204
    assert "campari" in lines_of(plan(stocked))
    assert stocked.client.get("/api/v1/orders/approved", params=SITE).json() == []


def test_an_order_is_approved_once_for_a_supplier_and_day(stocked):
    kept = plan(stocked)
    order, _ = lines_of(kept)["campari"]
    place = f"/api/v1/orders/suggestions/{kept['plan_no']}/orders/{order['delivery']}/approval"
    for _ in range(2):
        assert stocked.client.post(place, params=SITE, json={}).status_code == 201
    assert len(stocked.client.get("/api/v1/orders/approved", params=SITE).json()) == 1


def test_a_quantity_and_a_question_are_answered_without_keeping_anything(stocked):
    kept = plan(stocked)
    _, line = lines_of(kept)["campari"]
    place = f"/api/v1/orders/suggestions/{kept['plan_no']}"
    change = stocked.client.post(f"{place}/cost", params=SITE, json={"cases": {line["key"]: 0}}).json()
    assert change["cost_change"] == pytest.approx(line["saves"], abs=0.01)
    told = stocked.client.get(f"{place}/what-if", params=SITE | {"closed": "anker-drinks"}).json()
    assert "anker-drinks" not in {each["supplier_id"] for each in told["orders"]}
    assert stocked.client.get(f"{place}/what-if", params=SITE | {"closed": "nobody"}).status_code == 422
    newest = stocked.client.get("/api/v1/orders/suggestions", params=SITE).json()
    assert newest["plan_no"] == kept["plan_no"]


def test_before_the_first_plan_the_answer_says_how_to_get_one(cloud):
    answer = cloud.client.get("/api/v1/orders/suggestions", params=SITE)
    assert answer.status_code == 404
    assert "POST /api/v1/orders/suggestions" in answer.json()["detail"]


def test_a_plan_comes_round_an_hour_before_each_cut_off(stocked):
    (task,) = order_tasks(stocked.services)
    assert task.name == ORDER
    site = stocked.call(stocked.services.sites.site, "corner-bar")
    # Friday 20:00 UTC: Nordhafen's cut-off is 22:00 in Berlin, so its plan was due at 21:00, just now.
    assert stocked.call(task.due, site, EVENING) == EVENING
    before = stocked.call(task.due, site, EVENING - timedelta(minutes=1))
    assert before == EVENING.replace(day=19, hour=14)
    assert stocked.call(task.due, site, EVENING + timedelta(hours=2)) == EVENING + timedelta(minutes=90)


def test_a_worker_plans(stocked):
    handed = stocked.call(stocked.services.jobs.hand_out_due, order_tasks(stocked.services))
    assert handed == [("order", "corner-bar")]
    assert stocked.call(stocked.services.jobs.hand_out_due, order_tasks(stocked.services)) == []


def test_a_supplier_that_is_closed_takes_no_orders(stocked):
    stocked.call(lambda: stocked.services.suppliers.close("corner-bar", "anker-drinks", is_closed=True))
    said = plan(stocked)["suggestion"]
    assert "anker-drinks" not in {order["supplier_id"] for order in said["orders"]}
    assert "Anker Drinks is marked as closed: nothing is ordered there." in said["notes"]
    # Importing its terms again does not open it behind the manager's back.
    import_list(stocked, (BARS / "corner_bar_suppliers.csv").read_bytes(), apply="true")
    suppliers = stocked.client.get("/api/v1/suppliers", params=SITE).json()
    assert [each["is_closed"] for each in suppliers if each["supplier_id"] == "anker-drinks"] == [True]


def figures(cloud):
    answer = cloud.client.get("/api/v1/orders/figures", params=SITE)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_next_plan_follows_the_settings(stocked):
    known = stocked.client.get("/api/v1/orders/settings", params=SITE).json()
    assert (known["days"], known["weekly_budget"]) == (21, None)
    tight = known | {"weekly_budget": 200.0}
    assert stocked.client.put("/api/v1/orders/settings", params=SITE, json=tight).status_code == 204
    orders = plan(stocked)["suggestion"]["orders"]
    this_week = [order["money"] for order in orders if order["order_on"] <= "2026-11-22"]
    assert sum(this_week) <= 200.0


def test_levels_set_by_hand_outlive_a_layout_and_come_into_figures_and_plans(stocked):
    put = "/api/v1/sites/corner-bar/products/campari/levels"
    levels = {"par_bottles": 9.5, "at_least_bottles": 4.0}
    assert stocked.client.put(put, json=levels).status_code == 204
    stocked.call(stocked.services.sites.import_layout, stocked.layout)
    (campari,) = [p for p in figures(stocked) if p["product_id"] == "campari"]
    assert (campari["par_units"], campari["at_least_units"]) == (9.5, 4.0)
    assert campari["figures"]["reorder_point_units"] > 0
    _, line = lines_of(plan(stocked))["campari"]
    assert (line["par_units"], line["par_is_managers"]) == (9.5, True)
    assert line["units"] >= 4
    shelves = stocked.client.get("/api/v1/sites/corner-bar/shelves").json()
    assert [
        s["par_bottles"] for shelf in shelves for s in shelf["slots"] if s["product_id"] == "campari"
    ] == [9.5]
    assert stocked.client.put(put, json={}).status_code == 204
    (campari,) = [p for p in figures(stocked) if p["product_id"] == "campari"]
    layouts = next(p.par_bottles for p in stocked.layout.products if p.id == "campari")
    assert (campari["par_units"], campari["at_least_units"]) == (layouts, 0.0)


def test_figures_are_there_where_stock_costs_nothing_and_nobody_forecast(stocked):
    assert put_settings(stocked, holding_rate=0.0).status_code == 204
    paid_for = [p["figures"] for p in figures(stocked) if p["source"] and p["source"]["order_cost"]]
    assert {told["economic_order_quantity"] for told in paid_for} == {None}


@pytest.mark.parametrize(
    ("product", "levels", "status"),
    [
        ("campari", {"par_bottles": -1}, 422),
        ("campari", {"at_least_bottles": 1e9}, 422),
        ("absinth", {}, 404),
    ],
)
def test_levels_that_cannot_be_are_refused(stocked, product, levels, status):
    assert (
        stocked.client.put(f"/api/v1/sites/corner-bar/products/{product}/levels", json=levels).status_code
        == status
    )


@pytest.mark.parametrize(
    "bad",
    [{"class_weights": [0, 1, 1]}, {"days": 0}, {"days": 99}, {"weekly_budget": -1}, {"shortage_factor": 0}],
)
def test_settings_that_make_no_plan_are_refused(stocked, bad):
    known = stocked.client.get("/api/v1/orders/settings", params=SITE).json()
    answer = stocked.client.put("/api/v1/orders/settings", params=SITE, json=known | bad)
    assert answer.status_code == 422


def approve_campari(cloud, extra_cases=0):
    """Approve the order that holds Campari, everything with some cases more."""
    kept = plan(cloud)
    order, _ = lines_of(kept)["campari"]
    place = f"/api/v1/orders/suggestions/{kept['plan_no']}/orders/{order['delivery']}/approval"
    more = {each["key"]: each["cases"] + extra_cases for each in order["lines"]}
    return cloud.client.post(place, params=SITE, json={"cases": more}), order


def put_settings(cloud, **changes):
    known = cloud.client.get("/api/v1/orders/settings", params=SITE).json()
    return cloud.client.put("/api/v1/orders/settings", params=SITE, json=known | changes)


def test_a_count_lowers_what_is_ordered_and_what_is_carried_out_leaves_it(stocked):
    before = lines_of(plan(stocked))["campari"][1]
    said = {"room": "Cellar", "counted_by": "Ana", "bottles": {"campari": 12.0, "aperol": 0}}
    answer = stocked.client.post("/api/v1/sites/corner-bar/counts", json=said)
    assert (answer.status_code, answer.json()) == (201, {"counted": 2})
    assert "campari" not in lines_of(plan(stocked))
    inputs = stocked.call(stocked.services.orders.inputs, "corner-bar")
    campari = next(p for p in inputs.products if p.product_id == "campari")
    assert campari.on_hand_units == pytest.approx(before["on_hand_units"] + 12.0, abs=0.01)
    # An hour later a full bottle is set on the shelf; it came out of the cellar.
    stocked.rows("UPDATE stock_count SET counted_at = counted_at - interval '1 hour' RETURNING count_no")
    stocked.back_bar.send(pour("middle-1", 650.0, movement=MovementKind.SWAP, weight_after_g=1450.0))
    stores = stocked.client.get("/api/v1/sites/corner-bar/stores").json()
    assert {each["product_id"]: (each["counted"], each["carried"]) for each in stores} == {
        "campari": (12.0, 1),
        "aperol": (0.0, 0),
    }
    history = stocked.client.get("/api/v1/sites/corner-bar/counts").json()
    assert {(each["product_id"], each["counted_by"]) for each in history} == {
        ("campari", "Ana"),
        ("aperol", "Ana"),
    }
    wrong = said | {"bottles": {"campari": -1}}
    assert stocked.client.post("/api/v1/sites/corner-bar/counts", json=wrong).status_code == 422


def test_a_supplier_is_judged_by_the_days_its_orders_came(stocked):
    answer, order = approve_campari(stocked)
    place = f"/api/v1/orders/approved/{answer.json()['order_no']}/came"
    today = EVENING.date().isoformat()
    assert stocked.client.put(place, params=SITE, json={"on": today}).status_code == 204
    (kept,) = stocked.client.get("/api/v1/orders/approved", params=SITE).json()
    assert kept["came_on"] == today
    late = stocked.client.get("/api/v1/orders/lateness", params=SITE).json()[order["supplier_id"]]
    assert (late["deliveries"], late["on_time_share"], late["mean_days"]) == (1, 1.0, 0.0)
    assert late["sigma_days"] > 0
    assert stocked.client.put(place, params=SITE, json={"on": "2020-01-01"}).status_code == 422
    wrong = stocked.client.put("/api/v1/orders/approved/999/came", params=SITE, json={"on": today})
    assert wrong.status_code == 404


def test_what_is_entered_of_a_suppliers_lateness_moves_its_deliveries(stocked):
    delay = {"usual_days": 1.0, "spread_days": 0.5}
    place = "/api/v1/suppliers/anker-drinks/delay"
    assert stocked.client.put(place, params=SITE, json=delay).status_code == 204
    said = plan(stocked)["suggestion"]["orders"]
    (order,) = [each for each in said if each["is_due"] and each["supplier_id"] == "anker-drinks"]
    assert (order["arrives_on"], order["expected_on"]) == ("2026-11-21", "2026-11-22")
    # A list of terms says nothing of it, and so does not change it.
    import_list(stocked, (BARS / "corner_bar_suppliers.csv").read_bytes(), apply="true")
    suppliers = stocked.client.get("/api/v1/suppliers", params=SITE).json()
    assert [s["usual_delay_days"] for s in suppliers if s["supplier_id"] == "anker-drinks"] == [1.0]
    assert stocked.client.put(place, params=SITE, json={"usual_days": 99}).status_code == 422
    nobody = stocked.client.put("/api/v1/suppliers/nobody/delay", params=SITE, json=delay)
    assert nobody.status_code == 404


def test_an_approval_keeps_to_the_minimum(stocked):
    kept = plan(stocked)
    order, line = lines_of(kept)["campari"]
    place = f"/api/v1/orders/suggestions/{kept['plan_no']}/orders/{order['delivery']}/approval"
    little = {each["key"]: int(each["key"] == line["key"]) for each in order["lines"]}
    refused = stocked.client.post(place, params=SITE, json={"cases": little})
    assert refused.status_code == 422
    said = "66.20 is missing to the minimum of 80.00 of Anker Drinks: the order is 13.80"
    assert refused.json()["detail"] == said
    assert stocked.client.get("/api/v1/orders/approved", params=SITE).json() == []


def test_an_approval_keeps_to_the_weeks_budget(stocked):
    order, _ = lines_of(plan(stocked))["campari"]
    assert put_settings(stocked, weekly_budget=order["money"] + 1.0).status_code == 204
    answer, _ = approve_campari(stocked, extra_cases=10)
    assert answer.status_code == 422
    assert "over the week's budget of" in answer.json()["detail"]
    assert approve_campari(stocked)[0].status_code == 201


def test_room_by_zone_is_kept_and_planned_with(stocked):
    zones = [{"name": "fridge", "litres": 100.0, "categories": ["liqueur"]}]
    assert put_settings(stocked, zones=zones).status_code == 204
    assert stocked.client.get("/api/v1/orders/settings", params=SITE).json()["zones"] == zones
    kept = plan(stocked)
    assert stocked.call(stocked.services.orders.repeat, "corner-bar", kept["plan_no"]).is_same
    answer, _ = approve_campari(stocked, extra_cases=40)
    assert "fridge lacks room for" in answer.json()["detail"]
    twice = put_settings(stocked, zones=zones * 2)
    assert "two zones are called fridge" in twice.json()["detail"]
