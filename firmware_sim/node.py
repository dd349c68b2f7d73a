"""A shelf node on the bus: one paho-mqtt client with a last will. paho lives only here.

It behaves like firmware: QoS 0 frames are dropped while the broker is away, the status is retained, and
paho reconnects by itself (1 s, doubling up to 30 s, real time).
"""

import logging
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from contract.topics import frame_topic, status_topic
from firmware_sim.errors import SimulatorError

log = logging.getLogger(__name__)

KEEPALIVE_S = 10
SHORTEST_WAIT_S = 1
LONGEST_WAIT_S = 30
MAX_UNSENT = 64
"""Frames paho may still hold for a broker that does not read; the next ones are dropped."""
GOODBYE_S = 5.0


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the shelf's broker is, and how to log in there."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None

    @classmethod
    def parse(cls, text: str, user: str | None = None, password: str | None = None) -> "Broker":
        """Read HOST:PORT; raises SimulatorError with the expected form."""
        host, _, port = text.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65_536:
            raise SimulatorError(f"--broker is HOST:PORT, for example localhost:1883, not {text!r}")
        return cls(host.strip("[]"), int(port), user, password)


class ShelfNode:
    """The link of one node to its broker."""

    def __init__(self, site_id: str, node_id: str, broker: Broker) -> None:
        self.node_id = node_id
        self._broker = broker
        self._frame_topic = frame_topic(site_id, node_id)
        self._status_topic = status_topic(site_id, node_id)
        self._client_id = f"{site_id}-{node_id}"
        self._client: mqtt.Client | None = None
        self._connected = threading.Event()
        self._handed_over = 0
        self._sent = 0
        self.dropped = 0
        """Frames lost because the broker was away or did not read."""

    def plug_in(self, online: bytes, offline: bytes) -> None:
        """Start connecting, with the status for being there and the last will."""
        assert self._client is None, f"{self.node_id} is plugged in already"
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self._client_id, protocol=mqtt.MQTTv311)
        if self._broker.user is not None:
            client.username_pw_set(self._broker.user, self._broker.password)
        client.will_set(self._status_topic, offline, qos=1, retain=True)
        client.reconnect_delay_set(SHORTEST_WAIT_S, LONGEST_WAIT_S)
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.user_data_set(online)
        client.on_connect = self._on_connect
        self._client = client
        self._handed_over = self._sent = 0
        client.connect_async(self._broker.host, self._broker.port, KEEPALIVE_S)
        client.loop_start()

    def unplug(self) -> None:
        """Vanish as by a pulled cable: no goodbye, so that the broker publishes the will."""
        client, self._client = self._client, None
        self._connected.clear()
        if client is None:
            return
        client.on_disconnect = None
        connection = client.socket()
        if isinstance(connection, socket.socket):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        # paho may take a second to end its thread, and bar time does not wait for it
        threading.Thread(target=client.loop_stop, name=f"unplug {self.node_id}", daemon=True).start()

    def publish(self, frame: bytes) -> bool:
        """Send a frame, QoS 0; False when it was dropped."""
        client = self._client
        waiting = self._handed_over - self._sent
        if client is None or not self._connected.is_set() or waiting >= MAX_UNSENT:
            self.dropped += 1
            return False
        self._handed_over += 1
        if client.publish(self._frame_topic, frame, qos=0).rc == mqtt.MQTT_ERR_SUCCESS:
            return True
        self._handed_over -= 1
        self.dropped += 1
        return False

    def wait_connected(self, real_s: float) -> bool:
        """Wait for the broker; False when it did not answer in time."""
        return self._connected.wait(real_s)

    def say_goodbye(self, offline: bytes) -> None:
        """Leave properly: publish the offline status, then disconnect. Safe to call when unplugged."""
        client, self._client = self._client, None
        if client is None:
            return
        if self._connected.is_set():
            with suppress(RuntimeError, ValueError):
                client.publish(self._status_topic, offline, qos=1, retain=True).wait_for_publish(GOODBYE_S)
        client.disconnect()
        client.loop_stop()

    def _on_connect(
        self,
        client: mqtt.Client,
        online: bytes,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            log.warning("%s: the broker refuses the connection: %s", self.node_id, reason)
            return
        if client is not self._client:
            return
        client.publish(self._status_topic, online, qos=1, retain=True)
        self._handed_over = self._sent = 0
        self._connected.set()
        log.info("%s: connected to %s:%d", self.node_id, self._broker.host, self._broker.port)

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _userdata: bytes,
        _flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._connected.clear()
        if reason.is_failure:
            log.warning("%s: lost the broker (%s); frames are dropped until it is back", self.node_id, reason)

    def _on_publish(
        self,
        _client: mqtt.Client,
        _userdata: bytes,
        _mid: int,
        _reason: ReasonCode,
        _properties: Properties,
    ) -> None:
        self._sent += 1
