"""When plans come round by themselves."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, time
from types import SimpleNamespace

from cloud.forecasts.service import FORECAST
from cloud.jobs.schemas import SiteJob, SiteTask, TaskName
from cloud.orders.service import ORDER
from cloud.orders.tasks import newest_due, then_order
from cloud.suppliers.schemas import Supplier

ANKER = Supplier("anker", "Anker", (0, 4), time(14, 0))
FRIDAY = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
"""13:00 in Berlin, an hour before the cut-off."""


def due(*suppliers, now=FRIDAY):
    return newest_due(suppliers, "Europe/Berlin", now)


def test_a_plan_is_due_an_hour_before_the_cut_off():
    assert due(ANKER) == FRIDAY
    assert due(ANKER, now=FRIDAY.replace(hour=11)) == datetime(2026, 11, 16, 12, 0, tzinfo=UTC)


def test_the_newest_of_all_suppliers_counts():
    late = replace(ANKER, supplier_id="late", cut_off=time(22, 0), order_weekdays=(3,))
    assert due(ANKER, late, now=FRIDAY.replace(hour=10)) == datetime(2026, 11, 19, 20, 0, tzinfo=UTC)


def test_holidays_closed_suppliers_and_empty_calendars_are_never_due():
    holiday = replace(ANKER, closed_on=(date(2026, 11, 20),))
    assert due(holiday) == datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
    assert due(replace(ANKER, is_closed=True)) is None
    assert due(replace(ANKER, order_weekdays=())) is None
    assert due() is None


def test_a_plan_follows_every_forecast():
    told = []

    async def forecast(job):
        told.append("forecast")

    async def enqueue(task, site_id, arguments):
        told.append((task, site_id, arguments["reason"]))

    services = SimpleNamespace(jobs=SimpleNamespace(enqueue=enqueue))
    other = SiteTask(TaskName("count", "cellar"), forecast)
    followed, untouched = then_order([SiteTask(FORECAST, forecast), other], services)
    asyncio.run(followed.run(SiteJob(1, "corner-bar", {}, None)))
    assert told == ["forecast", (ORDER, "corner-bar", "after a new forecast")]
    assert untouched is other
