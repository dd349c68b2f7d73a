"""What the gateways feature hands out."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class GatewayState:
    """A gateway as the cloud last heard of it; counts are since it was registered."""

    gateway_id: str
    name: str
    seen_at: datetime | None
    outbox_waiting: int | None
    clock_synced: bool | None
    quarantined: int
    """Records that were put into quarantine, in all (the quarantine itself keeps only the newest)."""
    refused: dict[str, int]
    """Refusals by reason: whole batches by the cloud, frames by the gateway itself."""
    scales_in_trouble: list[tuple[str, str, str | None]]
    """(scale_id, state, hint) of each scale that is not ok."""
