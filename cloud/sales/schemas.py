"""What the sales feature hands out."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a file hold what, by their headings."""

    day: str
    item: str
    pieces: str


@dataclass(frozen=True, slots=True)
class Sold:
    """Pieces of one name on one business day, summed over the file; returns are taken off."""

    day_on: date
    name: str
    pieces: float


@dataclass(frozen=True, slots=True)
class SalesFile:
    """What a file says. faults: sentences with the line they are about, at most MAX_FAULTS."""

    columns: Columns
    headings: tuple[str, ...]
    rows: int
    sold: tuple[Sold, ...]
    faults: tuple[str, ...]
    bad_rows: int


@dataclass(frozen=True, slots=True)
class Part:
    """How much of a product leaves the stock with one sale."""

    product_id: str
    ml: float


@dataclass(frozen=True, slots=True)
class SalesItem:
    """What a name on the till stands for; no parts: nobody has said yet."""

    name: str
    pieces: float
    parts: tuple[Part, ...]
    suggestion: str | None
    """A product of nearly that name, where nobody has said."""


@dataclass(frozen=True, slots=True)
class SalesPreview:
    """What an import of a file would do."""

    columns: Columns
    headings: tuple[str, ...]
    rows: int
    first_on: date | None
    last_on: date | None
    known: tuple[SalesItem, ...]
    unknown: tuple[SalesItem, ...]
    """Names that stand for nothing yet, most sold first: their sales are kept, and counted once named."""
    faults: tuple[str, ...]
    bad_rows: int
