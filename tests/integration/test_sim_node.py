"""Shelf nodes on a real broker: frames, status, last will, replay."""

import os
import signal
import subprocess
import sys
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
