"""The gateway's side of the shelf bus: connected for ever, frames into a queue that we bound ourselves.

aiomqtt's own bounded queue drops messages that it has acknowledged, so it stays unbounded and is drained
at once into ours. A publish on a broken link stays in paho's queue: every connection is a new Client.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiomqtt

from contract.device import DeviceFrame, NodeStatus
from contract.topics import site_filter
from edge.bus.esphome import EsphomeNodes
from edge.bus.parsing import Arrival, Doorkeeper, Refused
from edge.domain.backoff import Backoff
from edge.domain.refusals import Refusals
from edge.frame_queue import FrameQueue
from edge.ports import NodeFrame

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 10.0
NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL's x509_vfy.h."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and who we are there."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    ca_file: Path | None = None
    """PEM of who vouches for the broker: TLS. Its dates are not asked, because this clock may be wrong."""

    def client(self, identifier: str | None = None) -> aiomqtt.Client:
        """Return a new client; MQTT 3.1.1, which every broker speaks."""
        return aiomqtt.Client(
            self.host,
            self.port,
            username=self.user,
            password=self.password,
            identifier=identifier,
            timeout=CONNECT_TIMEOUT_S,
            keepalive=20,
            tls_context=None if self.ca_file is None else _trusting(self.ca_file),
        )


def _trusting(ca_file: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    context.verify_flags = ssl.VerifyFlags(int(context.verify_flags) | NO_CHECK_TIME)
    return context


class MqttShelfBus:
    """The shelf's nodes, as frames in the order of their arrival."""

    def __init__(
        self,
        broker: Broker,
        site_id: str,
        *,
        door: Doorkeeper,
        refusals: Refusals,
        boottime_s: Callable[[], float],
        backoff: Backoff,
        frames: FrameQueue,
        esphome: EsphomeNodes | None = None,
    ) -> None:
        self._broker, self._site_id, self._door = broker, site_id, door
        self._refusals, self._boottime_s, self._backoff = refusals, boottime_s, backoff
        self._frames, self._esphome = frames, esphome
        self._connected = False
        self._complained = False
        self._nodes: dict[str, NodeStatus] = {}

    @property
    def is_connected(self) -> bool:
        """Whether the broker is there."""
        return self._connected

    @property
    def nodes(self) -> dict[str, NodeStatus]:
        """What each node last said of itself."""
        return dict(self._nodes)

    async def run(self) -> None:
        """Stay connected for ever; say once when the broker goes and once when it is back."""
        while True:
            try:
                await self._listen()
            except (aiomqtt.MqttError, OSError) as error:
                self._lost(error)
            await asyncio.sleep(self._backoff.next_s())

    async def _listen(self) -> None:
        async with self._broker.client() as client:
            for topic in (site_filter(self._site_id), *(self._esphome.topics if self._esphome else ())):
                await client.subscribe(topic, qos=1)
            log.info("listening to the shelf nodes at %s:%d", self._broker.host, self._broker.port)
            self._connected, self._complained = True, False
            self._backoff.reset()
            async for message in client.messages:
                payload = message.payload
                self._take(message.topic.value, payload if isinstance(payload, bytes) else b"")

    def _lost(self, error: Exception) -> None:
        if self._connected or not self._complained:
            log.warning(
                "the broker at %s:%d is not there (%s): check that it runs and the network; trying on",
                self._broker.host,
                self._broker.port,
                error,
            )
        self._connected, self._complained = False, True

    def _take(self, topic: str, payload: bytes) -> None:
        if self._esphome is not None and self._esphome.takes(topic):
            self._take_esphome(self._esphome, topic, payload)
            return
        arrival = self._door.read(topic, payload)
        if isinstance(arrival, Refused):
            self._refuse(arrival.reason)
        elif isinstance(arrival, Arrival) and isinstance(arrival.message, DeviceFrame):
            self._frames.put(NodeFrame(arrival.node_id, arrival.message, self._boottime_s()))
        elif isinstance(arrival, Arrival) and isinstance(arrival.message, NodeStatus):
            self._nodes[arrival.node_id] = arrival.message

    def _take_esphome(self, nodes: EsphomeNodes, topic: str, payload: bytes) -> None:
        read = nodes.read(topic, payload, self._boottime_s())
        if isinstance(read, Refused):
            self._refuse(read.reason)
        elif isinstance(read, NodeFrame):
            self._frames.put(read)
        elif read is not None:
            node_id, status = read
            self._nodes[node_id] = status

    def _refuse(self, reason: str) -> None:
        if self._refusals.note(reason):
            log.warning("refused: %s (counted from now on, see `python -m edge status`)", reason)


async def can_connect(broker: Broker) -> str | None:
    """Connect once; None when the broker lets us in, else a sentence that says what to do."""
    try:
        async with broker.client():
            return None
    except (aiomqtt.MqttError, OSError) as error:
        return f"{broker.host}:{broker.port} ({error}): check that the broker runs, its address and password"
