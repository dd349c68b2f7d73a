"""The broker's files in a real Mosquitto: who is let in, and what is delivered (a SUBACK proves nothing)."""

import getpass
import json
import queue
import shutil
import time
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from contract.topics import frame_topic, status_topic
from edge.__main__ import main
from firmware_sim.house.ports import LOOPBACK, answers, free_port, wait_until
from firmware_sim.house.processes import Process
from tests.integration.test_edge_gateway import LAYOUT

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
pytestmark = pytest.mark.skipif(
    MOSQUITTO is None, reason="no Mosquitto here; on Debian: apt install mosquitto"
)
QUIET_S = 0.4


class Shelf:
    """A broker of our own making, and its users."""

    def __init__(self, folder: Path, monkeypatch, capsys) -> None:
        self.folder, self._capsys = folder / "broker", capsys
        self.port, self.gateway_port = free_port(), free_port()
        nodes = [
            scale.model_copy(update={"id": "cell-9", "node": "node-rail"})
            for scale in LAYOUT.shelves[0].scales[:1]
        ]
        shelf = LAYOUT.shelves[0].model_copy(update={"scales": (*LAYOUT.shelves[0].scales, *nodes)})
        layout = LAYOUT.model_copy(update={"shelves": (shelf,)})
        (folder / "layout.json").write_text(layout.model_dump_json())
        for name, value in {
            "GATEWAY_ID": "gw",
            "LAYOUT_FILE": folder / "layout.json",
            "DATA_DIR": folder,
            "CLOUD_URL": "http://cloud",
        }.items():
            monkeypatch.setenv(f"BARBACK_EDGE_{name}", str(value))
        self.passwords = {
            "gw": json.loads(self.told("setup", "--port", str(self.port))["broker_password = "])
        }
        for node in ("node-top", "node-rail"):
            self.passwords[node] = self.told("add", node)["password"].strip()
        self.process = Process("mosquitto", [MOSQUITTO, "-c", self.config()], log=folder / "broker.log")

    def command(self, *words: str) -> int:
        return main(["broker", words[0], "--dir", str(self.folder), *words[1:]])

    def told(self, *words: str) -> dict[str, str]:
        assert self.command(*words) == 0
        out = self._capsys.readouterr().out.splitlines()
        heads = ("broker_password = ", "password")
        return {head: line.removeprefix(head) for line in out for head in heads if line.startswith(head)}

    def config(self) -> str:
        """As it was written, but on a loopback port of this test and as the user who runs it."""
        path = self.folder / "barback.conf"
        text = path.read_text().replace("listener 1880 ", f"listener {self.gateway_port} ")
        text = text.replace(f"{self.port} 0.0.0.0", f"{self.port} {LOOPBACK}")
        own = self.folder / "own.conf"
        own.write_text(f"user {getpass.getuser()}\n{text}")
        return str(own)

    @contextmanager
    def client(self, user: str | None, *, password="", client_id="", port=None, protocol=mqtt.MQTTv311):
        ready, heard = queue.Queue(), queue.Queue()
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=protocol)
        if user is not None:
            client.username_pw_set(user, password or self.passwords[user])
        client.on_connect = lambda _c, _u, _f, reason, _p: ready.put(reason)
        client.on_message = lambda _c, _u, message: heard.put((message.topic, message.payload))
        client.on_publish = lambda _c, _u, _m, reason, _p: heard.put(("acknowledged", reason))
        client.connect(LOOPBACK, port or self.port)
        client.loop_start()
        try:
            client.reason, client.heard = ready.get(timeout=10), heard
            yield client
        finally:
            client.disconnect()
            client.loop_stop()


@pytest.fixture
def shelf(tmp_path, monkeypatch, capsys):
    made = Shelf(tmp_path, monkeypatch, capsys)
    made.process.start()
    wait_until("mosquitto", lambda: answers(made.port) or bool(made.process.must_live()))
    yield made
    made.process.stop()


def subscribed(client, topic="#"):
    done = queue.Queue()
    client.on_subscribe = lambda *_: done.put(True)
    client.subscribe(topic, qos=1)
    done.get(timeout=10)
    return client


def all_heard(client):
    time.sleep(QUIET_S)
    heard = []
    while not client.heard.empty():
        heard.append(client.heard.get())
    return [each for each in heard if each[0] != "acknowledged"]


def test_a_node_speaks_on_its_own_topics_and_the_gateway_hears_it(shelf):
    with shelf.client("gw", port=shelf.gateway_port) as gateway, shelf.client("node-top") as node:
        subscribed(gateway)
        node.publish(frame_topic("bar", "node-top"), b"counts", qos=1)
        node.publish(status_topic("bar", "node-top"), b"online", qos=1, retain=True)
        for topic in (
            frame_topic("bar", "node-rail"),
            status_topic("bar", "node-rail"),
            "elsewhere",
            "$SYS/x",
        ):
            node.publish(topic, b"forged", qos=1, retain=True)
        assert all_heard(gateway) == [
            (frame_topic("bar", "node-top"), b"counts"),
            (status_topic("bar", "node-top"), b"online"),
        ]


def test_a_node_hears_nothing_of_others(shelf):
    with shelf.client("node-top") as node, shelf.client("node-rail") as other:
        subscribed(node)
        other.publish(frame_topic("bar", "node-rail"), b"counts", qos=1)
        assert all_heard(node) == []


def test_the_gateway_only_listens(shelf):
    with shelf.client("gw", port=shelf.gateway_port) as gateway:
        subscribed(gateway)
        gateway.publish(frame_topic("bar", "node-top"), b"forged", qos=1)
        assert all_heard(gateway) == []


def test_mqtt_5_says_what_311_conceals(shelf):
    with shelf.client("node-top", protocol=mqtt.MQTTv5) as node:
        node.publish(frame_topic("bar", "node-rail"), b"forged", qos=1)
        assert node.heard.get(timeout=10)[1].value >= 0x80


@pytest.mark.parametrize(
    ("user", "password"), [(None, ""), ("node-top", "wrong"), ("node-nobody", "x"), ("gw", "wrong")]
)
def test_nobody_is_let_in_without_a_password(shelf, user, password):
    with shelf.client(user, password=password) as client:
        assert client.reason.is_failure


def test_a_node_cannot_take_the_place_of_another(shelf):
    gone = queue.Queue()
    with shelf.client("node-top") as node:
        node.on_disconnect = lambda *_: gone.put(True)
        with shelf.client("node-rail", client_id="node-top"):
            time.sleep(QUIET_S)
            assert gone.empty()
        with shelf.client("node-top", client_id="something-else"):
            assert gone.get(timeout=10)


def test_the_gateways_selftest_leaves_a_running_gateway_alone(shelf):
    gone = queue.Queue()
    with shelf.client("gw", port=shelf.gateway_port) as gateway:
        gateway.on_disconnect = lambda *_: gone.put(True)
        with shelf.client("gw", port=shelf.gateway_port) as test:
            assert not test.reason.is_failure
            time.sleep(QUIET_S)
            assert gone.empty()


def test_a_node_that_is_removed_is_let_in_no_longer(shelf):
    assert shelf.command("remove", "node-rail") == 0
    shelf.process.stop()
    shelf.config()
    shelf.process.start()
    wait_until("mosquitto", lambda: answers(shelf.port))
    with shelf.client("node-rail") as node:
        assert node.reason.is_failure
    with shelf.client("node-top") as node:
        assert not node.reason.is_failure


def test_an_esphome_node_has_its_prefix(shelf, capsys):
    shelf.passwords["node-top"] = shelf.told("add", "node-top", "--prefix", "bar-scale")["password"].strip()
    text = (shelf.folder / "acl").read_text()
    assert "user node-top\ntopic write barback/v1/bar/node-top/frame" in text
    assert "topic readwrite bar-scale/#" in text
    assert "user gw\ntopic read barback/v1/bar/+/+\ntopic read bar-scale/#" in text


def test_what_cannot_be_is_said(shelf, capsys):
    assert shelf.command("add", "node-attic") == 1
    assert "the layout has no node node-attic; it has node-rail, node-top" in capsys.readouterr().err
    assert shelf.command("remove", "node-attic") == 1
    assert "let in are gw, node-rail, node-top" in capsys.readouterr().err
    assert shelf.command("list") == 0
    assert capsys.readouterr().out.split() == [
        "gw",
        "listens",
        "node-rail",
        "speaks",
        "as",
        "node-rail",
        "node-top",
        "speaks",
        "as",
        "node-top",
    ]
    assert main(["broker", "list", "--dir", "/nonexistent"]) == 1
    assert "begin with `python -m edge broker setup`" in capsys.readouterr().err


def test_no_password_is_kept(shelf):
    kept = "".join(path.read_text() for path in shelf.folder.iterdir())
    assert not [user for user, password in shelf.passwords.items() if password in kept]
    assert (shelf.folder / "nodes.json").stat().st_mode & 0o077 == 0
