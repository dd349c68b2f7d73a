"""A bar in memory that answers like the services: the demo's layout and a hand on its bottles."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from cloud.catalogue.schemas import Levels, ProductEntry
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
from cloud.problems import NoSuchSite
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
from tests.unit.cloud.dashboard.fake_desk import fake_catalogue, fake_occasions, fake_sales
from tests.unit.cloud.dashboard.fake_orders import FakeSuppliers, fake_counts, fake_orders
from tests.unit.cloud.dashboard.figures import NOW, SITE, day, pour, product


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
    levels: dict[str, Levels] = field(default_factory=dict)

    def entries(self) -> list[ProductEntry]:
        """The catalogue of what stands on the shelves."""
        places = [place for shelf in self.shelves for place in shelf.slots if place.product_id]
        return [self._entry(place) for place in {place.product_id: place for place in places}.values()]

    def _entry(self, place: SlotStock) -> ProductEntry:
        said = self.levels.get(place.product_id, Levels())
        return ProductEntry(
            product_id=place.product_id,
            name=place.product_name,
            category=place.category,
            liquid=place.liquid,
            volume_ml=700.0,
            tare_weight_g=505.0,
            density_g_per_ml=1.0,
            par_bottles=self.par_of(place),
            par_by_hand=said.par_bottles,
            at_least_bottles=said.at_least_bottles,
        )

    def par_of(self, place: SlotStock) -> float | None:
        """The manager's par, else the layout's."""
        by_hand = self.levels.get(place.product_id, Levels()).par_bottles
        return place.par_bottles if by_hand is None else by_hand

    def services(self) -> Services:
        sites, stock, suppliers = FakeSites(self), FakeStock(self), FakeSuppliers(self)
        catalogue = fake_catalogue(self)
        counts = fake_counts(self, sites, catalogue)
        return Services(
            sites=sites,
            catalogue=catalogue,
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
            orders=fake_orders(
                self, sites=sites, stock=stock, suppliers=suppliers, counts=counts, catalogue=catalogue
            ),
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
            raise NoSuchSite(f"There is no site {site_id}.")
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
        sums = [_sum(slots, self.bar.par_of(slots[0])) for slots in places.values()]
        return sorted(sums, key=lambda item: item.name)


def _sum(slots: list[SlotStock], par_bottles: float | None) -> ProductStock:
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
        par_bottles=par_bottles,
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
