"""The bus against a real broker: frames in, a broker that goes and comes back, a queue that is full."""

import asyncio
import json
from pathlib import Path

import aiomqtt

from contract.topics import frame_topic, status_topic
from edge.bus.esphome import EsphomeNodes, EsphomeSensor
from edge.bus.parsing import Doorkeeper
from edge.bus.shelf import Broker, MqttShelfBus, can_connect
from edge.domain.backoff import Backoff
from edge.domain.refusals import Refusals
from edge.frame_queue import DROPPED, QUEUE_FRAMES, FrameQueue
from tests.integration.sim_broker import free_port, running_broker

FRAME = {"v": 1, "boot": "a" * 32, "uptime_ms": 0, "rate_hz": 10, "channels": {"0": [1]}}

SCALE = EsphomeSensor("bar-scale", "rail_1", "node-top", "1", rate_hz=2)


def frame(seq: int) -> str:
    return json.dumps({**FRAME, "seq": seq})


class Shelf:
    """A bus on a broker's port, and a node beside it."""

    def __init__(self, port: int) -> None:
        self.port, self.refusals = port, Refusals()
        self.frames = FrameQueue(self.refusals)
        self.now_s, self.heard = 42.0, 0
        self.bus = MqttShelfBus(
            Broker("127.0.0.1", port),
            "bar",
            door=Doorkeeper("bar", frozenset({"node-top"}), frozenset()),
            refusals=self.refusals,
            boottime_s=self.boottime_s,
            backoff=Backoff(0.05, 0.2, lambda: 1.0),
            frames=self.frames,
            esphome=EsphomeNodes([SCALE], lambda: "b" * 32),
        )
        self.task: asyncio.Task[None] | None = None

    def boottime_s(self) -> float:
        self.heard += 1
        return self.now_s

    async def start(self) -> None:
        self.task = asyncio.create_task(self.bus.run())
        await self.until(lambda: self.bus.is_connected)

    async def until(self, holds) -> None:
        async with asyncio.timeout(30):
            while not holds():  # noqa: ASYNC110 (what is awaited has no event)
                await asyncio.sleep(0.01)

    async def publish(self, *messages: tuple[str, str | bytes]) -> None:
        async with aiomqtt.Client("127.0.0.1", self.port) as node:
            for topic, payload in messages:
                await node.publish(topic, payload, qos=1, retain=topic.endswith("status"))


def run(story) -> None:
    asyncio.run(asyncio.wait_for(story, 90))


def test_frames_arrive_in_order_with_the_time_of_their_arrival(tmp_path: Path) -> None:
    async def story(port: int) -> None:
        shelf = Shelf(port)
        await shelf.start()
        await shelf.publish(*[(frame_topic("bar", "node-top"), frame(seq)) for seq in range(20)])
        heard = [await shelf.frames.get() for _ in range(20)]
        assert [one.frame.seq for one in heard] == list(range(20))
        assert {(one.node_id, one.arrived_s) for one in heard} == {("node-top", 42.0)}

    with running_broker(tmp_path) as port:
        run(story(port))


def test_a_retained_status_is_known_after_connecting(tmp_path: Path) -> None:
    async def story(port: int) -> None:
        shelf = Shelf(port)
        await shelf.publish((status_topic("bar", "node-top"), '{"state":"online","firmware":"1.2"}'))
        await shelf.start()
        await shelf.until(lambda: "node-top" in shelf.bus.nodes)
        assert shelf.bus.nodes["node-top"].firmware == "1.2"

    with running_broker(tmp_path) as port:
        run(story(port))


def test_a_broker_that_comes_back_is_found_again(tmp_path: Path) -> None:
    async def story() -> None:
        port = free_port()
        shelf = Shelf(port)
        with running_broker(tmp_path, port):
            await shelf.start()
        await shelf.until(lambda: not shelf.bus.is_connected)
        with running_broker(tmp_path, port):
            await shelf.until(lambda: shelf.bus.is_connected)
            await shelf.publish((frame_topic("bar", "node-top"), frame(7)))
            assert (await shelf.frames.get()).frame.seq == 7

    run(story())


def test_a_gateway_that_does_not_keep_up_drops_the_oldest_and_counts(tmp_path: Path) -> None:
    async def story(port: int) -> None:
        shelf = Shelf(port)
        await shelf.start()
        messages = [(frame_topic("bar", "node-top"), frame(seq)) for seq in range(QUEUE_FRAMES + 5)]
        await shelf.publish(*messages)
        await shelf.until(lambda: shelf.refusals.counts().get(DROPPED) == 5)
        assert (await shelf.frames.get()).frame.seq == 5

    with running_broker(tmp_path) as port:
        run(story(port))


def test_a_broker_that_is_not_there_is_said_with_what_to_do() -> None:
    problem = asyncio.run(can_connect(Broker("127.0.0.1", free_port())))
    assert problem is not None
    assert problem.endswith("check that the broker runs, its address and password")


def test_refused_messages_do_not_disturb_the_good_ones(tmp_path: Path) -> None:
    async def story(port: int) -> None:
        shelf = Shelf(port)
        await shelf.start()
        topic = frame_topic("bar", "node-top")
        await shelf.publish((topic, "{"), *[(topic, '{"v":9}')] * 5, (topic, frame(1)))
        assert (await shelf.frames.get()).frame.seq == 1
        assert shelf.refusals.counts() == {
            "message that is not JSON from node node-top": 1,
            "wrong version from node node-top": 5,
        }

    with running_broker(tmp_path) as port:
        run(story(port))


def test_values_of_an_esphome_node_become_frames_of_the_same_kind(tmp_path: Path) -> None:
    async def story(port: int) -> None:
        shelf = Shelf(port)
        await shelf.start()
        for value in ("100", "101.4", "nan", "103", "104"):
            await shelf.publish(("bar-scale/sensor/rail_1/state", value))
            await shelf.until(lambda: shelf.heard >= 1)
            shelf.heard = 0
            shelf.now_s += 0.5
        await shelf.publish(("bar-scale/status", "online"))
        await shelf.until(lambda: "node-top" in shelf.bus.nodes)
        arrival = await shelf.frames.get()
        assert (arrival.node_id, arrival.frame.channels) == ("node-top", {"1": [100, 101]})
        assert shelf.refusals.counts() == {
            "value that is not a number of 24 bits from ESPHome node node-top": 1
        }

    with running_broker(tmp_path) as port:
        run(story(port))
