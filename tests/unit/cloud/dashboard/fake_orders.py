"""Suppliers and orders in memory: the real service of orders on a repo without a database."""

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import time

from cloud.counts.schemas import Counted
from cloud.counts.service import CountsService
from cloud.ordering.inputs import OrderSettings
from cloud.ordering.lateness import lateness_of
from cloud.orders.schemas import ApprovedOrder, KeptPlan, OrderedLine
from cloud.orders.service import OrdersService
from cloud.problems import NotFound
from cloud.suppliers.schemas import Article, ImportPreview, PriceStep, Supplier
from cloud.suppliers.service import SuppliersService, compared

ANKER = Supplier(
    "anker", "Anker Drinks", (0, 2, 4), time(23, 30), 1, minimum_order_value=80.0, delivery_fee=6.5
)
NORDHAFEN = Supplier("nordhafen", "Nordhafen Spirits", (1, 4), time(22, 0), 2)


def article(product_id, supplier="anker", pack=6, price=12.9, *breaks):
    steps = (PriceStep(1, price), *(PriceStep(cases, each) for cases, each in breaks))
    return Article(
        supplier, f"{supplier}-{product_id}-{pack}", product_id.title(), pack, 700.0, steps, product_id
    )


class FakeSuppliers(SuppliersService):
    def __init__(self, bar):
        self.bar = bar

    async def suppliers(self, site_id):
        return list(self.bar.suppliers)

    async def articles(self, site_id):
        return list(self.bar.articles)

    async def pricing(self, site_id, product_id=None):
        return [
            compared(entry, [a for a in self.bar.articles if a.product_id == entry.product_id], self._by_id())
            for entry in self.bar.entries()
        ]

    async def set_delay(self, site_id, supplier_id, usual_days, spread_days):
        lateness_of((), usual_days, spread_days)
        self.bar.suppliers = [
            replace(s, usual_delay_days=usual_days, delay_spread_days=spread_days)
            if s.supplier_id == supplier_id
            else s
            for s in self.bar.suppliers
        ]

    async def import_list(self, site_id, text, *, apply):
        return ImportPreview(("Campari (A-1): new, 6 x 700 ml at 12.90.",), (), 0, is_done=apply)

    async def close(self, site_id, supplier_id, *, is_closed):
        if supplier_id not in self._by_id():
            raise NotFound(f"there is no supplier {supplier_id!r} at {site_id!r}")
        self.bar.suppliers = [
            replace(s, is_closed=is_closed) if s.supplier_id == supplier_id else s for s in self.bar.suppliers
        ]

    def _by_id(self):
        return {supplier.supplier_id: supplier for supplier in self.bar.suppliers}


class MemoryCounts:
    """The repo of counts, for one site without movements."""

    def __init__(self):
        self.counts: list[Counted] = []

    async def newest(self, site_id):
        return list({(each.product_id, each.room): each for each in self.counts}.values())

    async def history(self, site_id, limit):
        return self.counts[::-1][:limit]

    async def add(self, site_id, room, counted_by, bottles, now):
        self.counts += [Counted(p, p.title(), room, count, now, counted_by) for p, count in bottles.items()]
        return len(bottles)

    async def carried(self, site_id, since):
        return {}


class NoForecasts:
    async def latest(self, site_id):
        return []


class MemoryOrders:
    """The repo of orders, for one site."""

    def __init__(self):
        self.plans: dict[int, tuple[KeptPlan, bytes]] = {}
        self.orders: list[ApprovedOrder] = []
        self.kept_settings = OrderSettings()

    async def settings(self, site_id):
        return self.kept_settings

    async def put_settings(self, site_id, settings):
        self.kept_settings = settings

    async def keep(self, site_id, suggestion, inputs, *, reason, software):
        number = len(self.plans) + 1
        kept = KeptPlan(
            number, site_id, suggestion.made_at, reason, software, suggestion.fingerprint, suggestion
        )
        self.plans[number] = (kept, inputs)
        return number

    async def newest(self, site_id):
        return self.plans[max(self.plans)][0] if self.plans else None

    async def plan(self, plan_no):
        return self.plans[plan_no][0] if plan_no in self.plans else None

    async def inputs(self, plan_no):
        return self.plans[plan_no][1]

    async def ordered(self, site_id, since):
        return []

    async def delays(self, site_id):
        return {"anker": [1, 0, 2]}

    async def came(self, site_id, order_no, came_on):
        known = [each for each in self.orders if each.order_no == order_no]
        self.orders = [replace(o, came_on=came_on) if o in known else o for o in self.orders]
        return bool(known)

    async def spent(self, site_id, first, last, *, supplier_id, order_on):
        return 0.0

    async def withdraw(self, connection, site_id, supplier_id, order_on):
        kept = [o for o in self.orders if (o.supplier_id, o.order_on) != (supplier_id, order_on)]
        was_there, self.orders = len(kept) < len(self.orders), kept
        return was_there

    async def approve(self, connection, site_id, supplier_id, *, plan_no, order_on, arrives_on, packs, now):
        lines = tuple(
            OrderedLine(p.article_id, p.article_id, None, p.cases, p.pack_units, p.unit_price, p.deposit)
            for p in packs
        )
        order = ApprovedOrder(7, supplier_id, supplier_id, plan_no, order_on, arrives_on, now, lines)
        self.orders.append(order)
        return 7

    async def approved(self, site_id, limit):
        return list(self.orders)


class NoDatabase:
    @asynccontextmanager
    async def transaction(self):
        yield None


def fake_counts(bar, sites, catalogue):
    return CountsService(MemoryCounts(), sites, catalogue, bar.clock)


def fake_orders(bar, *, sites, stock, suppliers, counts, catalogue):
    return OrdersService(
        NoDatabase(),
        MemoryOrders(),
        sites=sites,
        stock=stock,
        forecasts=NoForecasts(),
        suppliers=suppliers,
        counts=counts,
        catalogue=catalogue,
        jobs=None,
        clock=bar.clock,
    )
