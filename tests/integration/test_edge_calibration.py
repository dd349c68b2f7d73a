"""A running gateway is calibrated from the command line: nothing is restarted, nothing looks like a pour."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest

from contract.records import Movement, Reading
from tests.integration import test_edge_gateway
from tests.integration.test_edge_gateway import Edge, Node

broker_port, cloud, edge = test_edge_gateway.broker_port, test_edge_gateway.cloud, test_edge_gateway.edge

SPAN, TARE = 415.0, 5_000


class Pad(Node):
    """One scale whose true span is 415; somebody puts weights on it."""

    weight_g = 0.0

    def _frame(self) -> str:
        noisy = self.weight_g + self._dice.normal(0, 0.5, 10)
        counts = np.rint(noisy * SPAN + TARE).astype(int).tolist()
        frame = {"v": 1, "boot": self._boot, "seq": self.seconds, "uptime_ms": self.seconds * 1000}
        return json.dumps({**frame, "rate_hz": 10, "channels": {"0": counts, "1": counts}})


class Person:
    """Reads the prompts of `calibrate` and does what they say."""

    def __init__(self, edge: Edge, pad: Pad, *words: str) -> None:
        self.pad, self.text = pad, ""
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "edge", *words],
            env=edge.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def follow(self, *loads_g: float) -> int:
        process, loads = self._process, iter(loads_g)
        assert process.stdout is not None
        assert process.stdin is not None
        while chunk := process.stdout.read1(4096):
            self.text += chunk.decode()
            for _ in range(chunk.count(b"press Enter")):
                self.pad.weight_g = next(loads)
                time.sleep(0.2)
                process.stdin.write(b"\n")
                process.stdin.flush()
        return process.wait(timeout=30)


@pytest.fixture
def pad(edge, broker_port):
    edge.start()
    with Pad(broker_port) as node:
        yield node


def wait_for_weight(cloud, weight_g: float, within_g: float = 1.0) -> None:
    def holds() -> bool:
        readings = [
            one for one in cloud.bodies(Reading) if one.scale_id == "cell-0" and one.weight_g is not None
        ]
        return bool(readings) and abs(readings[-1].weight_g - weight_g) < within_g

    cloud.wait_until(holds)


def test_three_steps_bring_a_running_gateway_to_the_true_weight_and_undo_back(edge, cloud, pad) -> None:
    pad.weight_g = 1000.0
    wait_for_weight(cloud, (1000 * SPAN + TARE) / 420)
    person = Person(edge, pad, "calibrate", "cell-0", "--weight", "1000")
    assert person.follow(0.0, 1000.0, 1000.0) == 0, person.text
    assert "Step 3 of 3. Lift everything off, then put 1000 g back on." in person.text
    assert "Accepted; in force within a second." in person.text
    wait_for_weight(cloud, 1000.0)
    shown = edge.command("calibrate", "cell-0", "--show").stdout.split()
    assert shown[4:6] == ["calibrate", "span"]
    assert abs(float(shown[6]) - SPAN) < 0.5
    assert edge.command("calibrate", "cell-0", "--undo").returncode == 0
    wait_for_weight(cloud, (1000 * SPAN + TARE) / 420)
    assert [movement for movement in cloud.bodies(Movement) if movement.scale_id == "cell-0"] == []
    assert edge.stop() == 0


def test_a_wrong_weight_is_refused_with_the_reason_and_nothing_changes(edge, cloud, pad) -> None:
    wait_for_weight(cloud, TARE / 420)
    person = Person(edge, pad, "calibrate", "cell-0", "--weight", "1000", "--weight", "2000")
    assert person.follow(0.0, 1000.0, 1500.0, 1000.0) == 1, person.text
    assert "Not accepted; the old calibration stays in force" in person.text
    assert "g off a straight line" in person.text
    assert not (edge.data / "calibration.json").exists()


def test_tare_takes_the_empty_pad_and_refuses_a_bottle(edge, cloud, pad) -> None:
    wait_for_weight(cloud, TARE / 420)
    told = edge.command("tare", "cell-0")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Tared: the zero moved by +1" in told.stdout
    wait_for_weight(cloud, 0.0)
    pad.weight_g = 800.0
    wait_for_weight(cloud, 800.0 * SPAN / 420)
    told = edge.command("tare", "cell-0")
    assert (told.returncode, "Not tared: +79" in told.stdout) == (1, True), told.stdout


def test_without_a_gateway_it_says_what_to_do(edge) -> None:
    told = edge.command("tare", "cell-0")
    assert told.returncode == 1
    assert "start `python -m edge run` first" in told.stderr
    told = edge.command("tare", "cell-9")
    assert "this gateway has no scale cell-9; it has cell-0, cell-1" in told.stderr
