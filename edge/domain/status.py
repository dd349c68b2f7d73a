"""What `run` tells `status`: one picture of the gateway. Values only."""

from contract.base import Message
from contract.records import Quality


class ScaleStatus(Message):
    """One scale. age_s is in bar seconds since it was last weighed."""

    scale_id: str
    slots: tuple[str, ...]
    state: Quality
    weight_g: float | None
    age_s: float | None
    hint: str | None
    temperature_c: float | None = None


class LaneStatus(Message):
    """One lane of the outbox."""

    waiting: int
    acknowledged: int


class Status(Message):
    """A running gateway, as of written_at_s (real Unix time, s)."""

    gateway_id: str
    software: str
    written_at_s: float
    uptime_s: float
    broker_connected: bool
    cloud_reachable: bool | None
    cloud_reason: str | None
    last_acknowledged_at_s: float | None
    clock_synced: bool
    nodes: dict[str, str]
    lanes: dict[str, LaneStatus]
    refused: dict[str, int]
    scales: tuple[ScaleStatus, ...]
