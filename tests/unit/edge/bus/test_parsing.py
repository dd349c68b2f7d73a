import json

import pytest

from contract.device import DeviceFrame, NodeStatus
from edge.bus.parsing import Arrival, Doorkeeper, Refused

DOOR = Doorkeeper("bar", frozenset({"node-top"}), frozenset({"node-well"}))
FRAME = {"v": 1, "boot": "a" * 32, "seq": 0, "uptime_ms": 0, "rate_hz": 10, "channels": {"0": [1, None, 3]}}


def read(payload: bytes, topic: str = "barback/v1/bar/node-top/frame"):
    return DOOR.read(topic, payload)


def framed(**changes) -> bytes:
    return json.dumps({**FRAME, **changes}).encode()


def test_a_frame_of_our_node_is_taken() -> None:
    arrival = read(framed())
    assert arrival == Arrival("node-top", DeviceFrame.model_validate(FRAME))


def test_a_key_of_a_newer_node_is_overlooked() -> None:
    assert isinstance(read(framed(humidity=40)), Arrival)


def test_a_status_of_our_node_is_taken() -> None:
    arrival = read(b'{"state":"online"}', "barback/v1/bar/node-top/status")
    assert arrival == Arrival("node-top", NodeStatus(state="online"))


def test_a_node_of_another_gateway_is_passed_over_uncounted() -> None:
    assert read(framed(), "barback/v1/bar/node-well/frame") is None


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "message that is not JSON from node node-top"),
        (b"\xff\xfe", "message that is not JSON from node node-top"),
        (b"[" * 60_000, "message that is not JSON from node node-top"),
        (framed(v=2), "wrong version from node node-top"),
        (framed(rate_hz=float("nan")), "not-a-number from node node-top"),
        (framed(channels={"0": [float("nan")]}), "not-a-number from node node-top"),
        (framed(rate_hz=float("inf")), "not-a-number from node node-top"),
        (framed(channels={"0": [1.5]}), "malformed frame from node node-top"),
        (framed(channels={"0": [2**23]}), "malformed frame from node node-top"),
        (framed(channels={"0": [1], "1": [1, 2]}), "malformed frame from node node-top"),
        (framed(channels={}), "malformed frame from node node-top"),
        (framed(boot="x"), "malformed frame from node node-top"),
        (b"null", "malformed frame from node node-top"),
        (b" " * 65_537, "message over 65536 bytes"),
    ],
)
def test_a_bad_message_is_refused_by_its_kind(payload: bytes, reason: str) -> None:
    assert read(payload) == Refused(reason)


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("barback/v1/bar/node-ghost/frame", "unknown node node-ghost: not in this gateway's layout"),
        ("barback/v1/pub/node-top/frame", "unknown topic"),
        ("barback/v2/bar/node-top/frame", "unknown topic"),
        ("barback/v1/bar/node-top/reboot", "unknown topic"),
    ],
)
def test_a_topic_that_is_not_ours_is_refused(topic: str, reason: str) -> None:
    assert read(framed(), topic) == Refused(reason)
