"""The services of one cloud process, built once in cloud.app and handed down: request.app.state.services."""

from dataclasses import dataclass

from cloud.catalogue.service import CatalogueService
from cloud.commands.service import CommandsService
from cloud.counts.service import CountsService
from cloud.demand.service import DemandService
from cloud.forecasts.issuing import Issuing
from cloud.forecasts.judging import Judging
from cloud.forecasts.service import ForecastsService
from cloud.gateways.service import GatewaysService
from cloud.housekeeping.service import HousekeepingService
from cloud.identity.service import IdentityService
from cloud.jobs.service import JobsService
from cloud.movements.service import MovementsService
from cloud.occasions.service import OccasionsService
from cloud.orders.service import OrdersService
from cloud.readings.latest import LatestService
from cloud.readings.service import ReadingsService
from cloud.sales.service import SalesService
from cloud.sites.service import SitesService
from cloud.stock.service import StockService
from cloud.suppliers.service import SuppliersService
from cloud.telemetry.service import TelemetryService


@dataclass(frozen=True, slots=True)
class Services:
    """One of each; they hold no state between requests but caches that may be lost."""

    sites: SitesService
    catalogue: CatalogueService
    stock: StockService
    movements: MovementsService
    gateways: GatewaysService
    readings: ReadingsService
    identity: IdentityService
    commands: CommandsService
    latest: LatestService
    jobs: JobsService
    demand: DemandService
    forecasts: ForecastsService
    issuing: Issuing
    judging: Judging
    telemetry: TelemetryService
    housekeeping: HousekeepingService
    occasions: OccasionsService
    sales: SalesService
    suppliers: SuppliersService
    orders: OrdersService
    counts: CountsService
