"""What is wrong with a shelf node's frames, in one sentence: it restarted, they come twice, some are lost.

Counts over the last ten minutes. Knows no samples.
"""

from collections import deque

from contract.device import DeviceFrame

WINDOW_S = 600.0
MAX_NOTES = 512
FEW = 3
"""Fewer than so many doubled or lost frames in ten minutes are a network's everyday life."""


class NodeWatch:
    """The frames of one node, as they come."""

    def __init__(self, node_id: str) -> None:
        self._node_id = node_id
        self._boot: str | None = None
        self._seq = -1
        self._notes: deque[tuple[float, str, int]] = deque(maxlen=MAX_NOTES)

    def take(self, frame: DeviceFrame, arrived_s: float) -> bool:
        """Look at a frame; whether its node has restarted."""
        restarted = self._boot is not None and frame.boot != self._boot
        if restarted:
            self._note(arrived_s, "restarted", 1)
        elif self._boot is not None and frame.seq > self._seq + 1:
            self._note(arrived_s, "lost", frame.seq - self._seq - 1)
        elif frame.seq <= self._seq:
            self._note(arrived_s, "refused", 1)
        self._seq = frame.seq if restarted else max(self._seq, frame.seq)
        self._boot = frame.boot
        return restarted

    def advice(self, now_s: float) -> str | None:
        """Return what a technician should do, or None."""
        while self._notes and now_s - self._notes[0][0] > WINDOW_S:
            self._notes.popleft()
        sums = {"restarted": 0, "lost": 0, "refused": 0}
        for _, what, times in self._notes:
            sums[what] += times
        node = f"node {self._node_id}"
        if sums["restarted"]:
            again = "" if sums["restarted"] == 1 else f" {sums['restarted']} times"
            return f"{node} restarted{again} in the last ten minutes: check its power supply"
        if sums["refused"] >= FEW:
            return f"frames of {node} come twice or out of order: is a second node using its name?"
        if sums["lost"] >= FEW:
            return f"{sums['lost']} frames of {node} were lost in ten minutes: check its network"
        return None

    def _note(self, at_s: float, what: str, times: int) -> None:
        self._notes.append((at_s, what, times))
