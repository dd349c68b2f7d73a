"""From a click on the Devices page to a gateway that is a process of its own, and back onto the page."""

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from contract.bartime import BarTime
from firmware_sim.house.house import House
from firmware_sim.house.ports import wait_until

pytestmark = pytest.mark.system

KEGS = Path(__file__).parents[2] / "firmware_sim" / "bars" / "keg_corner.toml"


@pytest.fixture
def house(tmp_path):
    built = House(tmp_path, BarTime(datetime(2026, 11, 20, 19, 30, tzinfo=UTC), time.time(), 10.0), KEGS)
    built.start_database()
    built.broker.start()
    built.start_cloud()
    built.introduce()
    built.gateways["gw-kegs"].start()
    yield built
    built.discard()


def asked(house) -> list[dict]:
    answer = httpx.get(f"{house.cloud_url}/api/v1/sites/{house.layout.id}/commands").json()
    return answer.get("gw-kegs", [])


def click(house, kind: str, **fields: str) -> dict:
    """Click, wait for the end, and return the command's line."""
    before = len(asked(house))
    answer = httpx.post(f"{house.cloud_url}/{house.layout.id}/devices/gw-kegs/{kind}", data=fields)
    assert answer.status_code == 303, answer.text
    wait_until(kind, lambda: len(asked(house)) > before and asked(house)[0]["took_s"] is not None)
    return asked(house)[0]


def test_a_gateway_is_found_set_examined_and_restarted_from_the_page(house):
    log = house.directory / "logs" / "gw-kegs.log"
    wait_until("the gateway to listen", lambda: "listening" in log.read_text())
    assert click(house, "identify")["state"] == "done"
    assert "nothing came from it" in click(house, "tare", slot=house.layout.shelves[0].slots[0].id)["detail"]
    found = click(house, "diagnostics")
    text = httpx.get(f"{house.cloud_url}/{house.layout.id}/devices/results/{found['command_id']}").text
    assert re.search(r'"log": \[.*the cloud asks: identify', text)
    pid = house.gateways["gw-kegs"].pid
    assert (click(house, "restart")["state"], house.gateways["gw-kegs"].pid) == ("done", pid)
    assert log.read_text().count("scales on") == 2
    assert click(house, "rotate_key")["state"] == "done"
    assert click(house, "layout")["detail"] == "the layout is as it was"
