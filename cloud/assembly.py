"""Builds the services on one database: for the application, and for commands that need no web server."""

from datetime import timedelta

from cloud.catalogue.repo import CatalogueRepo
from cloud.catalogue.service import CatalogueService
from cloud.clock import Clock
from cloud.commands.repo import CommandsRepo
from cloud.commands.service import CommandsService
from cloud.counts.repo import CountsRepo
from cloud.counts.service import CountsService
from cloud.db.pool import Database
from cloud.demand.repo import DemandRepo
from cloud.demand.service import DemandService
from cloud.forecasts.issuing import Issuing
from cloud.forecasts.judging import Judging
from cloud.forecasts.repo import ForecastsRepo
from cloud.forecasts.service import ForecastsService
from cloud.forecasts.tasks import forecast_tasks
from cloud.gateways.repo import GatewaysRepo
from cloud.gateways.service import GatewaysService
from cloud.housekeeping.repo import HousekeepingRepo
from cloud.housekeeping.service import HousekeepingService
from cloud.housekeeping.tasks import housekeeping_task
from cloud.identity.certificates import fingerprint_of
from cloud.identity.repo import IdentityRepo
from cloud.identity.service import IdentityService
from cloud.jobs.repo import JobsRepo
from cloud.jobs.schemas import HouseTask, SiteTask
from cloud.jobs.service import JobsService
from cloud.movements.repo import MovementsRepo
from cloud.movements.service import MovementsService
from cloud.occasions.repo import OccasionsRepo
from cloud.occasions.service import OccasionsService
from cloud.orders.repo import OrdersRepo
from cloud.orders.service import OrdersService
from cloud.orders.tasks import order_tasks, then_order
from cloud.readings.admission import Admission
from cloud.readings.latest import LatestService
from cloud.readings.repo import ReadingsRepo
from cloud.readings.service import ReadingsService
from cloud.readings.teller import Teller
from cloud.sales.repo import SalesRepo
from cloud.sales.service import SalesService
from cloud.services import Services
from cloud.settings import Settings
from cloud.sites.repo import SitesRepo
from cloud.sites.service import SitesService
from cloud.stock.repo import StockRepo
from cloud.stock.service import StockService
from cloud.suppliers.repo import SuppliersRepo
from cloud.suppliers.service import SuppliersService
from cloud.telemetry.repo import TelemetryRepo
from cloud.telemetry.service import TelemetryService


def open_database(settings: Settings) -> Database:
    """Return the database of the settings, its pool not yet open."""
    return Database(
        settings.database_url.get_secret_value(),
        min_size=settings.pool_min_size,
        max_size=settings.pool_max_size,
        wait_s=settings.pool_wait_s,
        statement_timeout_s=settings.statement_timeout_s,
        connect_timeout_s=settings.connect_timeout_s,
    )


def build_services(settings: Settings, database: Database, clock: Clock) -> Services:
    """Build every service on one database."""
    sites = SitesService(SitesRepo(database), clock)
    catalogue = CatalogueService(CatalogueRepo(database))
    movements = MovementsService(MovementsRepo(database), sites)
    stock = StockService(StockRepo(database), catalogue, movements, clock)
    gateways = GatewaysService(
        GatewaysRepo(database),
        clock,
        cache_s=settings.gateway_cache_s,
        cache_size=settings.gateway_cache_size,
    )
    readings_repo = ReadingsRepo(database, settings.quarantine_rows)
    teller = Teller(readings_repo.notify)
    latest = LatestService(database, gateways=gateways, stock=stock, clock=clock, teller=teller)
    readings = ReadingsService(
        database,
        readings_repo,
        teller=teller,
        gateways=gateways,
        stock=stock,
        movements=movements,
        clock=clock,
        admission=Admission(
            settings.max_ingests,
            settings.max_waiting,
            settings.ingest_wait_s,
            now_s=clock.monotonic_s,
        ),
        max_writers=settings.max_writers,
    )
    identity = IdentityService(
        database,
        IdentityRepo(database),
        gateways=gateways,
        sites=sites,
        clock=clock,
        certificate=fingerprint_of(settings.tls_cert_file) if settings.tls_cert_file else None,
    )
    commands = CommandsService(CommandsRepo(database), gateways)
    jobs = JobsService(database, JobsRepo(database), sites, clock)
    demand = DemandService(database, DemandRepo(database), sites, clock)
    issued = ForecastsRepo(database)
    forecasts = ForecastsService(issued, sites, jobs, clock)
    housekeeping = HousekeepingService(
        HousekeepingRepo(database),
        clock,
        readings_kept=timedelta(days=settings.readings_kept_days),
        health_kept=timedelta(days=settings.health_kept_days),
    )
    telemetry = TelemetryService(TelemetryRepo(database))
    occasions = OccasionsService(OccasionsRepo(database), sites, clock, settings.weather_url)
    issuing = Issuing(database, issued, sites=sites, demand=demand, occasions=occasions, clock=clock)
    judging = Judging(issued, sites=sites, demand=demand, occasions=occasions, clock=clock)
    sales = SalesService(
        database, SalesRepo(database), sites=sites, catalogue=catalogue, demand=demand, clock=clock
    )
    suppliers = SuppliersService(database, SuppliersRepo(database), sites, catalogue, clock)
    counts = CountsService(CountsRepo(database), sites, catalogue, clock)
    orders = OrdersService(
        database,
        OrdersRepo(database),
        sites=sites,
        stock=stock,
        forecasts=forecasts,
        suppliers=suppliers,
        counts=counts,
        catalogue=catalogue,
        jobs=jobs,
        clock=clock,
    )
    return Services(
        sites=sites,
        catalogue=catalogue,
        stock=stock,
        movements=movements,
        gateways=gateways,
        readings=readings,
        identity=identity,
        commands=commands,
        latest=latest,
        jobs=jobs,
        demand=demand,
        forecasts=forecasts,
        issuing=issuing,
        judging=judging,
        telemetry=telemetry,
        housekeeping=housekeeping,
        occasions=occasions,
        sales=sales,
        suppliers=suppliers,
        orders=orders,
        counts=counts,
    )


def build_tasks(services: Services) -> list[SiteTask]:
    """What workers do: the tasks of every feature that has some."""
    return [*then_order(forecast_tasks(services), services), *order_tasks(services)]


def build_house_tasks(services: Services) -> list[HouseTask]:
    """What workers do for all sites together."""
    return [housekeeping_task(services.housekeeping)]
