"""What the gateways feature hands out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contract.records import Health


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
    flagged: int = 0
    """Records stored with a time or a name that is not believed."""
    given_up: int = 0
    """Positions that the gateway declared as a gap: records it had and lost on purpose."""
    software: str | None = None
    keys: int = 0
    """Keys that count now; 0 = not enrolled, 2 = a new one beside the one it replaces."""
    states_to: datetime | None = None
    """Up to when its readings have come: what it still has to send is newer."""


@dataclass(frozen=True, slots=True)
class QuarantinedRecord:
    """A record that could not be stored, and why."""

    gateway_id: str
    lane: str
    seq: int
    received_at: datetime
    reason: str
    record: str
    """The beginning of the record as it came, JSON."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """A name that sent batches and is not registered."""

    gateway_id: str
    batches: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class SlotPlace:
    """A slot in the database: its number, and the number of the product that stands there."""

    slot_no: int
    product_no: int | None


@dataclass(frozen=True, slots=True)
class Speaker:
    """A registered gateway: its keys, and the names it may speak of with their numbers in the database."""

    gateway_no: int
    gateway_id: str
    site_no: int
    site_id: str
    public_keys: tuple[bytes, ...]
    scales: Mapping[str, int]
    slots: Mapping[str, SlotPlace]
    products: Mapping[str, int]
    """Of the whole site: a bottle may stand where it does not belong."""
    ended_keys: tuple[bytes, ...] = ()
    """Revoked or replaced: they count no longer, and a refusal says so."""


@dataclass(frozen=True, slots=True)
class HealthNote:
    """What a gateway says about itself, at its position and time; `health` names only its own scales."""

    epoch: UUID
    seq: int
    at: datetime
    health: Health


@dataclass(frozen=True, slots=True)
class Tally:
    """What one batch adds to its gateway's counts, and up to when its readings go (None: it has none)."""

    quarantined: int = 0
    flagged: int = 0
    given_up: int = 0
    states_to: datetime | None = None
