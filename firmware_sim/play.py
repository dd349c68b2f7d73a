"""Plays a night on the bus: steps the bar once per second of bar time and hands each node its frame.

One thread. A second that is late is played without waiting, never left out. Uses a clock and links that
are handed in, so that a test plays a night without a broker or time.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from firmware_sim.clock import Clock
from firmware_sim.frames import NodeBoot
from firmware_sim.night import Night, NodeSamples
from firmware_sim.scenario import BoundFault, FaultKind
from firmware_sim.truth import TruthEvent

log = logging.getLogger(__name__)

LATE_S = 5.0
"""Bar seconds behind at which the run says that it cannot keep up."""
REBOOT_S = 3
"""A microcontroller is back on the network some seconds after it lost its power."""


class Link(Protocol):
    """A node's connection (node.ShelfNode)."""

    def plug_in(self, online: bytes, offline: bytes) -> None:
        """Connect."""

    def unplug(self) -> None:
        """Vanish without a goodbye."""

    def publish(self, frame: bytes) -> bool:
        """Send a frame, or drop it."""

    def say_goodbye(self, offline: bytes) -> None:
        """Leave properly."""


class PlayedNode:
    """One node of the night: its boot and its link, and whether it is off or cut off now."""

    def __init__(self, node_id: str, link: Link, seed: int, faults: Sequence[BoundFault]) -> None:
        self._node_id = node_id
        self._link = link
        self._seed = seed
        self._reboots = sorted(_seconds(faults, node_id, FaultKind.NODE_REBOOT))
        self._outages = _seconds(faults, node_id, FaultKind.NETWORK_OUT)
        self._boot: NodeBoot | None = None
        self._plugged = False

    def second(self, at_s: int, start_at: datetime, rate_hz: float, samples: NodeSamples) -> None:
        """Live through the second that begins at start_at and send its frame at its end."""
        off = any(start <= at_s < start + REBOOT_S for start, _ in self._reboots)
        cut_off = off or any(start <= at_s < end for start, end in self._outages)
        if off:
            self._boot = None
        elif self._boot is None:
            self._boot = NodeBoot(self._seed, self._node_id, start_at)
        self._set_plugged(wanted=not cut_off)
        if self._boot is not None:
            first_sample_at = start_at + timedelta(seconds=1 / rate_hz)
            frame = self._boot.frame(first_sample_at, rate_hz, samples.channels, samples.temperature_c)
            self._link.publish(frame)

    def end(self) -> None:
        """Leave the bus properly."""
        if self._plugged and self._boot is not None:
            self._link.say_goodbye(self._boot.offline())
        self._plugged = False

    def _set_plugged(self, *, wanted: bool) -> None:
        if wanted and not self._plugged and self._boot is not None:
            self._link.plug_in(self._boot.online(), self._boot.offline())
        elif self._plugged and not wanted:
            self._link.unplug()
        self._plugged = wanted


def _seconds(faults: Sequence[BoundFault], node_id: str, kind: FaultKind) -> list[tuple[float, float]]:
    return [(fault.start_s, fault.end_s) for fault in faults if fault.kind is kind and node_id in fault.nodes]


def play(
    night: Night,
    links: Mapping[str, Link],
    clock: Clock,
    *,
    seed: int,
    origin: datetime,
    seconds: int,
    tell: Callable[[list[TruthEvent]], None],
    look: Callable[[Night], object] = lambda _: None,
) -> None:
    """Play `seconds` of the night that began at `origin`, or until the clock is stopped.

    What lies before the clock's time at the call is played at once and not published: the nodes are
    switched on now. Truth goes to `tell`, in order; `look` sees the night after each second published.
    """
    nodes = {name: PlayedNode(name, link, seed, night.faults) for name, link in links.items()}
    switched_on_at = clock.now()
    said_late = False
    try:
        while night.at_s < seconds:
            at_s, start_at = night.at_s, origin + timedelta(seconds=night.at_s)
            end_at = start_at + timedelta(seconds=1)
            second = night.step()
            if start_at >= switched_on_at - timedelta(seconds=1):
                if not clock.sleep_until(end_at):
                    break
                said_late = said_late or _is_late(clock.now(), end_at)
                for name, node in nodes.items():
                    node.second(at_s, start_at, night.rate_hz, second.nodes[name])
                look(night)
            tell(second.truths)
    finally:
        for node in nodes.values():
            node.end()


def _is_late(now: datetime, due: datetime) -> bool:
    late_s = (now - due).total_seconds()
    if late_s < LATE_S:
        return False
    log.warning(
        "this machine is %.0f s of bar time behind; catching up without waiting. Lower the speed of bar time "
        "if this lasts",
        late_s,
    )
    return True
