"""Sales and special days in memory: the real services on repos without a database."""

from collections import defaultdict
from contextlib import asynccontextmanager

from cloud.catalogue.service import CatalogueService
from cloud.occasions.schemas import Event
from cloud.occasions.service import OccasionsService
from cloud.sales.service import SalesService


class MemoryCatalogue:
    """The repo of the catalogue, for one site."""

    def __init__(self, bar):
        self.bar = bar

    async def products(self, site_id):
        return sorted(self.bar.entries(), key=lambda entry: entry.name)

    async def set_levels(self, site_id, levels):
        self.bar.levels |= levels


def fake_catalogue(bar):
    return CatalogueService(MemoryCatalogue(bar))


class NoDatabase:
    @asynccontextmanager
    async def transaction(self):
        yield None


class NoDemand:
    async def replace(self, *_args, **_kinds):
        pass


class MemorySales:
    """The repo of sales, for one site."""

    def __init__(self, bar):
        self.bar = bar

    async def items(self, site_id):
        return dict(self.bar.till)

    async def put_item(self, connection, site_id, name, parts):
        known = {entry.product_id for entry in self.bar.entries()}
        found = tuple(part for part in parts if part.product_id in known)
        self.bar.till = {**self.bar.till, name: found}
        return len(found)

    async def put_sales(self, connection, site_id, sold):
        self.bar.sold |= {(each.day_on, each.name): each for each in sold}

    async def names(self, site_id):
        totals = defaultdict(float)
        for each in self.bar.sold.values():
            totals[each.name] += each.pieces
        return sorted(totals.items(), key=lambda item: (-item[1], item[0]))

    async def demand(self, connection, site_id, days):
        return [], []


class MemoryOccasions:
    """The repo of special days, for one site."""

    def __init__(self, bar):
        self.bar = bar

    async def events(self, site_id, since_on, until_on, known_at):
        found = [each for each in self.bar.events if each.ends_on >= since_on and each.starts_on <= until_on]
        return sorted(found, key=lambda event: event.starts_on)

    async def place(self, site_id):
        return self.bar.place

    async def put_place(self, site_id, place):
        self.bar.place = place

    async def put_events(self, site_id, calendar, events, now, *, is_whole):
        gone = [each for each in self.bar.events if is_whole and each.calendar == calendar]
        self.bar.events = [each for each in self.bar.events if each not in gone]
        for event in events:
            number = 1 + max((each.number for each in self.bar.events), default=0)
            self.bar.events.append(Event(number, event.name, event.starts_on, event.ends_on, calendar))
        return len(events), len(gone)

    async def remove_event(self, site_id, number, now):
        before = len(self.bar.events)
        self.bar.events = [each for each in self.bar.events if each.number != number]
        return len(self.bar.events) < before


def fake_sales(bar, sites):
    return SalesService(
        NoDatabase(),
        MemorySales(bar),
        sites=sites,
        catalogue=fake_catalogue(bar),
        demand=NoDemand(),
        clock=bar.clock,
    )


def fake_occasions(bar, sites):
    return OccasionsService(MemoryOccasions(bar), sites, bar.clock, "")
