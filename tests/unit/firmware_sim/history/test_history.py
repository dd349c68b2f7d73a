"""The days before the night: bottles that add up, records by the contract, sending that goes on."""

import base64
import itertools
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from contract.batch import Batch, Problem
from contract.records import Movement, MovementKind, Reading
from firmware_sim.bottles import state_of
from firmware_sim.errors import SimulatorError
from firmware_sim.history.command import make_lanes, make_ledger
from firmware_sim.history.keys import read_key
from firmware_sim.history.plan import HistoryPlan
from firmware_sim.history.post import Poster
from firmware_sim.night import Night
from tests.unit.firmware_sim.builders import corner_bar, scenario, small_layout
from tests.unit.firmware_sim.history.cloud_of_paper import PaperCloud

UNTIL = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)


def plan(days=7, layout=None, seed=1):
    return HistoryPlan(layout or corner_bar(), days, UNTIL, seed)


def lanes_of(made, gateway_id):
    return make_lanes(made, make_ledger(made), gateway_id)


def batches(lane):
    return [Batch.model_validate_json(lane.body(first)) for first in range(0, len(lane.records), 2000)]


def test_250_to_450_pours_a_business_day_with_the_weekend_above_the_week():
    made = plan(days=91)
    pours = [moved for moved in make_ledger(made).movements if moved.kind is MovementKind.POUR]
    days = Counter((datetime.fromtimestamp(moved.at_s, UTC) - timedelta(hours=6)).date() for moved in pours)
    whole = [day for day in days if made.since.date() < day < UNTIL.date()]
    mean = {
        n: sum(days[day] for day in whole if day.weekday() == n) / sum(day.weekday() == n for day in whole)
        for n in range(7)
    }
    assert min(mean.values()) >= 230
    assert max(mean.values()) <= 470
    assert min(mean[4], mean[5]) > 1.3 * mean[0]


def test_bottles_lose_what_is_poured_and_gain_what_is_restocked():
    movements = make_ledger(plan(days=30)).movements
    by_slot = {}
    for moved in movements:
        assert moved.before_g == pytest.approx(by_slot.get(moved.slot, moved.before_g), abs=1e-9)
        by_slot[moved.slot] = moved.after_g
    assert {moved.kind.value for moved in movements} == {"pour", "removal", "restock", "swap"}


def test_there_is_one_reading_per_slot_and_quarter_of_an_hour():
    made = plan(days=2)
    readings = {gateway: lanes_of(made, gateway)[1] for gateway in ("gw-back-bar", "gw-well")}
    assert len(readings["gw-back-bar"].records) == 16 * 2 * 96
    assert len(readings["gw-well"].records) == 8 * 2 * 96


def test_every_batch_is_by_the_contract_and_in_order_of_time():
    made = plan(days=14)
    for lane in lanes_of(made, "gw-back-bar"):
        records = list(itertools.chain.from_iterable(batch.records for batch in batches(lane)))
        assert [batch.first_seq for batch in batches(lane)] == list(range(0, len(records), 2000))
        walls = [record.wall_at for record in records]
        assert walls == sorted(walls)
        assert made.since <= walls[0]
        assert walls[-1] < UNTIL
        assert len({record.boot_id for record in records}) == 1
        assert all(record.synced for record in records)
        elapsed_ns = records[-1].boottime_ns - records[0].boottime_ns
        assert elapsed_ns / 1e9 == pytest.approx((walls[-1] - walls[0]).total_seconds(), abs=0.002)


def test_movements_have_names_of_their_own_and_say_what_was_poured():
    made = plan(days=7)
    movements, readings = lanes_of(made, "gw-well")
    bodies = [record.body for batch in batches(movements) for record in batch.records]
    assert len({body.movement_id for body in bodies}) == len(bodies)
    assert all(isinstance(body, Movement) for body in bodies)
    products = {product.id: product for product in made.layout.products}
    for body in bodies:
        if body.movement is MovementKind.POUR and body.volume_ml:
            net_ml = -body.delta_g / products[body.product_id].density_g_per_ml
            assert body.volume_ml == pytest.approx(net_ml, abs=0.3)
    assert isinstance(batches(readings)[0].records[0].body, Reading)


def test_a_reading_weighs_what_the_last_movement_left():
    made = plan(days=3)
    ledger = make_ledger(made)
    _, readings = make_lanes(made, ledger, "gw-well")
    numbers = {place.slot_id: number for number, place in enumerate(ledger.places)}
    for record in batches(readings)[-1].records[-80:]:
        number, at_s = numbers[record.body.slots[0]], record.wall_at.timestamp()
        before = [moved for moved in ledger.movements if moved.slot == number and moved.at_s <= at_s]
        assert record.body.weight_g == pytest.approx(before[-1].after_g, abs=4)


def test_the_same_plan_gives_the_same_bytes_and_epoch():
    first, second = lanes_of(plan(), "gw-well"), lanes_of(plan(), "gw-well")
    assert [lane.body(0) for lane in first] == [lane.body(0) for lane in second]
    assert first[0].epoch == second[0].epoch != lanes_of(plan(seed=2), "gw-well")[0].epoch


def test_each_gateway_has_an_epoch_of_its_own():
    assert lanes_of(plan(), "gw-well")[0].epoch != lanes_of(plan(), "gw-back-bar")[0].epoch


def test_the_night_goes_on_with_the_bottles_of_the_history():
    made = plan()
    ledger = make_ledger(made)
    state = state_of("corner-bar", UNTIL, ledger.places)
    night = Night(corner_bar(), scenario(), seed=1, origin=UNTIL, start=state)
    assert night.pads_g["top-cell-1"] == pytest.approx(ledger.places[0].bottle.gross_g, abs=0.01)


@pytest.mark.parametrize("days", [0, -1, 1001])
def test_a_senseless_number_of_days_is_refused(days):
    with pytest.raises(SimulatorError, match="over 0 and at most 1000"):
        plan(days=days)


@pytest.fixture
def key_folder(tmp_path):
    return tmp_path


@pytest.fixture
def key(key_folder):
    private = Ed25519PrivateKey.generate()
    (key_folder / "gw").mkdir()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (key_folder / "gw" / "gateway.key").write_bytes(pem)
    return private


@pytest.fixture
def cloud(key):
    def verify(signature, message):
        key.public_key().verify(base64.b64decode(signature), message)

    return PaperCloud({"gw": verify})


@pytest.fixture
def lanes():
    return lanes_of(plan(days=20, layout=small_layout()), "gw")


def send(cloud, lanes, folder, stop=None):
    sent = []
    with cloud.client() as client:
        Poster(client, stop or threading.Event()).post_all(lanes, read_key(folder, "gw"), sent.append)
    return sum(sent)


def sizes(cloud):
    return {lane: len(records) for (_, _, lane), records in cloud.records.items()}


def test_a_history_arrives_whole_in_batches_of_at_most_2000(cloud, lanes, key_folder):
    total = sum(len(lane.records) for lane in lanes)
    assert send(cloud, lanes, key_folder) == total
    assert sizes(cloud) == {lane.lane.value: len(lane.records) for lane in lanes}
    assert max(cloud.sizes) <= 2000


def test_a_second_run_sends_nothing_twice(cloud, lanes, key_folder):
    send(cloud, lanes, key_folder)
    before = sizes(cloud)
    cloud.sizes.clear()
    send(cloud, lanes, key_folder)
    assert sizes(cloud) == before
    assert len(cloud.sizes) == 2


def test_an_interrupted_run_goes_on_where_it_stopped(cloud, lanes, key_folder):
    half = [type(lane)(lane.gateway_id, lane.epoch, lane.lane, lane.records[:777]) for lane in lanes]
    send(cloud, half, key_folder)
    send(cloud, lanes, key_folder)
    assert sizes(cloud) == {lane.lane.value: len(lane.records) for lane in lanes}


def test_a_conflict_is_answered_from_the_expected_number(cloud, lanes, key_folder):
    rewound = Problem(title="Conflict", status=409, detail="rewound", expected_seq=500)
    send(
        cloud,
        [type(lane)(lane.gateway_id, lane.epoch, lane.lane, lane.records[:600]) for lane in lanes],
        key_folder,
    )
    cloud.refuse_next = [httpx.Response(409, content=rewound.model_dump_json())]
    send(cloud, lanes, key_folder)
    assert sizes(cloud) == {lane.lane.value: len(lane.records) for lane in lanes}


def test_a_busy_cloud_is_asked_again_after_what_it_says(cloud, lanes, key_folder):
    busy = Problem(title="Busy", status=503, detail="later").model_dump_json()
    cloud.refuse_next = [
        httpx.Response(503, content=busy, headers={"Retry-After": "0"}),
        httpx.Response(429, content=busy, headers={"Retry-After": "0"}),
    ]
    send(cloud, lanes, key_folder)
    assert sizes(cloud) == {lane.lane.value: len(lane.records) for lane in lanes}


def test_a_refusal_is_passed_on_in_its_own_words(cloud, lanes, key_folder):
    problem = Problem(title="No", status=401, detail="register gw first").model_dump_json()
    cloud.refuse_next = [httpx.Response(401, content=problem)]
    with pytest.raises(SimulatorError, match=r"refuses a batch of gw \(401\): register gw first"):
        send(cloud, lanes, key_folder)


def test_something_that_is_not_the_cloud_is_recognised(cloud, lanes, key_folder):
    cloud.refuse_next = [httpx.Response(200, text="<html>hello</html>")]
    with pytest.raises(SimulatorError, match="in a form the contract does not know; is http://cloud"):
        send(cloud, lanes, key_folder)


def test_a_stop_ends_the_waiting_for_a_busy_cloud(cloud, lanes, key_folder):
    stop = threading.Event()
    stop.set()
    cloud.refuse_next = [httpx.Response(503, text="")]
    with pytest.raises(SimulatorError, match="run the same command again to go on"):
        send(cloud, lanes, key_folder, stop)


def test_a_raw_key_in_base64_is_read_too(key, tmp_path):
    raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    (tmp_path / "other.key").write_text(base64.b64encode(raw).decode() + "\n")
    signature = read_key(tmp_path, "other").sign(b"body")
    key.public_key().verify(base64.b64decode(signature), b"barback-batch-v1\nbody")


def test_a_missing_key_says_where_it_was_looked_for(tmp_path):
    with pytest.raises(SimulatorError, match=r"no key of gw-x: neither .*gw-x/gateway\.key nor .*gw-x\.key"):
        read_key(tmp_path, "gw-x")


def test_a_file_that_is_no_key_is_refused(tmp_path):
    (tmp_path / "gw-x.key").write_text("hello")
    with pytest.raises(SimulatorError, match="neither a PEM nor a base64 Ed25519 key"):
        read_key(tmp_path, "gw-x")
