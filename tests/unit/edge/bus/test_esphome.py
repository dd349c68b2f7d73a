import pytest

from contract.device import NodeStatus
from edge.bus.esphome import EsphomeNodes, EsphomeSensor
from edge.bus.parsing import Refused
from edge.ports import NodeFrame

RAIL = EsphomeSensor("bar-scale", "rail_1", "node-rail", "0", rate_hz=2)
TOPIC = "bar-scale/sensor/rail_1/state"


@pytest.fixture
def nodes() -> EsphomeNodes:
    lives = iter("abcdef")
    return EsphomeNodes([RAIL], lambda: next(lives) * 32)


def test_it_subscribes_to_each_sensor_and_to_the_nodes_status(nodes) -> None:
    assert nodes.topics == [TOPIC, "bar-scale/status"]
    assert nodes.takes(TOPIC)
    assert not nodes.takes("bar-scale/sensor/rail_2/state")


def test_values_are_numbered_into_frames_as_they_arrive(nodes) -> None:
    arrivals = [nodes.read(TOPIC, str(100 + i).encode(), 10 + i / 2) for i in range(6)]
    frames = [arrival for arrival in arrivals if isinstance(arrival, NodeFrame)]
    assert [(one.frame.seq, one.frame.channels) for one in frames] == [
        (0, {"0": [100, 101]}),
        (1, {"0": [102, 103]}),
    ]


def test_a_node_that_was_calibrated_to_grams_is_taken_with_its_decimals() -> None:
    grams = EsphomeSensor("s", "w", "node-rail", "0", counts_per_unit=1000, rate_hz=1)
    nodes = EsphomeNodes([grams], lambda: "a" * 32)
    nodes.read(grams.topic, b"812.345", 10.0)
    arrival = nodes.read(grams.topic, b"812.3", 11.2)
    assert isinstance(arrival, NodeFrame)
    assert arrival.frame.channels == {"0": [812_345]}


@pytest.mark.parametrize(
    "payload", [b"", b"nan", b"inf", b"9e9", b"12,5", b"unavailable", b"1" * 50, b"\xff"]
)
def test_a_value_that_is_no_number_of_24_bits_is_refused(nodes, payload) -> None:
    reason = "value that is not a number of 24 bits from ESPHome node node-rail"
    assert nodes.read(TOPIC, payload, 10.0) == Refused(reason)


def test_a_node_that_went_offline_begins_a_new_life(nodes) -> None:
    nodes.read(TOPIC, b"1", 10.0)
    status = nodes.read("bar-scale/status", b"offline", 10.1)
    assert status == ("node-rail", NodeStatus(state="offline", firmware="ESPHome"))
    nodes.read(TOPIC, b"2", 20.0)
    arrival = nodes.read(TOPIC, b"3", 21.2)
    assert isinstance(arrival, NodeFrame)
    assert (arrival.frame.boot, arrival.frame.seq) == ("b" * 32, 0)


def test_a_status_in_other_words_is_refused(nodes) -> None:
    assert isinstance(nodes.read("bar-scale/status", b"asleep", 1.0), Refused)
