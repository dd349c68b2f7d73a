"""MQTT topics of the shelf bus: who says what where.

barback/v1/<site>/<node>/frame    node -> gateway, QoS 0, never retained: one DeviceFrame
barback/v1/<site>/<node>/status   node -> gateway, QoS 1, retained, also the node's last will: one NodeStatus
"""

from typing import Literal, NamedTuple

ROOT = "barback/v1"
Channel = Literal["frame", "status"]


class NodeTopic(NamedTuple):
    """A parsed topic of a shelf node."""

    site_id: str
    node_id: str
    channel: Channel


def frame_topic(site_id: str, node_id: str) -> str:
    """Topic on which a node publishes its DeviceFrames."""
    return f"{ROOT}/{site_id}/{node_id}/frame"


def status_topic(site_id: str, node_id: str) -> str:
    """Topic on which a node keeps its NodeStatus (retained, last will)."""
    return f"{ROOT}/{site_id}/{node_id}/status"


def site_filter(site_id: str) -> str:
    """Subscription that receives every message of every node of a site."""
    return f"{ROOT}/{site_id}/+/+"


def parse(topic: str) -> NodeTopic | None:
    """Parse a topic of a shelf node; None for a topic that is not ours."""
    parts = topic.split("/")
    if len(parts) != 5 or "/".join(parts[:2]) != ROOT:
        return None
    _, _, site_id, node_id, channel = parts
    if channel == "frame":
        return NodeTopic(site_id, node_id, "frame")
    if channel == "status":
        return NodeTopic(site_id, node_id, "status")
    return None
