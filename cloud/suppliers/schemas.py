"""What the suppliers feature hands out: suppliers with terms, articles with prices, offers compared."""

from dataclasses import dataclass, field
from datetime import date, datetime, time


@dataclass(frozen=True, slots=True)
class Supplier:
    """A supplier of a site and its terms. Weekdays count from Monday 0; the cut-off is in the site's time."""

    supplier_id: str
    name: str
    order_weekdays: tuple[int, ...] = ()
    cut_off: time = time(12, 0)
    lead_days: int = 1
    delivery_weekdays: tuple[int, ...] = ()
    closed_on: tuple[date, ...] = ()
    minimum_order_value: float = 0.0
    delivery_fee: float = 0.0
    is_closed: bool = False
    usual_delay_days: float = 0.0
    """What a person thinks it comes late by, 0..14; deliveries seen outweigh it."""
    delay_spread_days: float = 0.0


@dataclass(frozen=True, slots=True)
class PriceStep:
    """From `min_cases` on, every bottle of the line costs `unit_price`."""

    min_cases: int
    unit_price: float


@dataclass(frozen=True, slots=True)
class Article:
    """One article of a price list. Prices and deposit are of one bottle, `pack_units` bottles make a case.

    `product_id` None: nobody has said which product of the site it is, so it is not ordered.
    """

    supplier_id: str
    article_id: str
    name: str
    pack_units: int
    bottle_ml: float
    prices: tuple[PriceStep, ...]
    product_id: str | None = None
    barcode: str | None = None
    deposit: float = 0.0
    shelf_life_days: int | None = None
    priced_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OfferPrice:
    """One article beside the others of its product: its price of a litre is what compares."""

    supplier_id: str
    supplier_name: str
    article_id: str
    article_name: str
    pack_units: int
    bottle_ml: float
    min_cases: int
    unit_price: float
    price_per_litre: float
    deposit: float
    is_cheapest: bool
    dearer_share: float
    """How much dearer a millilitre is than at the cheapest offer; 0.05 is 5 %."""
    priced_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProductPricing:
    """A product and everyone who sells it, the cheapest millilitre first."""

    product_id: str
    name: str
    bottle_ml: float
    offers: tuple[OfferPrice, ...]


@dataclass(frozen=True, slots=True)
class PriceList:
    """A file as it was read: suppliers with terms, articles, and a sentence for each line that is no use."""

    suppliers: tuple[Supplier, ...] = ()
    articles: tuple[Article, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What an import changes, in sentences; nothing of it has happened unless `is_done`."""

    changes: tuple[str, ...]
    faults: tuple[str, ...]
    unchanged: int
    is_done: bool = False
    unmatched: tuple[str, ...] = field(default=())
    """Articles of which nobody knows the product; they are kept, and not ordered."""
