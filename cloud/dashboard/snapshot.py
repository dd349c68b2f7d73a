"""One look at a site: what the services say now, with each bottle and product judged.

Asks the services one after the other (each takes a connection of a shared pool) and knows no page.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cloud.gateways.schemas import GatewayState
from cloud.movements.schemas import DaySummary, MovementLine
from cloud.services import Services
from cloud.sites.schemas import SiteSummary
from cloud.stock.schemas import ProductStock, ShelfStock, SlotStock
from cloud.stock.status import Verdict, gateway_verdict, product_verdict, slot_verdict

POUR_LINES = 15
"""Newest movements in the log; on a busy Friday about five minutes."""


@dataclass(frozen=True, slots=True)
class SlotView:
    """A place with its verdict."""

    stock: SlotStock
    verdict: Verdict
    shelf_name: str


@dataclass(frozen=True, slots=True)
class ShelfView:
    """A shelf with its places in order and the verdict on its gateway."""

    stock: ShelfStock
    verdict: Verdict
    slots: tuple[SlotView, ...]


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product with its verdict and the level over all its places (0..1; None where nothing is known)."""

    stock: ProductStock
    verdict: Verdict
    fill_level: float | None
    fill_level_sigma: float
    shelf_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShelfSnapshot:
    """What changes with a pour: the bottles and the log."""

    site: SiteSummary
    zone: ZoneInfo
    now: datetime
    shelves: tuple[ShelfView, ...]
    pours: tuple[MovementLine, ...]


@dataclass(frozen=True, slots=True)
class SiteSnapshot(ShelfSnapshot):
    """Everything the pages of a site are drawn from."""

    products: tuple[ProductView, ...]
    gateways: tuple[GatewayState, ...]
    day: DaySummary


async def look_at_shelves(services: Services, site_id: str, now: datetime) -> ShelfSnapshot:
    """Read a site's bottles and newest movements. Raises NotFound when there is no such site."""
    site = await services.sites.site(site_id)
    zone = ZoneInfo(site.timezone)
    return ShelfSnapshot(
        site=site,
        zone=zone,
        now=now,
        shelves=tuple(view_shelf(shelf, now, zone) for shelf in await services.stock.shelves(site_id)),
        pours=tuple(await services.movements.recent(site_id, POUR_LINES)),
    )


async def look(services: Services, site_id: str, now: datetime) -> SiteSnapshot:
    """Read a site. Raises NotFound when there is none of that name."""
    seen = await look_at_shelves(services, site_id, now)
    return SiteSnapshot(
        site=seen.site,
        zone=seen.zone,
        now=now,
        shelves=seen.shelves,
        pours=seen.pours,
        products=view_products(await services.stock.products(site_id), seen.shelves),
        gateways=tuple(await services.gateways.gateways(site_id)),
        day=await services.movements.today(site_id, now),
    )


def view_shelf(shelf: ShelfStock, now: datetime, zone: ZoneInfo) -> ShelfView:
    """Judge the places of a shelf."""
    slots = sorted(shelf.slots, key=lambda slot: slot.position)
    gateway = gateway_verdict(shelf.gateway_name, shelf.gateway_seen_at, shelf.outbox_waiting, now, zone)
    views = (SlotView(slot, slot_verdict(slot, shelf, now, zone), shelf.name) for slot in slots)
    return ShelfView(shelf, gateway, tuple(views))


def view_products(products: list[ProductStock], shelves: tuple[ShelfView, ...]) -> tuple[ProductView, ...]:
    """Judge products over their places."""
    places = {view.stock.slot_id: view for shelf in shelves for view in shelf.slots}
    return tuple(
        _view_product(product, [places[slot] for slot in product.slots if slot in places])
        for product in products
    )


def _view_product(product: ProductStock, places: list[SlotView]) -> ProductView:
    room_ml = product.bottle_volume_ml * len(places)
    is_known = room_ml > 0 and any(place.stock.on_hand_ml is not None for place in places)
    return ProductView(
        stock=product,
        verdict=product_verdict(product, [place.verdict for place in places]),
        fill_level=product.on_hand_ml / room_ml if is_known else None,
        fill_level_sigma=product.on_hand_sigma_ml / room_ml if is_known else 0.0,
        shelf_names=tuple(dict.fromkeys(place.shelf_name for place in places)),
    )
