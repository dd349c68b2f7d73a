"""Order plans over HTTP."""

from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from cloud.ordering.inputs import OrderSettings
from cloud.ordering.lateness import Lateness
from cloud.ordering.product_figures import ProductFigures
from cloud.ordering.suggested import ChangedCost, Suggestion
from cloud.orders.schemas import ApprovedOrder, KeptPlan
from cloud.problems import NotFound
from cloud.requests import ServicesOf

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])
SiteName = Annotated[str, Query(max_length=63, description="the site's name")]
MAX_LINES = 5_000


@dataclass(frozen=True, slots=True)
class ByHand:
    """Cases by line key, for lines that are not as suggested."""

    cases: Annotated[dict[str, int], Field(max_length=MAX_LINES)] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Came:
    """The day an order came, or none."""

    on: date | None = None


@router.get("/suggestions")
async def suggestions(site: SiteName, services: ServicesOf) -> KeptPlan:
    """The newest plan: per supplier and cut-off what to order and why, against par."""
    kept = await services.orders.latest(site)
    if kept is None:
        raise NotFound(f"there is no plan for {site!r} yet; ask for one with POST /api/v1/orders/suggestions")
    return kept


@router.post("/suggestions", status_code=201)
async def make(site: SiteName, services: ServicesOf) -> KeptPlan:
    """Plan now from what is known now."""
    return await services.orders.make(site)


@router.post("/suggestions/queued", status_code=202)
async def queue(site: SiteName, services: ServicesOf) -> dict[str, int]:
    """Let a worker plan; the answer is the number of its job."""
    return {"job": await services.orders.ask_for(site)}


@router.get("/suggestions/{plan_no}/what-if")
async def what_if(
    site: SiteName,
    plan_no: int,
    services: ServicesOf,
    *,
    budget: Annotated[float | None, Query(ge=0, description="money for each week")] = None,
    service: Annotated[float, Query(gt=0, le=100, description="how much more a lost sale weighs")] = 1.0,
    closed: Annotated[list[str] | None, Query(max_length=40, description="suppliers that are closed")] = None,
) -> Suggestion:
    """The plan under a question; nothing is kept."""
    return await services.orders.ask(
        site, plan_no, weekly_budget=budget, service_factor=service, closed=tuple(closed or ())
    )


@router.post("/suggestions/{plan_no}/cost")
async def cost(site: SiteName, plan_no: int, by_hand: ByHand, services: ServicesOf) -> ChangedCost:
    """What quantities set by hand cost against the plan."""
    return await services.orders.recost(site, plan_no, by_hand.cases)


@router.post("/suggestions/{plan_no}/orders/{delivery}/approval", status_code=201)
async def approve(
    site: SiteName, plan_no: int, delivery: int, by_hand: ByHand, services: ServicesOf
) -> ApprovedOrder:
    """Approve one order of the plan; its bottles count as coming from now on."""
    return await services.orders.approve(site, plan_no, delivery, by_hand.cases)


@router.delete("/suggestions/{plan_no}/orders/{delivery}/approval", status_code=204)
async def withdraw(site: SiteName, plan_no: int, delivery: int, services: ServicesOf) -> None:
    """Take an approval back."""
    await services.orders.withdraw(site, plan_no, delivery)


@router.get("/figures")
async def figures(site: SiteName, services: ServicesOf) -> tuple[ProductFigures, ...]:
    """Of each product its class, order point, par and the other classic figures, to check a plan against."""
    return await services.orders.figures(site)


@router.get("/settings")
async def settings(site: SiteName, services: ServicesOf) -> OrderSettings:
    """How a site orders: days ahead, weekly budget, storage, what holding and missing a bottle cost."""
    return await services.orders.settings(site)


@router.put("/settings", status_code=204)
async def set_settings(site: SiteName, wanted: OrderSettings, services: ServicesOf) -> None:
    """Set how a site orders; the next plan follows."""
    await services.orders.set_settings(site, wanted)


@router.put("/approved/{order_no}/came", status_code=204)
async def came(site: SiteName, order_no: int, said: Came, services: ServicesOf) -> None:
    """Note the day an order came; without a day it has not come. Suppliers are judged by it."""
    await services.orders.came(site, order_no, said.on)


@router.get("/lateness")
async def lateness(site: SiteName, services: ServicesOf) -> dict[str, Lateness]:
    """How late each supplier comes, from deliveries seen and from what was entered by hand."""
    return await services.orders.lateness(site)


@router.get("/approved")
async def approved(site: SiteName, services: ServicesOf) -> list[ApprovedOrder]:
    """The newest approved orders, newest first."""
    return await services.orders.approved(site)
