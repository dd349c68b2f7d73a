"""A gateway without any shelf node: a cell behind the kernel's driver, down to the cloud."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from contract.records import Reading
from tests.integration import test_edge_gateway

broker_port, cloud, edge = test_edge_gateway.broker_port, test_edge_gateway.cloud, test_edge_gateway.edge


class Sysfs(threading.Thread):
    """The kernel's folder of one HX711 with 700 g on it; a new conversion every few milliseconds."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        folder.mkdir()
        self.folder, self.stopped = folder, threading.Event()
        self._dice = np.random.default_rng(1)
        (folder / "name").write_text("hx711\n")
        self._convert()

    def run(self) -> None:
        while not self.stopped.wait(0.002):
            self._convert()

    def _convert(self) -> None:
        counts = round(420 * (700 + self._dice.normal(0, 0.8)))
        fresh = self.folder / ".fresh"
        fresh.write_text(f"{counts + 2**23}\n")
        fresh.replace(self.folder / "in_voltage0_raw")


@pytest.fixture
def sysfs(tmp_path):
    kernel = Sysfs(tmp_path / "iio:device0")
    kernel.start()
    yield kernel.folder
    kernel.stopped.set()
    kernel.join()


def test_a_cell_on_the_gateways_own_pins_is_weighed_like_any_other(edge, cloud, sysfs) -> None:
    cells = [{"node": "node-top", "channel": "0", "kind": "iio", "path": str(sysfs)}]
    edge.environment["BARBACK_EDGE_LOCAL_CELLS"] = json.dumps(cells)
    edge.environment.pop("BARBACK_BARTIME")
    edge.start()
    weights = lambda: [  # noqa: E731 (read anew at every look)
        one.weight_g for one in cloud.bodies(Reading) if one.scale_id == "cell-0" and one.weight_g is not None
    ]
    cloud.wait_until(lambda: bool(weights()))
    assert weights()[0] == pytest.approx(700, abs=1)
    assert "node      node-top: online" in edge.command("status").stdout
    assert edge.stop() == 0
