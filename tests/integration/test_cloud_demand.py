"""Demand: counted from what the sensors saw, business day by business day, and again when that changes."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cloud.demand.schemas import DemandSource
from contract.records import MovementKind
from tests.cloud_under_test import EVENING, pour, reading

pytestmark = pytest.mark.postgres
THURSDAY = date(2026, 11, 19)
SITE = "corner-bar"


def at(hour: float, day: int = 19) -> datetime:
    """An instant of a November evening in Berlin; hours from 24 on are of the next morning."""
    return datetime(2026, 11, day, tzinfo=UTC) + timedelta(hours=hour - 1)


def refresh(cloud):
    return cloud.call(cloud.services.demand.refresh, SITE)


def demand(cloud, product="laphroaig-10"):
    found = cloud.call(cloud.services.demand.days, SITE, product)
    return {day.day_on: day for day in found}


@pytest.fixture
def evening(cloud):
    """Thursday: top-1 (Laphroaig) stands there full, the bar pours other things from 17:00 to 01:00."""
    cloud.back_bar.send(reading("top-1", 1100.0), at=at(4))
    cloud.back_bar.send(pour("top-2"), at=at(17))
    cloud.back_bar.send(pour("top-2"), at=at(25))
    return cloud


def test_pours_are_counted_by_business_day_when_it_has_ended(evening):
    evening.back_bar.send(pour("top-1", 40.0), at=at(20))
    evening.back_bar.send(pour("top-1", 20.0), at=at(25))
    evening.back_bar.send(pour("top-1", 40.0), at=EVENING)
    assert refresh(evening).days == 1
    (day,) = demand(evening).values()
    assert (day.day_on, day.quantity_ml, day.servings) == (THURSDAY, 60.0, 2)
    assert (day.exposure, day.source) == (1.0, DemandSource.SENSED)
    assert day.sigma_ml == pytest.approx(0.9 * 2**0.5)


def test_what_stood_there_and_nobody_asked_for_is_a_zero(evening):
    refresh(evening)
    assert demand(evening)[THURSDAY].quantity_ml == 0.0
    assert demand(evening)[THURSDAY].exposure == 1.0


def test_what_nobody_sees_is_no_zero(evening):
    refresh(evening)
    assert demand(evening, "hendricks") == {}


def test_the_share_of_the_evening_without_any_is_known(evening):
    """Empty from 19:00 to 21:00 of 17:00 to 01:00: in stock for 6 of 8 hours."""
    evening.back_bar.send(pour("top-1", 40.0, weight_before_g=566.0, weight_after_g=526.0), at=at(19))
    swap = pour("top-1", 40.0, movement=MovementKind.SWAP, weight_before_g=526.0, weight_after_g=1180.0)
    unmeasured = swap.model_copy(update={"volume_ml": None, "volume_sigma_ml": None})
    evening.back_bar.send(unmeasured, at=at(21))
    refresh(evening)
    assert demand(evening)[THURSDAY].exposure == pytest.approx(0.75)


def test_a_day_is_counted_again_when_a_movement_is_corrected(evening):
    said = pour("top-1", 40.0)
    evening.back_bar.send(said, at=at(20))
    refresh(evening)
    assert refresh(evening).days == 0
    evening.back_bar.send(said.model_copy(update={"revision": 2, "volume_ml": 25.0}), at=at(20))
    assert refresh(evening).days == 1
    assert demand(evening)[THURSDAY].quantity_ml == 25.0


def test_a_movement_whose_time_is_corrected_moves_its_demand(evening):
    said = pour("top-1", 40.0)
    evening.back_bar.send(said, at=at(20))
    evening.back_bar.send(pour("top-2"), at=at(20, day=18))
    refresh(evening)
    evening.back_bar.send(said.model_copy(update={"revision": 2}), at=at(20, day=18))
    assert refresh(evening).days == 2
    found = demand(evening)
    assert (found[THURSDAY].quantity_ml, found[date(2026, 11, 18)].quantity_ml) == (0.0, 40.0)


def test_the_history_has_a_series_for_every_product_and_the_open_days(evening):
    evening.back_bar.send(pour("top-1", 40.0), at=at(20))
    refresh(evening)
    history = evening.call(evening.services.demand.history, SITE)
    assert history.until_on == THURSDAY
    assert history.open_days == (THURSDAY,)
    series = {each.product_id: each for each in history.series}
    assert len(series) == 24
    assert series["laphroaig-10"].quantity_ml == (40.0,)
    assert series["hendricks"].days == ()
