"""Rules of order plans: made from what the cloud knows, kept with it, repeated, asked, approved.

The solver is loaded with the first plan: a process that plans nothing does not pay for it.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from cloud.catalogue.service import CatalogueService
from cloud.clock import Clock
from cloud.counts.service import CountsService
from cloud.db.pool import Database
from cloud.forecasts.service import ForecastsService
from cloud.jobs.schemas import TaskName
from cloud.jobs.service import JobsService
from cloud.ordering.inputs import Inputs, OrderSettings
from cloud.ordering.inputs_json import packed, unpacked
from cloud.ordering.lateness import Lateness, lateness_of
from cloud.ordering.product_figures import ProductFigures, figures_of
from cloud.ordering.suggested import ChangedCost, SuggestedOrder, Suggestion
from cloud.orders.repo import OrdersRepo
from cloud.orders.schemas import ApprovedOrder, KeptPlan, Repeated
from cloud.orders.settings_check import settings_faults
from cloud.problems import Busy, Malformed, NotFound
from cloud.sites.service import SitesService
from cloud.stock.service import StockService
from cloud.suppliers.service import SuppliersService

ORDER = TaskName("order", "orders")
"""Plan the orders of a site."""
MAX_WAITING = 4
"""People who may wait for a plan at once in one process; each takes a second or so of a core."""
BUSY_RETRY_S = 3
LATEST_NOTE = timedelta(days=60)
"""So long afterwards it can still be said when an order came."""
P = ParamSpec("P")
T = TypeVar("T")


class OrdersService:
    """Makes plans and keeps them; answers what they say."""

    def __init__(
        self,
        database: Database,
        repo: OrdersRepo,
        *,
        sites: SitesService,
        stock: StockService,
        forecasts: ForecastsService,
        suppliers: SuppliersService,
        counts: CountsService,
        catalogue: CatalogueService,
        jobs: JobsService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._repo = repo
        self._sites = sites
        self._stock = stock
        self._forecasts = forecasts
        self._suppliers = suppliers
        self._counts = counts
        self._catalogue = catalogue
        self._jobs = jobs
        self._clock = clock
        self._planning = asyncio.Semaphore(1)
        self._waiting = 0

    async def latest(self, site_id: str) -> KeptPlan | None:
        """The newest plan of a site, or None before the first. Raises NotFound for an unknown site."""
        await self._sites.site(site_id)
        return await self._repo.newest(site_id)

    async def plan(self, site_id: str, plan_no: int) -> KeptPlan:
        """One plan of a site. Raises NotFound."""
        kept = await self._repo.plan(plan_no)
        if kept is None or kept.site_id != site_id:
            raise NotFound(f"there is no plan {plan_no} at {site_id!r}; old ones are forgotten")
        return kept

    async def settings(self, site_id: str) -> OrderSettings:
        """How a site orders. Raises NotFound."""
        await self._sites.site(site_id)
        return await self._repo.settings(site_id)

    async def set_settings(self, site_id: str, settings: OrderSettings) -> None:
        """Set how a site orders. Raises NotFound, Malformed."""
        await self._sites.site(site_id)
        if faults := settings_faults(settings):
            raise Malformed("; ".join(f"{field}: {fault}" for field, fault in faults.items()))
        await self._repo.put_settings(site_id, settings)

    async def make(self, site_id: str, reason: str = "asked for") -> KeptPlan:
        """Plan a site from what is known now, and keep the plan. Raises NotFound, Busy."""
        from cloud.ordering.suggestion import suggest  # noqa: PLC0415

        inputs = await self.inputs(site_id)
        suggestion = await self._compute(suggest, inputs)
        number = await self._repo.keep(
            site_id, suggestion, packed(inputs), reason=reason, software=_software()
        )
        return await self.plan(site_id, number)

    async def ask_for(self, site_id: str) -> int:
        """Queue a plan; answers the number of the job. Raises NotFound."""
        await self._sites.site(site_id)
        return await self._jobs.enqueue(ORDER, site_id, {"reason": "asked for"})

    async def inputs(self, site_id: str) -> Inputs:
        """What a plan made now would be made from. Raises NotFound."""
        from cloud.orders.gathering import ORDERS_BACK_DAYS, gather  # noqa: PLC0415

        site, now = await self._sites.site(site_id), self._clock.now()
        day = await self._sites.day(site_id, now)
        return gather(
            site,
            day,
            now,
            stock=await self._stock.products(site_id),
            forecasts=await self._forecasts.latest(site_id),
            suppliers=await self._suppliers.suppliers(site_id),
            articles=await self._suppliers.articles(site_id),
            ordered=await self._repo.ordered(site_id, day.on - timedelta(days=ORDERS_BACK_DAYS)),
            lateness=await self.lateness(site_id),
            stores=await self._counts.stores(site_id),
            reserves=await self._reserves(site_id),
            settings=await self._repo.settings(site_id),
        )

    async def figures(self, site_id: str) -> tuple[ProductFigures, ...]:
        """The classic figures of every product, from what a plan would be made from now. Raises NotFound."""
        return figures_of(await self.inputs(site_id))

    async def inputs_of(self, site_id: str, plan_no: int) -> Inputs:
        """What a kept plan was made from. Raises NotFound."""
        await self.plan(site_id, plan_no)
        kept = await self._repo.inputs(plan_no)
        assert kept is not None, "the plan was there a moment ago"
        return unpacked(kept)

    async def repeat(self, site_id: str, plan_no: int) -> Repeated:
        """Make a kept plan again from what was kept of it, and compare. Raises NotFound."""
        from cloud.ordering.suggestion import suggest  # noqa: PLC0415

        kept = await self.plan(site_id, plan_no)
        again = await self._compute(suggest, await self.inputs_of(site_id, plan_no))
        lines = sum(len(order.lines) for order in again.orders)
        return Repeated(plan_no, kept.fingerprint, again.fingerprint, lines)

    async def ask(
        self,
        site_id: str,
        plan_no: int,
        *,
        weekly_budget: float | None = None,
        service_factor: float = 1.0,
        closed: tuple[str, ...] = (),
    ) -> Suggestion:
        """A plan under a question; nothing is kept. Raises NotFound, Malformed, Busy."""
        from cloud.ordering.suggestion import answer  # noqa: PLC0415
        from cloud.ordering.whatif import Question  # noqa: PLC0415

        kept, inputs = await self.plan(site_id, plan_no), await self.inputs_of(site_id, plan_no)
        places = {supplier.supplier_id: number for number, supplier in enumerate(inputs.suppliers)}
        if unknown := [name for name in closed if name not in places]:
            raise Malformed(f"there is no supplier {unknown[0][:63]!r} in this plan")
        question = Question(weekly_budget, service_factor, [places[name] for name in closed])
        return await self._compute(answer, inputs, question, kept.suggestion)

    async def recost(self, site_id: str, plan_no: int, cases: Mapping[str, int]) -> ChangedCost:
        """What quantities set by hand cost. Raises NotFound, Malformed."""
        from cloud.ordering.suggestion import recost  # noqa: PLC0415

        kept, inputs = await self.plan(site_id, plan_no), await self.inputs_of(site_id, plan_no)
        return await self._compute(recost, inputs, kept.suggestion, cases)

    async def approve(
        self, site_id: str, plan_no: int, delivery: int, cases: Mapping[str, int]
    ) -> ApprovedOrder:
        """Approve one order of a plan, with quantities set by hand; it counts as coming from now on.

        It replaces an earlier approval for the same supplier and day. Raises NotFound, and Malformed with
        every hard limit that the order breaks and by how much: its minimum, the week's budget, the room.
        """
        from cloud.ordering.suggestion import limits_broken, regrouped  # noqa: PLC0415

        kept, inputs = await self.plan(site_id, plan_no), await self.inputs_of(site_id, plan_no)
        order = _find(kept.suggestion, delivery)
        await self._must_be_ahead(site_id, order)
        mine = {line.key: cases.get(line.key, line.cases) for line in order.lines}
        packs = await self._compute(regrouped, inputs, order, mine)
        if not packs:
            raise Malformed("an order needs at least one case; leave it unapproved to order nothing")
        spent = await self._spent_beside(site_id, order)
        if broken := await self._compute(limits_broken, inputs, delivery, mine, spent):
            raise Malformed("; ".join(broken))
        async with self._database.transaction() as connection:
            await self._repo.withdraw(connection, site_id, order.supplier_id, order.order_on)
            number = await self._repo.approve(
                connection,
                site_id,
                order.supplier_id,
                plan_no=plan_no,
                order_on=order.order_on,
                arrives_on=order.arrives_on,
                packs=packs,
                now=self._clock.now(),
            )
        return next(each for each in await self._repo.approved(site_id, 10) if each.order_no == number)

    async def withdraw(self, site_id: str, plan_no: int, delivery: int) -> None:
        """Take an approval back. Raises NotFound."""
        order = _find((await self.plan(site_id, plan_no)).suggestion, delivery)
        async with self._database.transaction() as connection:
            if not await self._repo.withdraw(connection, site_id, order.supplier_id, order.order_on):
                raise NotFound("this order is not approved")

    async def approved(self, site_id: str, limit: int = 20) -> list[ApprovedOrder]:
        """The newest approved orders, newest first. Raises NotFound."""
        await self._sites.site(site_id)
        return await self._repo.approved(site_id, limit)

    async def lateness(self, site_id: str) -> dict[str, Lateness]:
        """How late each supplier comes, from its deliveries and from what was entered. Raises NotFound."""
        delays = await self._repo.delays(site_id)
        return {
            each.supplier_id: lateness_of(
                delays.get(each.supplier_id, ()), each.usual_delay_days, each.delay_spread_days
            )
            for each in await self._suppliers.suppliers(site_id)
        }

    async def came(self, site_id: str, order_no: int, came_on: date | None) -> None:
        """Note the day an approved order came, or with None that it did not. Raises NotFound, Malformed."""
        today = (await self._sites.day(site_id, self._clock.now())).on
        if came_on is not None and not timedelta(0) <= today - came_on <= LATEST_NOTE:
            raise Malformed(
                f"{came_on} is not a day from {today - LATEST_NOTE} to today, {today}; give the day it came"
            )
        if not await self._repo.came(site_id, order_no, came_on):
            raise NotFound(f"there is no approved order {order_no} at {site_id!r}")

    async def _reserves(self, site_id: str) -> dict[str, float]:
        products = await self._catalogue.products(site_id)
        return {each.product_id: each.at_least_bottles for each in products if each.at_least_bottles}

    async def _must_be_ahead(self, site_id: str, order: SuggestedOrder) -> None:
        zone = ZoneInfo((await self._sites.site(site_id)).timezone)
        if order.order_on < self._clock.now().astimezone(zone).date():
            raise Malformed(
                f"the day to order from {order.supplier} was {order.order_on}; plan again for the next one"
            )

    async def _spent_beside(self, site_id: str, order: SuggestedOrder) -> float:
        """What the other approved orders of the order's calendar week cost."""
        monday = order.order_on - timedelta(days=order.order_on.weekday())
        return await self._repo.spent(
            site_id,
            monday,
            monday + timedelta(days=6),
            supplier_id=order.supplier_id,
            order_on=order.order_on,
        )

    async def _compute(
        self, work: Callable[Concatenate[Inputs, P], T], inputs: Inputs, *args: P.args, **named: P.kwargs
    ) -> T:
        """Compute beside the event loop, one plan at a time. Raises Busy, or Malformed with what is wrong."""
        if self._waiting >= MAX_WAITING:
            raise Busy("several plans are being made just now; try again", retry_after_s=BUSY_RETRY_S)
        self._waiting += 1
        try:
            async with self._planning:
                return await asyncio.to_thread(work, inputs, *args, **named)
        except ValueError as fault:
            raise Malformed(str(fault)) from fault
        finally:
            self._waiting -= 1


def _find(suggestion: Suggestion, delivery: int) -> SuggestedOrder:
    order = next((each for each in suggestion.orders if each.delivery == delivery), None)
    if order is None:
        raise NotFound(f"there is no order {delivery} in this plan")
    return order


def _software() -> str:
    try:
        return version("barback")
    except PackageNotFoundError:
        return "from source"
