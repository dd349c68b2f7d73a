"""What arrives on the bus: a frame, a status, or a reason to refuse it. Pure; knows no MQTT client."""

import json
import math
from dataclasses import dataclass

from pydantic import ValidationError

from contract.device import MAX_FRAME_BYTES, DeviceFrame, NodeStatus
from contract.topics import parse


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that was not taken; the reason is one of few, so that it can be counted."""

    reason: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message of one of our nodes."""

    node_id: str
    message: DeviceFrame | NodeStatus


class Doorkeeper:
    """Takes only well-formed messages of the nodes of one site's gateway."""

    def __init__(self, site_id: str, nodes: frozenset[str], neighbours: frozenset[str]) -> None:
        self._site_id, self._nodes, self._neighbours = site_id, nodes, neighbours

    def read(self, topic: str, payload: bytes) -> Arrival | Refused | None:
        """Return the message, why it is refused, or None for a neighbour's that is not ours to judge."""
        parsed = parse(topic)
        if parsed is None or parsed.site_id != self._site_id:
            return Refused("unknown topic")
        if parsed.node_id in self._neighbours:
            return None
        if parsed.node_id not in self._nodes:
            return Refused(f"unknown node {parsed.node_id[:63]}: not in this gateway's layout")
        if len(payload) > MAX_FRAME_BYTES:
            return Refused(f"message over {MAX_FRAME_BYTES} bytes")
        kind = DeviceFrame if parsed.channel == "frame" else NodeStatus
        try:
            return Arrival(parsed.node_id, kind.model_validate_json(payload))
        except ValidationError as error:
            return Refused(f"{_why(error, payload)} from node {parsed.node_id}")


def _why(error: ValidationError, payload: bytes) -> str:
    """Name a malformed message by its kind, never by its values: reasons are counted and must stay few."""
    first = error.errors(include_url=False, include_input=False)[0]
    if first["loc"][:1] == ("v",) and first["type"] == "literal_error":
        return "wrong version"
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        return "message that is not JSON"
    return "not-a-number" if _has_nan(content) else "malformed frame"


def _has_nan(content: object) -> bool:
    """Whether a number is NaN or infinite, as deep as a frame is."""
    if isinstance(content, dict):
        return any(_has_nan(value) for value in content.values())
    if isinstance(content, list):
        return any(_has_nan(value) for value in content)
    return isinstance(content, float) and not math.isfinite(content)
