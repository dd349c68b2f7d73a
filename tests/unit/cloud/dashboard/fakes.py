"""A bar in memory that answers like the services: the demo's layout and a hand on its bottles."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from cloud.catalogue.schemas import ProductEntry
from cloud.commands.service import CommandsService
from cloud.demand.schemas import DemandDay
from cloud.forecasts.issuing import Issuing
from cloud.forecasts.judging import Judging
from cloud.forecasts.schemas import Accuracy, IssuedForecast, NewestRun
from cloud.gateways.schemas import GatewayState
from cloud.gateways.service import GatewaysService
from cloud.housekeeping.service import HousekeepingService
from cloud.identity.service import IdentityService
from cloud.jobs.schemas import JobState
from cloud.movements.schemas import DaySummary, MovementLine
from cloud.movements.service import MovementsService
from cloud.occasions.schemas import Event, Place
from cloud.problems import NotFound
from cloud.readings.latest import LatestService
from cloud.readings.service import ReadingsService
from cloud.sales.schemas import Part, Sold
from cloud.services import Services
from cloud.sites.business_day import business_day
from cloud.sites.schemas import BusinessDay, SiteSummary
from cloud.sites.service import SitesService
from cloud.stock.schemas import ProductStock, ShelfStock, SlotStock
from cloud.stock.service import StockService
from cloud.suppliers.schemas import Article, Supplier
from cloud.telemetry.service import TelemetryService
from contract.layout import SiteLayout
from tests.unit.cloud.dashboard.fake_desk import FakeCatalogue, fake_occasions, fake_sales
from tests.unit.cloud.dashboard.fake_orders import FakeSuppliers, fake_counts, fake_orders

CORNER_BAR = Path(__file__).parents[4] / "firmware_sim" / "bars" / "corner_bar.toml"
NOW = datetime(2026, 11, 20, 21, 41, 7, tzinfo=UTC)
"""Friday, 22:41:07 in Berlin."""

SITE = SiteSummary("corner-bar", "The Corner Bar", "Corner Hospitality", "Europe/Berlin", time(6, 0))


def slot(**changes: object) -> SlotStock:
    """Campari at 410 of 700 ml on the middle shelf, weighed 12 s ago."""
    campari = SlotStock(
        slot_id="middle-1",
        shelf_id="middle-shelf",
        position=1,
        scale_id="middle-cell-1",
        product_id="campari",
        product_name="Campari",
        category="liqueur",
        liquid="ruby",
        bottle_volume_ml=700.0,
        presence="standing",
        weight_g=937.55,
        on_hand_ml=410.0,
        on_hand_sigma_ml=3.0,
        fill_level=410 / 700,
        fill_level_sigma=3 / 700,
        quality="ok",
        measured_at=NOW - timedelta(seconds=12),
        par_bottles=2.0,
        gateway_id="gw-back-bar",
    )
    return replace(campari, **changes)


def shelf(*slots: SlotStock, **changes: object) -> ShelfStock:
    """The middle shelf, heard 4 s ago."""
    middle = ShelfStock(
        shelf_id="middle-shelf",
        name="Middle shelf",
        location="Back bar",
        gateway_id="gw-back-bar",
        gateway_name="Back bar",
        gateway_seen_at=NOW - timedelta(seconds=4),
        outbox_waiting=0,
        slots=slots,
    )
    return replace(middle, **changes)


def product(**changes: object) -> ProductStock:
    """Campari, one bottle of it."""
    campari = ProductStock(
        product_id="campari",
        name="Campari",
        category="liqueur",
        liquid="ruby",
        bottle_volume_ml=700.0,
        on_hand_ml=410.0,
        on_hand_sigma_ml=3.0,
        bottles=410 / 700,
        par_bottles=2.0,
        slots=("middle-1",),
        poured_today_ml=840.0,
        last_pour_at=NOW - timedelta(seconds=12),
        measured_at=NOW - timedelta(seconds=12),
    )
    return replace(campari, **changes)


def pour(**changes: object) -> MovementLine:
    """42 ml of Campari, 12 s ago."""
    line = MovementLine(
        movement_id="0" * 32,
        revision=1,
        stage="final",
        kind="pour",
        at=NOW - timedelta(seconds=12),
        slot_id="middle-1",
        slot_probability=1.0,
        shelf_name="Middle shelf",
        product_id="campari",
        product_name="Campari",
        volume_ml=42.0,
        volume_sigma_ml=2.0,
        delta_g=-44.3,
        doubts=(),
        time_quality=0,
    )
    return replace(line, **changes)


def day(**changes: object) -> DaySummary:
    """A Friday with 4.21 l poured by 22:41."""
    start = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
    amounts = [0.0] * 9 + [60, 40, 120, 350, 610, 980, 1210, 840] + [0.0] * 7
    hours = [(start + timedelta(hours=index), float(ml)) for index, ml in enumerate(amounts)]
    summary = DaySummary(
        business_day=start.date(),
        starts_at=start,
        ends_at=start + timedelta(days=1),
        poured_ml=4210.0,
        poured_sigma_ml=22.0,
        pours=103,
        poured_ml_by_hour=hours,
        top_products=[("Tanqueray London Dry Gin", 620.0), ("Aperol", 540.0), ("Campari", 410.0)],
        same_time_last_week_ml=3390.0,
    )
    return replace(summary, **changes)


def gateway(**changes: object) -> GatewayState:
    """The back bar's gateway, well."""
    state = GatewayState(
        gateway_id="gw-back-bar",
        name="Back bar",
        seen_at=NOW - timedelta(seconds=4),
        outbox_waiting=0,
        clock_synced=True,
        quarantined=0,
        refused={},
        scales_in_trouble=[],
    )
    return replace(state, **changes)


@dataclass
class FakeClock:
    """Bar time that stands still unless someone moves it."""

    at: datetime = NOW
    speed: float = 1.0

    def now(self) -> datetime:
        return self.at


@dataclass
class FakeBar:
    """Mutable state of one site; the services below read it."""

    clock: FakeClock = field(default_factory=FakeClock)
    site: SiteSummary | None = SITE
    shelves: list[ShelfStock] = field(default_factory=list)
    gateways: list[GatewayState] = field(default_factory=list)
    lines: list[MovementLine] = field(default_factory=list)
    summary: DaySummary = field(default_factory=day)
    demand: list[DemandDay] = field(default_factory=list)
    jobs: list[JobState] = field(default_factory=list)
    workers: int = 1
    forecasts: list[IssuedForecast] = field(default_factory=list)
    accuracy: Accuracy = field(default_factory=lambda: Accuracy("corner-bar", None, {}, None))
    reads: int = 0
    suppliers: list[Supplier] = field(default_factory=list)
    articles: list[Article] = field(default_factory=list)
    sold: dict[tuple[date, str], Sold] = field(default_factory=dict)
    till: dict[str, tuple[Part, ...]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    place: Place | None = None

    def entries(self) -> list[ProductEntry]:
        """The catalogue of what stands on the shelves."""
        places = [place for shelf in self.shelves for place in shelf.slots if place.product_id]
        return [
            ProductEntry(p.product_id, p.product_name, p.category, p.liquid, 700.0, 505.0, 1.0, p.par_bottles)
            for p in {place.product_id: place for place in places}.values()
        ]

    def services(self) -> Services:
        sites, stock, suppliers = FakeSites(self), FakeStock(self), FakeSuppliers(self)
        counts = fake_counts(self, sites, FakeCatalogue(self))
        return Services(
            sites=sites,
            catalogue=FakeCatalogue(self),
            stock=stock,
            movements=FakeMovements(self),
            gateways=FakeGateways(self),
            readings=ReadingsService.__new__(ReadingsService),
            identity=IdentityService.__new__(IdentityService),
            commands=CommandsService.__new__(CommandsService),
            latest=LatestService.__new__(LatestService),
            jobs=FakeJobs(self),
            demand=FakeDemand(self),
            forecasts=FakeForecasts(self),
            issuing=Issuing.__new__(Issuing),
            judging=Judging.__new__(Judging),
            telemetry=TelemetryService.__new__(TelemetryService),
            housekeeping=HousekeepingService.__new__(HousekeepingService),
            occasions=fake_occasions(self, sites),
            sales=fake_sales(self, sites),
            suppliers=suppliers,
            orders=fake_orders(self, sites, stock, suppliers, counts),
            counts=counts,
        )

    def find(self, slot_id: str) -> SlotStock:
        return next(place for shelf in self.shelves for place in shelf.slots if place.slot_id == slot_id)

    def set_slot(self, slot_id: str, **changes: object) -> SlotStock:
        new = replace(self.find(slot_id), measured_at=self.clock.now(), **changes)
        self.shelves = [
            replace(shelf, slots=tuple(new if place.slot_id == slot_id else place for place in shelf.slots))
            for shelf in self.shelves
        ]
        return new

    def pour(self, slot_id: str, volume_ml: float, movement_id: str) -> MovementLine:
        """Pour out of a standing bottle: level, log and the day's sums follow."""
        old = self.find(slot_id)
        left_ml = (old.on_hand_ml or 0.0) - volume_ml
        new = self.set_slot(slot_id, on_hand_ml=left_ml, fill_level=left_ml / (old.bottle_volume_ml or 1.0))
        shelf_name = next(shelf.name for shelf in self.shelves if new in shelf.slots)
        line = pour(
            movement_id=movement_id,
            at=self.clock.now(),
            slot_id=slot_id,
            product_id=old.product_id,
            product_name=old.product_name,
            shelf_name=shelf_name,
            volume_ml=volume_ml,
        )
        self.lines.insert(0, line)
        self.summary = replace(
            self.summary, poured_ml=self.summary.poured_ml + volume_ml, pours=self.summary.pours + 1
        )
        return line


class FakeDemand:
    """Days of demand, whatever product is asked for."""

    def __init__(self, bar: FakeBar) -> None:
        self._bar = bar

    async def days(self, site_id, product_id=None, since_on=None, limit=500):
        return [day for day in self._bar.demand if product_id in (None, day.product_id)][:limit]


class FakeJobs:
    """Jobs of the site, newest first."""

    def __init__(self, bar: FakeBar) -> None:
        self._bar = bar

    async def jobs(self, site_id, limit=20):
        return self._bar.jobs[:limit]

    async def workers(self):
        return self._bar.workers


class FakeForecasts:
    """Issued forecasts and how they did."""

    def __init__(self, bar: FakeBar) -> None:
        self._bar = bar

    async def latest(self, site_id, product_ids=None):
        return [each for each in self._bar.forecasts if product_ids is None or each.product_id in product_ids]

    async def accuracy(self, site_id):
        return self._bar.accuracy

    async def newest(self, site_id):
        found = self._bar.forecasts
        return NewestRun(found[0].run, found[0].stale) if found else None

    async def retrain(self, site_id):
        return self._ask("forecast")

    async def compare(self, site_id):
        return self._ask("compare methods")

    def _ask(self, task):
        number = 1 + max((job.number for job in self._bar.jobs), default=0)
        self._bar.jobs.insert(
            0, JobState(number, task, "forecasts", "corner-bar", "waiting", 0, "", 0, 0, None, None)
        )
        return number


class FakeSites(SitesService):
    def __init__(self, bar: FakeBar) -> None:
        self.bar = bar

    async def sites(self) -> list[SiteSummary]:
        return [self.bar.site] if self.bar.site else []

    async def site(self, site_id: str) -> SiteSummary:
        if self.bar.site is None or self.bar.site.site_id != site_id:
            raise NotFound(f"There is no site {site_id}.")
        return self.bar.site

    async def day(self, site_id: str, now: datetime) -> BusinessDay:
        site = await self.site(site_id)
        return business_day(now, site.timezone, site.day_ends_at)


class FakeStock(StockService):
    def __init__(self, bar: FakeBar) -> None:
        self.bar = bar

    async def shelves(self, site_id: str) -> list[ShelfStock]:
        self.bar.reads += 1
        return self.bar.shelves

    async def slots(self, site_id: str, slot_ids: Sequence[str]) -> list[SlotStock]:
        return [place for shelf in self.bar.shelves for place in shelf.slots if place.slot_id in slot_ids]

    async def products(self, site_id: str) -> list[ProductStock]:
        places: dict[str, list[SlotStock]] = {}
        for place in (place for shelf in self.bar.shelves for place in shelf.slots):
            if place.product_id:
                places.setdefault(place.product_id, []).append(place)
        return sorted((_sum(slots) for slots in places.values()), key=lambda item: item.name)


def _sum(slots: list[SlotStock]) -> ProductStock:
    first, on_hand = slots[0], sum(place.on_hand_ml or 0.0 for place in slots)
    measured = [place.measured_at for place in slots if place.measured_at]
    return product(
        product_id=first.product_id,
        name=first.product_name,
        category=first.category,
        liquid=first.liquid,
        bottle_volume_ml=first.bottle_volume_ml,
        on_hand_ml=on_hand,
        bottles=on_hand / (first.bottle_volume_ml or 1),
        par_bottles=first.par_bottles,
        slots=tuple(place.slot_id for place in slots),
        poured_today_ml=float(len(first.product_name or "") * 17 % 400),
        measured_at=min(measured, default=None),
    )


class FakeMovements(MovementsService):
    def __init__(self, bar: FakeBar) -> None:
        self.bar = bar

    async def recent(self, site_id: str, limit: int, before: datetime | None = None) -> list[MovementLine]:
        return self.bar.lines[:limit]

    async def today(self, site_id: str, now: datetime) -> DaySummary:
        return self.bar.summary


class FakeGateways(GatewaysService):
    def __init__(self, bar: FakeBar) -> None:
        self.bar = bar

    async def gateways(self, site_id: str) -> list[GatewayState]:
        return self.bar.gateways


_LEVELS = (0.82, 0.41, 0.66, 0.93, 0.18, 0.74, 0.55, 0.35, 0.61, 0.88, 0.27, 0.49)


def corner_bar(clock: FakeClock | None = None) -> FakeBar:
    """The bar of the demo on a Friday night: every bottle at some level, a few in trouble."""
    clock = clock or FakeClock()
    layout = SiteLayout.model_validate(tomllib.loads(CORNER_BAR.read_text("utf-8")))
    products = {item.id: item for item in layout.products}
    names = {item.id: item.name for item in layout.gateways}
    shelves, count = [], 0
    for drawn in layout.shelves:
        slots = []
        for position, place in enumerate(drawn.slots, start=1):
            item, level = products[place.product or ""], _LEVELS[count % len(_LEVELS)]
            count += 1
            slots.append(
                slot(
                    slot_id=place.id,
                    shelf_id=drawn.id,
                    position=position,
                    scale_id=place.scale,
                    product_id=item.id,
                    product_name=item.name,
                    category=item.category.value,
                    liquid=item.liquid.value,
                    bottle_volume_ml=item.volume_ml,
                    on_hand_ml=item.volume_ml * level,
                    on_hand_sigma_ml=4.0,
                    fill_level=level,
                    fill_level_sigma=4 / item.volume_ml,
                    par_bottles=item.par_bottles,
                    gateway_id=drawn.gateway,
                    measured_at=clock.now() - timedelta(seconds=7 * position),
                )
            )
        shelves.append(
            shelf(
                *slots,
                shelf_id=drawn.id,
                name=drawn.name,
                location=drawn.location,
                gateway_id=drawn.gateway,
                gateway_name=names[drawn.gateway],
                gateway_seen_at=clock.now() - timedelta(seconds=9),
            )
        )
    bar = FakeBar(clock=clock, shelves=shelves)
    bar.gateways = [
        gateway(gateway_id=key, name=name, seen_at=clock.now() - timedelta(seconds=9))
        for key, name in names.items()
    ]
    return bar


def busy_corner_bar(clock: FakeClock | None = None) -> FakeBar:
    """corner_bar with a bottle out, one in the hand, one on a stuck scale, and a log with doubts."""
    bar = corner_bar(clock)
    now = bar.clock.now()
    bar.set_slot("middle-2", on_hand_ml=8.0, fill_level=8 / 700)
    bar.set_slot("top-7", presence="in_hand", quality="in_hand")
    bar.set_slot("speed-4", presence="absent", on_hand_ml=None, fill_level=None, weight_g=0.4)
    bar.set_slot("middle-6", quality="stuck", fill_level_sigma=0.09)
    poured = (
        ("middle-1", 42.0, 12),
        ("speed-2", 40.0, 31),
        ("top-2", 51.0, 58),
        ("speed-1", 39.0, 95),
        ("middle-3", 22.0, 130),
        ("top-8", 41.0, 171),
        ("speed-6", 148.0, 214),
        ("middle-5", 58.0, 260),
    )
    for index, (slot_id, ml, ago_s) in enumerate(poured):
        place = bar.find(slot_id)
        bar.lines.append(
            pour(
                movement_id=f"{index:032x}",
                at=now - timedelta(seconds=ago_s),
                slot_id=slot_id,
                product_id=place.product_id,
                product_name=place.product_name,
                volume_ml=ml,
                shelf_name=next(item.name for item in bar.shelves if place in item.slots),
            )
        )
    bar.lines[2] = replace(bar.lines[2], slot_probability=0.62)
    bar.lines[4] = replace(bar.lines[4], doubts=("The scale was bumped.",))
    bar.lines[5] = replace(bar.lines[5], kind="restock", volume_ml=700.0)
    return bar
