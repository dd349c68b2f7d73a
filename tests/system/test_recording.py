"""A recorded trace of a real keg scale goes the whole way: counts, MQTT, gateway, HTTP, PostgreSQL."""

import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from contract.bartime import BarTime
from firmware_sim.house.house import DATABASE, House
from firmware_sim.house.ports import wait_until
from tests.recordings import recording

pytestmark = pytest.mark.system

KEGS = Path(__file__).parents[2] / "firmware_sim" / "bars" / "keg_corner.toml"
FRIDAY = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)


@pytest.fixture
def house(tmp_path):
    built = House(tmp_path, BarTime(FRIDAY, time.time(), 10.0), KEGS)
    built.start_database()
    built.broker.start()
    built.start_cloud()
    built.introduce()
    for gateway in built.gateways.values():
        gateway.start()
    yield built
    built.discard()


def test_run1_is_two_pours_of_342_and_688_grams(house):
    trace = recording("load_cell/run1.csv")
    log = house.directory / "logs" / "gw-kegs.log"
    wait_until("the gateway to listen", lambda: "listening" in log.read_text())
    house.run(
        *("firmware_sim", "replay", str(trace), "--layout", str(KEGS), "--scale", "keg-cell-1"),
        *("--broker", f"{house.broker.host}:{house.broker.port}", "--rate", "10"),
    )
    wait_until("two movements in the cloud", lambda: len(movements(house)) >= 2)
    house.gateways["gw-kegs"].stop(within_s=20)
    found = movements(house)
    assert [kind for kind, _ in found] == ["pour", "pour"]
    assert [poured_g for _, poured_g in found] == [pytest.approx(342, abs=4), pytest.approx(688, abs=4)]


def movements(house) -> list[tuple[str, float]]:
    with psycopg.connect(house.postgres.url(DATABASE)) as connection:
        return connection.execute(
            "SELECT kind, weight_before_g - weight_after_g FROM movement_log ORDER BY recorded_at"
        ).fetchall()
