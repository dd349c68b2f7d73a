"""The gateway as a process between a real broker and a cloud that keeps the rules of positions."""

import base64
import gzip
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import paho.mqtt.client as mqtt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contract.bartime import BarTime
from contract.batch import BATCHES_PATH, Batch, signing_input
from contract.identity import LAYOUT_PATH, NONCES_PATH, TOKENS_PATH
from contract.layout import Gateway, Product, Scale, Shelf, SiteLayout, Slot
from contract.records import Health, Movement, Reading
from contract.topics import frame_topic, status_topic
from tests.integration.sim_broker import free_port, running_broker

SPEED = 40.0
GIN = Product(
    id="gin", name="Gin", category="spirit", volume_ml=700, tare_weight_g=500, density_g_per_ml=0.94
)
LAYOUT = SiteLayout(
    id="bar",
    name="Bar",
    timezone="UTC",
    products=(GIN,),
    gateways=(Gateway(id="gw", name="Gateway"),),
    shelves=(
        Shelf(
            id="top",
            name="Top",
            gateway="gw",
            scales=tuple(
                Scale(id=f"cell-{i}", node="node-top", channel=str(i), tare_counts=1000 * i, counts_per_g=420)
                for i in range(2)
            ),
            slots=tuple(Slot(id=f"top-{i}", scale=f"cell-{i}", product="gin") for i in range(2)),
        ),
    ),
)


@pytest.fixture
def broker_port(tmp_path: Path) -> Iterator[int]:
    with running_broker(tmp_path) as port:
        yield port


class Cloud:
    """Checks signatures, keeps one mark per lane and epoch, and remembers every record."""

    def __init__(self) -> None:
        self.key: Ed25519PublicKey | None = None
        self.marks: dict[tuple[str, str], int] = {}
        self.records: dict[tuple[str, str, int], object] = {}
        self.twice = 0
        self.changed = threading.Condition()

    def take(self, headers, body: bytes) -> tuple[int, dict]:
        if headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        signature = base64.b64decode(headers["Barback-Signature"].split()[1])
        assert self.key is not None
        self.key.verify(signature, signing_input(body))
        batch = Batch.model_validate_json(body)
        with self.changed:
            answer = self._keep(batch)
            self.changed.notify_all()
        return answer

    def _keep(self, batch: Batch) -> tuple[int, dict]:
        lane = (batch.epoch, batch.lane.value)
        mark = self.marks.get(lane, -1)
        if batch.first_seq > mark + 1:
            problem = {"title": "gap", "status": 409, "detail": "begin earlier", "expected_seq": mark + 1}
            return 409, problem
        for seq, record in enumerate(batch.records, batch.first_seq):
            self.twice += seq > mark and (*lane, seq) in self.records
            self.records.setdefault((*lane, seq), record)
        self.marks[lane] = mark = max(mark, batch.first_seq + len(batch.records) - 1)
        answer = {"epoch": batch.epoch, "lane": batch.lane, "mark": mark, "stored": len(batch.records)}
        return 200, answer

    def wait_until(self, holds) -> None:
        with self.changed:
            assert self.changed.wait_for(holds, timeout=120), (
                f"{len(self.records)} records, marks {self.marks}"
            )

    def bodies(self, kind: type) -> list:
        return [record.body for record in self.records.values() if isinstance(record.body, kind)]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    state = Cloud()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == BATCHES_PATH:
                self.answer(*state.take(self.headers, body))
            elif self.path == NONCES_PATH:
                self.answer(200, {"nonce": "n" * 16, "expires_in_s": 60})
            elif self.path == TOKENS_PATH:
                self.answer(200, {"token": "t" * 16, "expires_in_s": 600})
            else:  # an older cloud that has no commands
                self.answer(404, {"title": "Not found", "status": 404, "detail": "Not found."})

        def do_GET(self) -> None:
            layout = LAYOUT.model_dump(mode="json")
            self.answer(200, layout if self.path == LAYOUT_PATH else {"status": "ok"})

        def answer(self, status: int, content: dict) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A killed gateway resets its connection; the tests look at what arrived."""

    server = Server(("127.0.0.1", 0), Handler)
    state.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield state
    server.shutdown()
    server.server_close()


class Edge:
    """The gateway's process, its settings and its commands."""

    def __init__(self, directory: Path, broker_port: int, cloud: Cloud) -> None:
        self.data = directory / "data"
        layout = directory / "layout.json"
        layout.write_text(LAYOUT.model_dump_json())
        bartime = BarTime(datetime(2026, 11, 20, 20, 30, tzinfo=UTC), time.time(), SPEED)
        settings = {
            "GATEWAY_ID": "gw",
            "LAYOUT_FILE": layout,
            "DATA_DIR": self.data,
            "CLOUD_URL": f"http://127.0.0.1:{cloud.port}",
            "BROKER_HOST": "127.0.0.1",
            "BROKER_PORT": broker_port,
            "COMMIT_EVERY_S": 0.2,
            "READING_INTERVAL_S": 1,
            "ACCEPTANCE_LOG": directory / "accepted.jsonl",
        }
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("BARBACK_")}
        self.environment["BARBACK_BARTIME"] = str(bartime)
        self.environment |= {f"BARBACK_EDGE_{name}": str(value) for name, value in settings.items()}
        self.process: subprocess.Popen[bytes] | None = None
        cloud.key = Ed25519PublicKey.from_public_bytes(base64.b64decode(self.command("identity").stdout))

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "edge", *words],
            check=False,
            env=self.environment,
            capture_output=True,
            text=True,
        )

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", "edge", "run"], env=self.environment)

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=30)

    def accepted(self) -> set[tuple[str, str, int]]:
        lines = (self.data.parent / "accepted.jsonl").read_text().splitlines()
        entries = [json.loads(line) for line in lines]
        assert len({(e["epoch"], e["lane"], e["seq"]) for e in entries}) == len(entries)
        return {(e["epoch"], e["lane"], e["seq"]) for e in entries}


@pytest.fixture
def edge(tmp_path: Path, broker_port: int, cloud: Cloud) -> Iterator[Edge]:
    gateway = Edge(tmp_path, broker_port, cloud)
    yield gateway
    if gateway.process is not None and gateway.process.poll() is None:
        gateway.process.kill()
        gateway.process.wait()


class Node:
    """A shelf node with two bottles; one is poured from every 20 bar seconds, 40 g at a time.

    After twelve pours a fresh bottle stands in its place, which is a swap.
    """

    def __init__(self, port: int) -> None:
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.seconds = 0
        self._dice = np.random.default_rng(7)
        self._boot = secrets.token_hex(16)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Node":
        status = json.dumps({"v": 1, "state": "online", "boot": self._boot})
        self.client.publish(status_topic("bar", "node-top"), status, qos=1, retain=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.client.loop_stop()
        self.client.disconnect()

    def _run(self) -> None:
        begun = time.monotonic()
        while not self._stop.wait(max(0.0, begun + self.seconds / SPEED - time.monotonic())):
            self.client.publish(frame_topic("bar", "node-top"), self._frame())
            self.seconds += 1

    def _frame(self) -> str:
        cycle, second = divmod(self.seconds, 20)
        poured_g = 1100 - 40 * (cycle % 12)
        weights = (0.0 if 14 <= second < 18 else poured_g - (40 if second >= 18 else 0), 900.0)
        channels = {}
        for channel, weight_g in enumerate(weights):
            noisy = weight_g + self._dice.normal(0, 0.8, 10)
            channels[str(channel)] = np.rint(noisy * 420 + 1000 * channel).astype(int).tolist()
        frame = {"v": 1, "boot": self._boot, "seq": self.seconds, "uptime_ms": self.seconds * 1000}
        return json.dumps({**frame, "rate_hz": 10, "channels": channels})


def poured(cloud: Cloud) -> list[Movement]:
    return [movement for movement in cloud.bodies(Movement) if movement.movement == "pour"]


def test_a_pour_on_the_shelf_arrives_signed_in_the_cloud(edge, cloud, broker_port) -> None:
    edge.start()
    with Node(broker_port):
        cloud.wait_until(lambda: len(poured(cloud)) >= 2 and len(cloud.bodies(Health)) >= 1)
    pours = poured(cloud)
    assert {movement.movement for movement in cloud.bodies(Movement)} <= {"pour", "swap"}
    assert [round(pour.delta_g / 40) for pour in pours] == [-1] * len(pours)
    assert {pour.scale_id for pour in pours} == {"cell-0"}
    qualities = {reading.quality for reading in cloud.bodies(Reading) if reading.scale_id == "cell-0"}
    assert {"ok", "in_hand"} <= qualities
    assert cloud.bodies(Health)[0].clock_synced is True
    assert edge.stop() == 0


def test_a_killed_gateway_loses_nothing_and_sends_nothing_twice(edge, cloud, broker_port) -> None:
    with Node(broker_port):
        for killed in range(3):
            edge.start()
            target = len(cloud.records) + 60
            cloud.wait_until(lambda target=target: len(cloud.records) >= target)
            assert edge.stop(signal.SIGKILL) == -signal.SIGKILL, killed
        edge.start()
        target = len(cloud.records) + 60
        cloud.wait_until(lambda: len(cloud.records) >= target)
    cloud.wait_until(lambda: edge.accepted() <= set(cloud.records))
    assert edge.stop() == 0
    accepted = edge.accepted()
    assert set(cloud.records) <= accepted
    for lane in ("movements", "states"):
        seqs = sorted(seq for _, name, seq in accepted if name == lane)
        assert seqs == list(range(len(seqs))), lane
    assert cloud.twice == 0
    movements = cloud.bodies(Movement)
    assert len({(one.movement_id, one.revision) for one in movements}) == len(movements)


def test_bad_frames_are_counted_and_shown_while_good_ones_are_weighed(edge, cloud, broker_port) -> None:
    edge.start()
    with Node(broker_port) as node:
        cloud.wait_until(lambda: len(cloud.bodies(Reading)) >= 4)
        for topic, payload in (
            (frame_topic("bar", "node-top"), "{not json"),
            (frame_topic("bar", "node-top"), '{"v": 2}'),
            (frame_topic("bar", "node-top"), '{"v": 1, "rate_hz": NaN}'),
            (frame_topic("bar", "node-top"), '{"v": 1}'),
            (frame_topic("bar", "node-top"), " " * 70_000),
            (frame_topic("bar", "node-ghost"), "{}"),
        ):
            node.client.publish(topic, payload, qos=1).wait_for_publish(5)
        cloud.wait_until(lambda: any(len(health.refused) >= 6 for health in cloud.bodies(Health)))
        text = edge.command("status").stdout
    refused = cloud.bodies(Health)[-1].refused
    assert refused == {
        "message that is not JSON from node node-top": 1,
        "wrong version from node node-top": 1,
        "not-a-number from node node-top": 1,
        "malformed frame from node node-top": 1,
        "message over 65536 bytes": 1,
        "unknown node node-ghost: not in this gateway's layout": 1,
    }
    assert "broker    connected" in text
    assert "cloud     reachable" in text
    assert "node      node-top: online" in text
    assert edge.stop() == 0


def test_selftest_passes_where_everything_is_there_and_says_what_is_not(edge) -> None:
    well = edge.command("selftest")
    assert well.returncode == 0, well.stdout
    assert [line.split(":")[0] for line in well.stdout.splitlines()] == [
        "ok    settings",
        "ok    layout",
        "ok    data directory",
        "ok    key",
        "ok    broker",
        "ok    cloud",
        "ok    enrolment",
        "ok    clock",
    ]
    edge.environment["BARBACK_EDGE_BROKER_PORT"] = str(free_port())
    edge.environment["BARBACK_EDGE_CLOUD_URL"] = f"http://127.0.0.1:{free_port()}"
    ill = edge.command("selftest")
    assert ill.returncode == 1
    assert "FAIL  broker" in ill.stdout
    assert "check that the broker runs" in ill.stdout
    assert "FAIL  cloud" in ill.stdout
    assert "check the network and cloud_url" in ill.stdout
