"""Shelf nodes on a real broker: frames, status, last will, replay."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contract.device import DeviceFrame, NodeStatus
from contract.topics import frame_topic, site_filter, status_topic
from tests.integration import sim_broker

ROOT = Path(__file__).resolve().parents[2]
LAYOUT = ROOT / "firmware_sim" / "bars" / "corner_bar.toml"


@pytest.fixture
def port(tmp_path):
    with sim_broker.running_broker(tmp_path) as port:
        yield port


@pytest.fixture
def listener(port):
    listener = sim_broker.Listener(port, site_filter("corner-bar"))
    yield listener
    listener.close()


def start(*arguments, bartime=""):
    environment = os.environ | {"BARBACK_BARTIME": bartime}
    return subprocess.Popen([sys.executable, "-m", "firmware_sim", *arguments], cwd=ROOT, env=environment)


def run_arguments(port, *more):
    return ("run", "--layout", LAYOUT, "--scenario", "friday_rush", "--broker", f"127.0.0.1:{port}", *more)


def is_status(node, state):
    topic = status_topic("corner-bar", node)
    return lambda heard, payload: heard == topic and NodeStatus.model_validate_json(payload).state == state


def test_a_killed_node_is_announced_offline_by_its_last_will(port, listener):
    with start(*run_arguments(port)) as simulator:
        listener.until(is_status("node-top", "online"))
        _, payload = listener.until(lambda topic, _: topic == frame_topic("corner-bar", "node-top"))
        frame = DeviceFrame.model_validate_json(payload)
        assert sorted(frame.channels) == ["0", "1", "2", "3", "4", "5", "6", "7"]
        assert all(len(samples) == 10 for samples in frame.channels.values())
        simulator.send_signal(signal.SIGKILL)
        listener.until(is_status("node-top", "offline"))
    late = sim_broker.Listener(port, site_filter("corner-bar"))
    late.until(is_status("node-top", "offline"))
    late.close()


def test_a_stopped_run_says_goodbye_and_leaves_its_truth(port, listener, tmp_path):
    truth = tmp_path / "truth.jsonl"
    with start(*run_arguments(port, "--truth", truth, "--seed", "7")) as simulator:
        listener.until(lambda topic, _: topic == frame_topic("corner-bar", "node-rail"))
        simulator.send_signal(signal.SIGTERM)
        listener.until(is_status("node-rail", "offline"))
        assert simulator.wait(20) == 0
    assert truth.exists()


def test_a_replayed_trace_arrives_count_by_count_and_the_node_leaves(port, listener, tmp_path):
    trace = tmp_path / "trace.csv"
    trace.write_text("weight_kg\n" + "1.0\n" * 15 + "0.9\n" * 15)
    broker = f"127.0.0.1:{port}"
    arguments = (
        "--layout",
        LAYOUT,
        "--scale",
        "top-cell-1",
        "--broker",
        broker,
        "--rate",
        "10",
        "--hold",
        "1",
    )
    frames = []

    def left(topic, payload):
        if topic == frame_topic("corner-bar", "node-top"):
            frames.append(DeviceFrame.model_validate_json(payload))
        return is_status("node-top", "offline")(topic, payload)

    with start("replay", trace, *arguments) as simulator:
        listener.until(left)
        assert simulator.wait(20) == 0
    counts = [count for frame in frames for count in frame.channels["0"]]
    assert counts == [467_800] * 15 + [423_509] * 25
    assert [frame.seq for frame in frames] == [0, 1, 2, 3]


def test_a_node_comes_back_when_the_broker_does(tmp_path):
    (tmp_path / "one").mkdir()
    port = sim_broker.free_port()
    with sim_broker.running_broker(tmp_path / "one", port):
        listener = sim_broker.Listener(port, site_filter("corner-bar"))
        simulator = start(*run_arguments(port))
        listener.until(is_status("node-rail", "online"))
        listener.close()
    (tmp_path / "two").mkdir()
    with sim_broker.running_broker(tmp_path / "two", port):
        listener = sim_broker.Listener(port, site_filter("corner-bar"))
        listener.until(is_status("node-rail", "online"))
        _, payload = listener.until(lambda topic, _: topic == frame_topic("corner-bar", "node-rail"))
        listener.close()
        simulator.send_signal(signal.SIGTERM)
        assert simulator.wait(20) == 0
    assert DeviceFrame.model_validate_json(payload).seq > 0


def test_a_node_without_its_network_is_announced_and_comes_back_with_the_same_boot(port, listener, tmp_path):
    scenario = tmp_path / "outage.toml"
    scenario.write_text(
        'title = "An outage"\nweekday = "friday"\nstarts_at = 20:30:00\nminutes = 60\nstaff = 1\n'
        "pours_per_hour = [[0, 60]]\n"
        '[[faults]]\nkind = "network_out"\nat_minute = 0.1\nminutes = 0.3\nnode = "node-top"\n'
    )
    broker = f"127.0.0.1:{port}"
    bartime = f"2026-11-19T12:00:00+00:00@{time.time()!r}x4.0"
    arguments = ("run", "--layout", LAYOUT, "--scenario", scenario, "--broker", broker, "--duration", "0.5")
    with start(*arguments, bartime=bartime) as simulator:
        _, first = listener.until(is_status("node-top", "online"))
        listener.until(is_status("node-top", "offline"))
        _, second = listener.until(is_status("node-top", "online"))
        assert simulator.wait(60) == 0
    assert NodeStatus.model_validate_json(first).boot == NodeStatus.model_validate_json(second).boot
