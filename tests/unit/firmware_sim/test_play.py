"""Nodes on a bus of paper: frames by the contract, reboots, outages, stopping, catching up."""

import logging
from datetime import timedelta

import pytest

from contract.device import DeviceFrame, NodeStatus
from firmware_sim.clock import VirtualClock
from firmware_sim.play import play
from tests.unit.firmware_sim.builders import ORIGIN, night


class PaperLink:
    """Keeps what a node does on its link."""

    def __init__(self):
        self.did = []
        self.frames = []
        self.plugged = False

    def plug_in(self, online, offline):
        assert NodeStatus.model_validate_json(offline).state == "offline"
        self.did.append(("online", NodeStatus.model_validate_json(online).boot))
        self.plugged = True

    def unplug(self):
        self.did.append(("vanished", None))
        self.plugged = False

    def publish(self, frame):
        if self.plugged:
            self.frames.append(frame)
        return self.plugged

    def say_goodbye(self, offline):
        self.did.append(("offline", NodeStatus.model_validate_json(offline).boot))


def played(seconds, clock=None, **changes):
    link, told = PaperLink(), []
    clock = clock or VirtualClock(ORIGIN)
    play(night(**changes), {"node-a": link}, clock, seed=1, origin=ORIGIN, seconds=seconds, tell=told.extend)
    return link, [DeviceFrame.model_validate_json(frame) for frame in link.frames], told


def test_a_node_sends_one_valid_frame_a_second():
    _, frames, _ = played(5)
    assert [frame.seq for frame in frames] == [0, 1, 2, 3, 4]
    assert [frame.uptime_ms for frame in frames] == [100, 1100, 2100, 3100, 4100]
    assert {frame.rate_hz for frame in frames} == {10}
    assert {len(samples) for frame in frames for samples in frame.channels.values()} == {10}
    assert 15 < frames[0].temperature_c < 30


def test_at_80_samples_a_second_a_frame_has_80():
    _, frames, _ = played(2, converter={"rate_hz": 80})
    assert {len(samples) for frame in frames for samples in frame.channels.values()} == {80}


def test_a_reboot_gives_a_new_boot_and_starts_its_uptime_again():
    link, frames, _ = played(20, faults=[{"kind": "node_reboot", "at_minute": 0.1}])
    assert [name for name, _ in link.did] == ["online", "vanished", "online", "offline"]
    assert [frame.seq for frame in frames] == [*range(6), *range(11)]
    assert frames[6].uptime_ms == 100
    assert frames[5].boot != frames[6].boot


def test_without_its_network_a_node_loses_frames_but_not_its_boot():
    fault = {"kind": "network_out", "at_minute": 0.1, "minutes": 0.1}
    link, frames, _ = played(20, faults=[fault])
    assert [name for name, _ in link.did] == ["online", "vanished", "online", "offline"]
    assert [frame.seq for frame in frames] == [*range(6), *range(12, 20)]
    assert len({frame.boot for frame in frames}) == 1


def test_two_starts_of_the_same_node_have_different_boots():
    later = VirtualClock(ORIGIN + timedelta(seconds=3))
    assert played(5)[1][-1].boot != played(5, clock=later)[1][-1].boot


def test_what_was_before_the_start_is_played_but_not_published():
    told_from_the_start = played(300)[2]
    late = VirtualClock(ORIGIN + timedelta(seconds=290))
    _, frames, told = played(300, clock=late)
    assert told == told_from_the_start
    assert 10 <= len(frames) <= 11


def test_the_night_is_the_same_at_any_speed():
    class SlowClock(VirtualClock):
        """A machine that needs seven seconds for each second."""

        def sleep_until(self, at):
            return super().sleep_until(max(at, self.now() + timedelta(seconds=7)))

    _, fast, told_fast = played(60)
    _, slow, told_slow = played(60, clock=SlowClock(ORIGIN))
    assert [frame.channels for frame in fast] == [frame.channels for frame in slow]
    assert told_fast == told_slow


def test_a_machine_that_cannot_keep_up_says_so_once(caplog):
    class SlowClock(VirtualClock):
        def now(self):
            return super().now() + timedelta(seconds=60) if self.slept else super().now()

        slept = False

        def sleep_until(self, at):
            self.slept = True
            return super().sleep_until(at)

    with caplog.at_level(logging.WARNING):
        played(30, clock=SlowClock(ORIGIN))
    assert sum("behind" in record.message for record in caplog.records) == 1


def test_a_stop_ends_the_night_with_a_goodbye():
    class StoppedClock(VirtualClock):
        def sleep_until(self, at):
            return super().sleep_until(at) and at < ORIGIN + timedelta(seconds=5)

    link, frames, _ = played(60, clock=StoppedClock(ORIGIN))
    assert link.did[-1][0] == "offline"
    assert len(frames) == 4


def test_a_truth_line_has_bar_times_and_leaves_out_what_is_unknown():
    told = [truth for truth in played(400)[2] if truth.kind == "pour"]
    line = told[0].line(ORIGIN)
    assert line.startswith('{"kind":"pour","start_at":"2026-11-20T19:3')
    assert line.endswith("}\n")
    assert '"fault"' not in line


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_night_of_no_length_is_no_error(seconds):
    assert len(played(seconds)[1]) == seconds
