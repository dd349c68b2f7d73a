"""ESPHome nodes as they come: `<prefix>/sensor/<id>/state`, one value a message. Pure; knows no MQTT client.

Their messages carry neither number nor time: they are numbered here, by the gateway, as they arrive.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contract.device import COUNTS_MAX, COUNTS_MIN, NodeStatus
from edge.bus.parsing import Refused
from edge.domain.assembling import Assembler
from edge.ports import NodeFrame

_NUMBER = re.compile(rb"\s*[+-]?\d{1,15}(\.\d{1,15})?([eE][+-]?\d{1,3})?\s*")


@dataclass(frozen=True, slots=True)
class EsphomeSensor:
    """One sensor of one ESPHome node, and the node and channel of our layout that it stands for.

    counts = value * counts_per_unit: 1 for raw values; 1000 for a node that was calibrated to grams.
    """

    prefix: str
    sensor: str
    node: str
    channel: str
    counts_per_unit: float = 1.0
    rate_hz: int = 10

    @property
    def topic(self) -> str:
        """Topic of its values."""
        return f"{self.prefix}/sensor/{self.sensor}/state"


class EsphomeNodes:
    """All ESPHome nodes of a gateway. `boot()` gives each life of a node its name, 32 hexadecimal digits."""

    def __init__(self, sensors: Sequence[EsphomeSensor], boot: Callable[[], str]) -> None:
        self._sensors = {sensor.topic: sensor for sensor in sensors}
        self._node_of_status = {f"{sensor.prefix}/status": sensor.node for sensor in sensors}
        self._boot = boot
        self._assemblers = {sensor.node: self._assembler(sensor.node) for sensor in sensors}

    @property
    def topics(self) -> list[str]:
        """All topics to subscribe to."""
        return [*self._sensors, *self._node_of_status]

    def takes(self, topic: str) -> bool:
        """Whether a message of this topic is for read()."""
        return topic in self._sensors or topic in self._node_of_status

    def read(
        self, topic: str, payload: bytes, arrived_s: float
    ) -> NodeFrame | tuple[str, NodeStatus] | Refused | None:
        """Take a message; return a frame when it completes one, a node's status, or why it is refused."""
        node = self._node_of_status.get(topic)
        if node is not None:
            return self._status(node, payload)
        sensor = self._sensors[topic]
        counts = _counts(payload, sensor.counts_per_unit)
        if counts is None:
            return Refused(f"value that is not a number of 24 bits from ESPHome node {sensor.node}")
        assembler = self._assemblers[sensor.node]
        frame = assembler.frame(arrived_s)
        assembler.note(sensor.channel, arrived_s, counts)
        return None if frame is None else NodeFrame(sensor.node, frame, arrived_s)

    def _status(self, node: str, payload: bytes) -> tuple[str, NodeStatus] | Refused:
        if payload == b"online":
            return node, NodeStatus(state="online", firmware="ESPHome")
        if payload == b"offline":
            self._assemblers[node] = self._assembler(node)
            return node, NodeStatus(state="offline", firmware="ESPHome")
        return Refused(f"status that is neither online nor offline from ESPHome node {node}")

    def _assembler(self, node: str) -> Assembler:
        own = [sensor for sensor in self._sensors.values() if sensor.node == node]
        rate_hz = max(sensor.rate_hz for sensor in own)
        return Assembler([sensor.channel for sensor in own], rate_hz=rate_hz, boot=self._boot())


def _counts(payload: bytes, counts_per_unit: float) -> int | None:
    if len(payload) > 40 or not _NUMBER.fullmatch(payload):
        return None
    value = float(payload) * counts_per_unit
    if not math.isfinite(value) or not COUNTS_MIN <= round(value) <= COUNTS_MAX:
        return None
    return round(value)
