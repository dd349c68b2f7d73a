"""Builds the application: every object once, handed down; opened and closed with the process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import cloud.catalogue.routes
import cloud.forecasts.routes
import cloud.gateways.routes
import cloud.health
import cloud.jobs.routes
import cloud.movements.routes
import cloud.readings.routes
import cloud.sites.routes
import cloud.stock.routes
from cloud.assembly import build_services, open_database
from cloud.clock import Clock
from cloud.dashboard.mount import live_pages, mount_pages
from cloud.problem_responses import add_problem_handlers
from cloud.settings import Settings

ROUTERS = (
    cloud.health.router,
    cloud.readings.routes.router,
    cloud.gateways.routes.router,
    cloud.sites.routes.router,
    cloud.catalogue.routes.router,
    cloud.stock.routes.router,
    cloud.movements.routes.router,
    cloud.jobs.routes.router,
    cloud.forecasts.routes.router,
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
