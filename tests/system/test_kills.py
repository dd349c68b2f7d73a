"""A gateway, the cloud and PostgreSQL are killed in the middle of a Friday: nothing is lost or doubled."""

import json
import time
from datetime import UTC, datetime

import pytest

from contract.bartime import BarTime
from firmware_sim.house.house import DATABASE, House
from firmware_sim.house.ports import wait_until
from tests.system import ledger

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]

FRIDAY = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)
SPEED = 40.0
ENOUGH = 10_000


@pytest.fixture
def house(tmp_path):
    built = House(
        tmp_path,
        BarTime(FRIDAY, time.time(), SPEED),
        gateway_env={"BARBACK_EDGE_RETRY_CAP_S": "2", "BARBACK_EDGE_READING_INTERVAL_S": "4"},
        keeps_acceptance_log=True,
    )
    built.broker.start()
    built.start_database()
    built.start_cloud()
    built.introduce()
    for gateway in built.gateways.values():
        gateway.start()
    yield built
    built.discard()


def test_three_kills_lose_and_double_nothing(house):
    bar = house.bar("friday_rush", "--seed", "7")
    bar.start()
    kills = [lambda: house.gateways["gw-well"], lambda: house.cloud, lambda: house.postgres]
    for share, victim in enumerate(kills, start=1):
        reach(house, bar, ENOUGH * share // 4)
        kill_and_restart(victim())
    reach(house, bar, ENOUGH + 500)
    bar.stop()
    accepted = ledger.accepted(house.acceptance_logs)
    url = house.postgres.url(DATABASE)
    wait_until("the gateways to drain", lambda: accepted.keys() <= ledger.stored(url).keys(), timeout_s=90)
    for gateway in house.gateways.values():
        gateway.stop(within_s=20)

    stored, written_down = ledger.stored(url), ledger.accepted(house.acceptance_logs)
    doubled = [key for key, times in stored.items() if times > 1]
    assert len(accepted) > ENOUGH
    assert accepted.keys() - stored.keys() == set(), "accepted by a gateway and missing in the cloud"
    assert stored.keys() - written_down.keys() == set(), "in the cloud and accepted by nobody"
    assert doubled == []
    assert compare_content(house, written_down) > ENOUGH // 2


def reach(house, bar, records):
    def have_enough():
        bar.must_live()
        lines = [log.read_bytes().count(b"\n") for log in house.acceptance_logs.values() if log.exists()]
        return sum(lines) >= records

    wait_until(f"{records} accepted records", have_enough, timeout_s=240)


def kill_and_restart(victim):
    victim.kill()
    time.sleep(1.0)
    victim.start()


def compare_content(house, written_down):
    """What a gateway keeps is what it wrote down and what the cloud has; return the readings compared."""
    compared = 0
    for gateway_id in house.gateways:
        in_cloud = ledger.weights(house.postgres.url(DATABASE), gateway_id)
        epoch = next(key.epoch for key in written_down if key.gateway_id == gateway_id)
        for lane, seq, body in ledger.bodies(house.data_dir(gateway_id) / "outbox.db"):
            assert ledger.digest(body) == written_down[ledger.Key(gateway_id, epoch, lane, seq)]
            told = json.loads(body)["body"]
            if told["kind"] == "reading" and seq in in_cloud:
                scale, weight, quality = in_cloud[seq]
                assert (scale, quality) == (told["scale_id"], told["quality"])
                assert weight == (
                    None if told["weight_g"] is None else pytest.approx(told["weight_g"], rel=1e-6)
                )
                compared += 1
    return compared
