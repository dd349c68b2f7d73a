"""A shelf node's own side of the wire: its boot, its count of frames, its uptime, and the bytes it sends."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from contract.device import NodeStatus
from firmware_sim.seeds import hex32

FIRMWARE = "barback-sim 1"


class NodeBoot:
    """One boot of a node: a new name, frames from 0, uptime from 0."""

    def __init__(self, seed: int, node_id: str, booted_at: datetime) -> None:
        """Boot at a bar time; the same node booted at the same time has the same boot id."""
        self.boot_id = hex32(seed, "boot", node_id, booted_at.isoformat())
        self._booted_at = booted_at
        self._seq = 0

    def frame(
        self,
        first_sample_at: datetime,
        rate_hz: float,
        channels: Mapping[str, Sequence[int | None]],
        temperature_c: float | None,
    ) -> bytes:
        """Return the next DeviceFrame as JSON; a frame that is never sent still counts."""
        uptime_ms = max(0, round((first_sample_at - self._booted_at).total_seconds() * 1000))
        message = {
            "v": 1,
            "boot": self.boot_id,
            "seq": self._seq,
            "uptime_ms": uptime_ms,
            "rate_hz": rate_hz,
            "channels": channels,
            "temperature_c": temperature_c,
        }
        self._seq += 1
        return json.dumps(message, separators=(",", ":")).encode()

    def online(self) -> bytes:
        """Return what the node says when it comes onto the bus."""
        return NodeStatus(state="online", boot=self.boot_id, firmware=FIRMWARE).model_dump_json().encode()

    def offline(self) -> bytes:
        """Return what the broker says for it when it vanishes."""
        return NodeStatus(state="offline", boot=self.boot_id, firmware=FIRMWARE).model_dump_json().encode()
