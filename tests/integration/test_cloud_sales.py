"""Imported sales become demand where nothing is weighed."""

from datetime import date

import pytest

from cloud.dashboard.bundle import STATIC, Bundle
from tests.integration.test_cloud_process import Commands

pytestmark = pytest.mark.postgres
SITE = "corner-bar"
PATH = f"/api/v1/sites/{SITE}/sales"
FILE = (
    "date,item,qty\n2026-11-17,Negroni,4\n2026-11-18,Negroni,2\n2026-11-18,Campari Soda,3\n"
    "2026-11-19,House Red,5\n2026-11-19,Negroni,0\n"
)


def demand(cloud, product):
    found = cloud.call(cloud.services.demand.days, SITE, product)
    return {day.day_on: (day.quantity_ml, day.servings, day.source.value) for day in found}


def name(cloud, item, **parts):
    body = {
        "name": item,
        "parts": [{"product_id": product.replace("_", "-"), "ml": ml} for product, ml in parts.items()],
    }
    return cloud.client.put(f"{PATH}/items", json=body)


def test_a_look_writes_nothing_and_names_what_is_unknown(cloud):
    told = cloud.client.post(f"{PATH}/preview", content=FILE).json()
    assert (told["rows"], told["first_on"], told["last_on"]) == (5, "2026-11-17", "2026-11-19")
    assert told["columns"] == {"day": "date", "item": "item", "pieces": "qty"}
    assert [(item["name"], item["pieces"]) for item in told["unknown"]] == [
        ("Negroni", 6.0),
        ("House Red", 5.0),
        ("Campari Soda", 3.0),
    ]
    assert told["unknown"][2]["suggestion"] == "campari"
    assert cloud.rows("SELECT * FROM sale") == []


def test_named_sales_become_demand_with_zeros_between(cloud):
    cloud.client.post(PATH, content=FILE)
    assert demand(cloud, "campari") == {}
    assert name(cloud, "Negroni", campari=30, tanqueray=30).status_code == 200
    assert name(cloud, "Campari Soda", campari=40).status_code == 200
    assert demand(cloud, "campari") == {
        date(2026, 11, 17): (120.0, 4, "sales"),
        date(2026, 11, 18): (180.0, 5, "sales"),
        date(2026, 11, 19): (0.0, 0, "sales"),
    }
    assert demand(cloud, "tanqueray")[date(2026, 11, 17)] == (120.0, 4, "sales")


def test_a_second_import_replaces_its_days_and_keeps_the_others(cloud):
    name(cloud, "Negroni", campari=30)
    cloud.client.post(PATH, content=FILE)
    cloud.client.post(PATH, content="date,item,qty\n2026-11-18,Negroni,1\n")
    found = demand(cloud, "campari")
    assert [found[date(2026, 11, day)][0] for day in (17, 18, 19)] == [120.0, 30.0, 0.0]


def test_what_is_weighed_counts_more_than_what_the_till_says(cloud):
    name(cloud, "Negroni", campari=30)
    cloud.client.post(PATH, content=FILE)
    cloud.rows(
        "INSERT INTO demand SELECT site_no, product_no, '2026-11-18', 0, 75, 1, 2, 1, now() FROM product"
        " WHERE product_id = 'campari' RETURNING day_on"
    )
    assert demand(cloud, "campari")[date(2026, 11, 18)] == (75.0, 2, "sensed")


def test_faults_are_sentences(cloud):
    assert "cannot be told" in cloud.client.post(PATH, content="a,b\n1,2\n").json()["detail"]
    future = cloud.client.post(PATH, content="date,item,qty\n2031-01-01,Ale,1\n").json()["detail"]
    assert future == "sales of 2031-01-01 cannot be; is the column 'date' the right one?"
    assert "not every product of 'Ale'" in name(cloud, "Ale", absinthe=30).json()["detail"]
    assert name(cloud, "Ale", campari=-1).status_code == 422
    assert cloud.client.post("/api/v1/sites/nowhere/sales", content=FILE).status_code == 404


def test_an_operator_imports_and_names_from_the_command_line(cloud, tmp_path):
    command = Commands(cloud.url, tmp_path)
    (tmp_path / "till.csv").write_text(FILE)
    looked = command("admin", "import-sales", SITE, tmp_path / "till.csv", "--preview")
    assert looked.stdout.splitlines()[0].startswith("5 rows would be taken over, 2026-11-17 to 2026-11-19")
    assert "unknown: Campari Soda (3 sold); like campari" in looked.stdout
    command("admin", "import-sales", SITE, tmp_path / "till.csv")
    named = command("admin", "name-sale", SITE, "Negroni", "campari", "30")
    assert named.stdout == "A sale of Negroni takes 30 ml of campari; its sales so far are counted.\n"
    assert demand(cloud, "campari")[date(2026, 11, 17)][0] == 120.0


def test_the_page_imports_names_and_counts_like_the_api(cloud):
    cloud.client.app.state.bundle = Bundle(STATIC, dict.fromkeys(("main.css", "main.js", "icon.svg"), "x"))
    looked = cloud.client.post(f"/{SITE}/sales", data={"list": FILE, "do": "look"}).text
    assert "This would be imported" in looked
    assert cloud.rows("SELECT * FROM sale") == []
    cloud.client.post(f"/{SITE}/sales", data={"list": FILE, "do": "import"})
    named = {"name": "Negroni", "product": ["Campari", "Tanqueray London Dry Gin"], "ml": ["30", "25,5"]}
    answer = cloud.client.post(f"/{SITE}/sales/names", data=named, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    assert demand(cloud, "tanqueray")[date(2026, 11, 17)] == (102.0, 4, "sales")
    assert "30 ml Campari, 25.5 ml Tanqueray London Dry Gin" in cloud.client.get(f"/{SITE}/sales").text
