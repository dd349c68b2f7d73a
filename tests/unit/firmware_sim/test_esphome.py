"""The ESP32 shelf node is read by ESPHome itself, where that is installed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from edge.bus.esphome import EsphomeSensor

NODE = Path(__file__).parents[3] / "firmware_sim" / "esphome" / "shelf_node.yaml"
SECRETS = """wifi_ssid: bar
wifi_password: longenough
ota_password: ota
broker_host: 192.0.2.1
broker_user: node
broker_password: node
"""


@pytest.fixture
def esphome() -> str:
    found = os.environ.get("BARBACK_ESPHOME") or shutil.which("esphome")
    if not found:
        pytest.skip(
            "esphome is not installed: `pip install esphome` in a venv of its own (it pins another paho) "
            "and name it in BARBACK_ESPHOME"
        )
    return found


def test_esphome_accepts_the_shelf_node_and_publishes_where_the_gateway_listens(esphome, tmp_path) -> None:
    shutil.copy(NODE, tmp_path)
    (tmp_path / "secrets.yaml").write_text(SECRETS)
    told = subprocess.run(
        [esphome, "config", NODE.name], check=False, cwd=tmp_path, capture_output=True, text=True, timeout=150
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "topic_prefix: shelf-node" in told.stdout
    assert told.stdout.count("platform: hx711") == 4
    assert EsphomeSensor("shelf-node", "cell_1", "node-rail", "0").topic == "shelf-node/sensor/cell_1/state"
