"""Puts the pages and their live stream into the application; called by cloud.app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from cloud.dashboard import devices
from cloud.dashboard.bundle import Bundle, BundleMissingError
from cloud.dashboard.count_routes import router as count_pages
from cloud.dashboard.forecast_routes import router as forecast_pages
from cloud.dashboard.fragments import Fragments, template_environment
from cloud.dashboard.live_site import LiveSite
from cloud.dashboard.occasion_routes import router as occasion_pages
from cloud.dashboard.order_routes import router as order_pages
from cloud.dashboard.order_settings_routes import router as order_settings_pages
from cloud.dashboard.pars_routes import router as pars_pages
from cloud.dashboard.routes import router as pages
from cloud.dashboard.sales_routes import router as sales_pages
from cloud.dashboard.supplier_routes import router as supplier_pages
from cloud.live.feed import Feed
from cloud.live.hub import Hub
from cloud.live.routes import router as stream


def mount_pages(app: FastAPI) -> None:
    """Add the pages, the files and the event stream.

    They read app.state.services and app.state.clock at each request, and app.state.hub, which is made here.
    """
    app.state.fragments = Fragments(template_environment())
    app.state.bundle = _bundle()
    app.state.hub = Hub()
    app.include_router(stream)
    app.include_router(pages)
    app.include_router(devices.router)
    app.include_router(order_settings_pages)
    app.include_router(order_pages)
    app.include_router(count_pages)
    app.include_router(pars_pages)
    app.include_router(supplier_pages)
    app.include_router(sales_pages)
    app.include_router(occasion_pages)
    app.include_router(forecast_pages)


@asynccontextmanager
async def live_pages(app: FastAPI, database_url: str) -> AsyncIterator[None]:
    """Keep the pages of this process live while inside; to be entered once app.state.services is there."""
    async with drawn_live(app), Feed(database_url, app.state.hub, app.state.doors).running():
        yield


@asynccontextmanager
async def drawn_live(app: FastAPI) -> AsyncIterator[None]:
    """As live_pages, but without a feed: someone else tells app.state.hub what changed (tests)."""
    state = app.state
    async with state.hub.running(LiveSite(state.services, state.clock.now, state.fragments)):
        yield


def _bundle() -> Bundle | None:
    try:
        return Bundle.load()
    except BundleMissingError:
        return None
