"""The services of one cloud process, built once in cloud.app and handed down: request.app.state.services."""

from dataclasses import dataclass

from cloud.catalogue.service import CatalogueService
from cloud.demand.service import DemandService
from cloud.forecasts.issuing import Issuing
from cloud.forecasts.judging import Judging
from cloud.forecasts.service import ForecastsService
from cloud.gateways.service import GatewaysService
from cloud.jobs.service import JobsService
from cloud.movements.service import MovementsService
from cloud.readings.service import ReadingsService
from cloud.sites.service import SitesService
from cloud.stock.service import StockService


@dataclass(frozen=True, slots=True)
class Services:
    """One of each; they hold no state between requests but caches that may be lost."""

    sites: SitesService
    catalogue: CatalogueService
    stock: StockService
    movements: MovementsService
    gateways: GatewaysService
    readings: ReadingsService
    jobs: JobsService
    demand: DemandService
    forecasts: ForecastsService
    issuing: Issuing
    judging: Judging
