"""Builds the application: every object once, handed down; opened and closed with the process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import cloud.catalogue.routes
import cloud.commands.routes
import cloud.counts.routes
import cloud.forecasts.routes
import cloud.gateways.routes
import cloud.health
import cloud.identity.routes
import cloud.jobs.routes
import cloud.movements.routes
import cloud.occasions.routes
import cloud.orders.routes
import cloud.readings.routes
import cloud.sales.routes
import cloud.sites.routes
import cloud.stock.routes
import cloud.suppliers.routes
import cloud.telemetry.routes
from cloud.assembly import build_services, open_database
from cloud.clock import Clock
from cloud.commands.door import GatewayDoor
from cloud.dashboard.mount import live_pages, mount_pages
from cloud.gateways.layout_door import LayoutDoor
from cloud.identity.answers import SignedAnswers
from cloud.problem_responses import add_problem_handlers
from cloud.settings import Settings

ROUTERS = (
    cloud.health.router,
    cloud.readings.routes.router,
    cloud.gateways.routes.router,
    cloud.identity.routes.router,
    cloud.commands.routes.router,
    cloud.sites.routes.router,
    cloud.catalogue.routes.router,
    cloud.stock.routes.router,
    cloud.movements.routes.router,
    cloud.jobs.routes.router,
    cloud.forecasts.routes.router,
    cloud.telemetry.routes.router,
    cloud.occasions.routes.router,
    cloud.sales.routes.router,
    cloud.suppliers.routes.router,
    cloud.orders.routes.router,
    cloud.counts.routes.router,
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
    app.state.doors = [LayoutDoor(app.state.services.gateways), GatewayDoor(app.state.services)]
    app.state.public_url = settings.public_url
    app.add_middleware(SignedAnswers, sign=app.state.services.identity.sign_answer)
    add_problem_handlers(app)
    for router in ROUTERS:
        app.include_router(router)
    mount_pages(app)
    return app
