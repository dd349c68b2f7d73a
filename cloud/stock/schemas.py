"""What the stock feature hands out: the state of slots, shelves and products."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Presence = Literal["standing", "in_hand", "absent", "unknown"]


@dataclass(frozen=True, slots=True)
class SlotStock:
    """The place of one bottle and what is known of it now; each sigma is one standard deviation."""

    slot_id: str
    shelf_id: str
    position: int
    """1..n, in the order on the shelf, seen from the bar."""
    scale_id: str | None
    product_id: str | None
    product_name: str | None
    category: str | None
    liquid: str | None
    bottle_volume_ml: float | None
    presence: Presence
    weight_g: float | None
    """Gross, with the bottle."""
    on_hand_ml: float | None
    on_hand_sigma_ml: float | None
    fill_level: float | None
    """0..1"""
    fill_level_sigma: float | None
    quality: str
    """A contract.records.Quality, or 'none' before the first reading."""
    measured_at: datetime | None
    par_bottles: float | None
    gateway_id: str
    source: str | None = None
    """What the volume was measured by: scale, camera or both."""
    seen_at: datetime | None = None
    """When a camera last saw this place."""
    findings: tuple[str, ...] = ()
    """What its gateway found strange here, in sentences, by weight and sight together."""


@dataclass(frozen=True, slots=True)
class ShelfStock:
    """A shelf with its slots in order, and how fresh its gateway is."""

    shelf_id: str
    name: str
    location: str
    gateway_id: str
    gateway_name: str
    gateway_seen_at: datetime | None
    outbox_waiting: int | None
    slots: tuple[SlotStock, ...]


@dataclass(frozen=True, slots=True)
class ProductStock:
    """One product over all its slots."""

    product_id: str
    name: str
    category: str
    liquid: str
    bottle_volume_ml: float
    on_hand_ml: float
    on_hand_sigma_ml: float
    bottles: float
    """on_hand_ml / bottle_volume_ml"""
    par_bottles: float | None
    slots: tuple[str, ...]
    poured_today_ml: float
    last_pour_at: datetime | None
    measured_at: datetime | None
    """The oldest measurement among its slots."""
    source: str | None = None
    """scale, camera or both; where slots differ, both."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The newest that one batch says a camera saw in a slot; ordered like a Weighing."""

    slot_no: int
    seq: int
    seen_at: datetime
    state: str
    """A contract.sightings.SightState."""
    fill_level: float | None
    fill_sigma: float | None
    scale_ml: float | None
    volume_ml: float | None
    volume_sigma_ml: float | None
    source: str | None
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Weighing:
    """The newest that one batch says of a slot; seq orders within an epoch, seen_at among epochs."""

    slot_no: int
    seq: int
    seen_at: datetime
    quality: int
    """Code of the newest reading's quality."""
    is_shared: bool
    """The weight is that of several slots together."""
    weight_g: float | None
    """Of the newest reading of quality ok, if the batch has one."""
    sigma_g: float | None
    weighed_at: datetime | None
