"""Forecasts over HTTP."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, status

from cloud.demand.schemas import DemandDay
from cloud.demand.service import MAX_LISTED
from cloud.forecasts.schemas import Accuracy, Distribution, IssuedForecast
from cloud.forecasts.windows import MAX_WINDOW_DAYS, window
from cloud.problems import Malformed
from cloud.requests import ServicesOf

router = APIRouter(prefix="/api/v1/forecasts", tags=["forecasts"])


@router.get("/{site_id}")
async def latest(site_id: str, services: ServicesOf) -> list[IssuedForecast]:
    """The newest issued forecast of each product."""
    return await services.forecasts.latest(site_id)


@router.get("/{site_id}/demand")
async def demand(
    site_id: str,
    services: ServicesOf,
    product: str | None = None,
    since: date | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = 500,
) -> list[DemandDay]:
    """Demand day by day, newest first."""
    return await services.demand.days(site_id, product, since, limit)


@router.get("/{site_id}/accuracy")
async def accuracy(site_id: str, services: ServicesOf) -> Accuracy:
    """How far the forecasts can be believed: what came of them, and how the methods compare."""
    return await services.forecasts.accuracy(site_id)


@router.post("/{site_id}/retrain", status_code=status.HTTP_202_ACCEPTED)
async def retrain(site_id: str, services: ServicesOf) -> dict[str, Any]:
    """Count demand and make new forecasts now; the job says how far it is."""
    number = await services.forecasts.retrain(site_id)
    return {"job": asdict(await services.jobs.job(number))}


@router.post("/{site_id}/compare", status_code=status.HTTP_202_ACCEPTED)
async def compare(site_id: str, services: ServicesOf) -> dict[str, Any]:
    """Try every method on the site's own past and choose; the job says how far it is."""
    number = await services.forecasts.compare(site_id)
    return {"job": asdict(await services.jobs.job(number))}


@router.get("/{site_id}/products/{product_id}")
async def product(site_id: str, product_id: str, services: ServicesOf) -> IssuedForecast:
    """The newest issued forecast of one product."""
    return await services.forecasts.latest_of(site_id, product_id)


@router.get("/{site_id}/products/{product_id}/window")
async def window_of(
    site_id: str,
    product_id: str,
    services: ServicesOf,
    first: date,
    days: Annotated[int, Query(ge=1, le=MAX_WINDOW_DAYS)],
) -> Distribution:
    """How the sum over a run of days is distributed."""
    forecast = await services.forecasts.latest_of(site_id, product_id)
    try:
        return window(forecast, first, days)
    except ValueError as error:
        raise Malformed(str(error)) from None
