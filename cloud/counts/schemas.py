"""What the counts feature hands out: rooms, what was counted in them, and what is there by now."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Counted:
    """One product in one room, as it was counted."""

    product_id: str
    product: str
    room: str
    bottles: float
    counted_at: datetime
    counted_by: str


@dataclass(frozen=True, slots=True)
class StoreStock:
    """One product over all rooms: what was counted, and what was carried to the shelves since.

    Deliveries are not known here; orders adds those that came after `counted_at`.
    """

    product_id: str
    counted: float
    counted_at: datetime
    """Of the newest room's count."""
    carried: int
    """Full bottles that were put on the shelves since, as the scales saw it."""
    rooms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CountSheet:
    """A room as it is counted: every product of the site with what was last counted there, if it was."""

    room: str
    lines: tuple["SheetLine", ...]


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A product on a count sheet."""

    product_id: str
    product: str
    last: Counted | None
