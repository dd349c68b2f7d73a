"""Builds the application: every object once, handed down; opened and closed with the process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import cloud.catalogue.routes
import cloud.gateways.routes
import cloud.health
import cloud.movements.routes
import cloud.readings.routes
import cloud.sites.routes
import cloud.stock.routes
from cloud.catalogue.repo import CatalogueRepo
from cloud.catalogue.service import CatalogueService
from cloud.clock import Clock
from cloud.dashboard.mount import live_pages, mount_pages
from cloud.db.pool import Database
from cloud.gateways.repo import GatewaysRepo
from cloud.gateways.service import GatewaysService
from cloud.movements.repo import MovementsRepo
from cloud.movements.service import MovementsService
from cloud.problem_responses import add_problem_handlers
from cloud.readings.repo import ReadingsRepo
from cloud.readings.service import ReadingsService
from cloud.services import Services
from cloud.settings import Settings
from cloud.sites.repo import SitesRepo
from cloud.sites.service import SitesService
from cloud.stock.repo import StockRepo
from cloud.stock.service import StockService

ROUTERS = (
    cloud.health.router,
    cloud.readings.routes.router,
    cloud.gateways.routes.router,
    cloud.sites.routes.router,
    cloud.catalogue.routes.router,
    cloud.stock.routes.router,
    cloud.movements.routes.router,
)


def create_app(settings: Settings) -> FastAPI:
    """Return the application; its lifespan opens the database's pool and does not wait for it."""
    clock = Clock(settings.bartime)
    database = open_database(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await database.open()
        try:
            async with live_pages(app, settings.database_url.get_secret_value()):
                yield
        finally:
            await database.close()

    app = FastAPI(title="Barback", lifespan=lifespan, docs_url="/api/docs", redoc_url=None)
    app.state.clock = clock
    app.state.database = database
    app.state.services = build_services(settings, database, clock)
    add_problem_handlers(app)
    for router in ROUTERS:
        app.include_router(router)
    mount_pages(app)
    return app


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
    return Services(sites, catalogue, stock, movements, gateways, readings)
