"""Builds the services on one database: for the application, and for commands that need no web server."""

from cloud.catalogue.repo import CatalogueRepo
from cloud.catalogue.service import CatalogueService
from cloud.clock import Clock
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
from cloud.jobs.repo import JobsRepo
from cloud.jobs.schemas import SiteTask
from cloud.jobs.service import JobsService
from cloud.movements.repo import MovementsRepo
from cloud.movements.service import MovementsService
from cloud.readings.repo import ReadingsRepo
from cloud.readings.service import ReadingsService
from cloud.services import Services
from cloud.settings import Settings
from cloud.sites.repo import SitesRepo
from cloud.sites.service import SitesService
from cloud.stock.repo import StockRepo
from cloud.stock.service import StockService


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
    readings = ReadingsService(
        database,
        ReadingsRepo(settings.quarantine_rows),
        gateways=gateways,
        stock=stock,
        movements=movements,
        clock=clock,
        max_ingests=settings.max_ingests,
        max_writers=settings.max_writers,
    )
    jobs = JobsService(database, JobsRepo(database), sites, clock)
    demand = DemandService(database, DemandRepo(database), sites, clock)
    issued = ForecastsRepo(database)
    forecasts = ForecastsService(issued, sites, jobs, clock)
    issuing = Issuing(database, issued, sites, demand, clock)
    judging = Judging(issued, sites, demand, clock)
    return Services(
        sites, catalogue, stock, movements, gateways, readings, jobs, demand, forecasts, issuing, judging
    )


def build_tasks(services: Services) -> list[SiteTask]:
    """What workers do: the tasks of every feature that has some."""
    return [*forecast_tasks(services)]
