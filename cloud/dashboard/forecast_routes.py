"""The page of forecasts: what workers do right now, which method is in use and why, how it did."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from cloud.dashboard import forecast_words
from cloud.dashboard.forms import must_be_ours
from cloud.dashboard.pages import site_values
from cloud.dashboard.routes import PageRoute, draw_page
from cloud.services import Services
from cloud.sites.schemas import SiteSummary

router = APIRouter(include_in_schema=False, route_class=PageRoute)
LOOKED_AT = 40


@router.get("/{site_id}/forecasts")
async def forecasts(request: Request, site_id: str) -> Response:
    """How forecasts are made here, and how far they can be believed."""
    services = _services(request)
    site = await services.sites.site(site_id)
    accuracy = await services.forecasts.accuracy(site_id)
    newest = await services.forecasts.newest(site_id)
    values = await _jobs(request, site) | {
        "newest": newest,
        "accuracy": accuracy,
        "scores": forecast_words.score_lines(accuracy.champion),
        "held": forecast_words.held(accuracy),
        "missed": forecast_words.missed,
        "names": {each.product_id: each.name for each in await services.catalogue.products(site_id)},
    }
    return draw_page(request, "forecasts.html", values, request.app.state.clock.now())


@router.get("/{site_id}/forecasts/jobs")
async def jobs_alone(request: Request, site_id: str) -> Response:
    """The jobs alone: the page asks for them while it is open."""
    site = await _services(request).sites.site(site_id)
    return draw_page(request, "forecast_jobs.html", await _jobs(request, site), request.app.state.clock.now())


@router.post("/{site_id}/forecasts/now")
async def forecast_now(request: Request, site_id: str) -> Response:
    """Count demand and make new forecasts; a worker does it."""
    must_be_ours(request)
    return await _asked(request, site_id, is_comparison=False)


@router.post("/{site_id}/forecasts/compare")
async def compare_now(request: Request, site_id: str) -> Response:
    """Try every method on the site's own past; a worker does it."""
    must_be_ours(request)
    return await _asked(request, site_id, is_comparison=True)


async def _asked(request: Request, site_id: str, *, is_comparison: bool) -> Response:
    service = _services(request).forecasts
    await (service.compare if is_comparison else service.retrain)(site_id)
    return RedirectResponse(f"/{site_id}/forecasts", status_code=303)


async def _jobs(request: Request, site: SiteSummary) -> dict[str, object]:
    jobs = _services(request).jobs
    active, finished = forecast_words.job_lines(await jobs.jobs(site.site_id, LOOKED_AT))
    has_no_worker = any(line.job.status == "waiting" for line in active) and not await jobs.workers()
    return site_values(request, site, "more") | {
        "active": active,
        "finished": finished,
        "has_no_worker": has_no_worker,
    }


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services
