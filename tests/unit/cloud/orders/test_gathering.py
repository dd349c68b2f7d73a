"""What the services say as the inputs of a plan."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cloud.counts.schemas import StoreStock
from cloud.forecasts.schemas import ForecastRun, IssuedForecast
from cloud.ordering.inputs import OrderSettings
from cloud.ordering.lateness import Lateness
from cloud.orders.gathering import MOVED_SIGMA, gather
from cloud.orders.schemas import OrderedUnits
from cloud.sites.schemas import BusinessDay
from tests.unit.cloud.dashboard.fake_orders import ANKER, article
from tests.unit.cloud.dashboard.figures import SITE, product

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
"""Friday 18:00 in Berlin; half of the business day is over."""
DAY = BusinessDay(date(2026, 11, 20), NOW - timedelta(hours=12), NOW + timedelta(hours=12))
CAMPARI = product(
    on_hand_ml=1050.0,
    on_hand_sigma_ml=7.0,
    bottles=1.5,
    poured_today_ml=70.0,
    last_pour_at=None,
    measured_at=None,
)
RUN = ForecastRun(
    number=3,
    site_id="corner-bar",
    made_at=NOW,
    starts_on=date(2026, 11, 20),
    horizon_days=28,
    method="default",
    reason="nightly",
    levels=(0.5, 0.9, 0.95),
    leads=(1, 7),
    provenance={},
)
FORECAST = IssuedForecast(
    run=RUN,
    product_id="campari",
    basis="own history",
    days_known=90,
    mean_ml=(350.0,) * 28,
    quantiles_ml=((350.0, 500.0, 600.0),) * 28,
    sum_mean_ml=(350.0, 2450.0),
    sum_quantiles_ml=((350.0, 350 + 70 * 1.2815516, 350 + 70 * 1.6448536), (2450.0, 2450.0, 2450.0)),
    why={},
    stale=None,
)


def ordered(day, came=None, units=6.0):
    came_on = None if came is None else date(2026, 11, came)
    return OrderedUnits("campari", "anker", date(2026, 11, day), came_on, units)


def counted(bottles, day=18, carried=0):
    at = datetime(2026, 11, day, 12, 0, tzinfo=UTC)
    return {"campari": StoreStock("campari", bottles, at, carried, ("Cellar",))}


def gathered(forecasts=(FORECAST,), stock=CAMPARI, **changes):
    said = {
        "stock": [stock],
        "forecasts": list(forecasts),
        "suppliers": [ANKER],
        "articles": [article("campari"), replace(article("x"), product_id=None)],
        "ordered": [ordered(21)],
        "lateness": {},
        "stores": {},
        "reserves": {},
        "settings": OrderSettings(days=10),
    }
    return gather(SITE, DAY, NOW, **(said | changes))


def test_everything_is_counted_in_bottles():
    (campari,) = gathered().products
    assert (campari.on_hand_units, campari.on_hand_sigma) == (1.5, 0.01)
    assert campari.daily_mean[1:] == (0.5,) * 9
    assert campari.sum_sigma == {1: pytest.approx(0.1), 7: 0.0}
    assert campari.open_orders == ((date(2026, 11, 21), 6.0),)
    assert [each.article_id for each in campari.articles] == ["anker-campari-6"]
    assert campari.basis == "own history"


def test_what_was_poured_today_is_not_expected_again():
    assert gathered().products[0].daily_mean[0] == pytest.approx(0.4)
    busy = replace(CAMPARI, poured_today_ml=340.0)
    assert gathered(stock=busy).products[0].daily_mean[0] == pytest.approx(0.25)


def test_without_a_forecast_the_use_is_guessed_from_par():
    (campari,) = gathered(forecasts=()).products
    assert campari.basis == "guessed from par"
    assert campari.daily_mean[5] == pytest.approx(2.0 / 10.5)
    assert campari.sum_sigma[7] > campari.sum_sigma[1] > 0
    (unknown,) = gathered(forecasts=(), stock=replace(CAMPARI, par_bottles=None)).products
    assert sum(unknown.daily_mean) == 0


def test_the_plan_says_which_forecast_it_rests_on():
    assert gathered().provenance["forecast"].startswith("3, default, made 2026-11-20")
    assert "guessed from par" in gathered(forecasts=()).provenance["forecast"]
    stale = replace(FORECAST, stale="made 40 hours ago")
    assert gathered(forecasts=(stale,)).provenance["stale"] == "made 40 hours ago"


def test_an_old_forecast_is_read_from_today_on():
    rising = replace(
        FORECAST,
        run=replace(RUN, starts_on=date(2026, 11, 18)),
        mean_ml=tuple(70.0 * day for day in range(28)),
    )
    assert gathered(forecasts=(rising,)).products[0].daily_mean[1:3] == pytest.approx((0.3, 0.4))


def test_what_was_counted_in_store_stands_beside_the_shelf():
    (campari,) = gathered(stores=counted(12.0)).products
    assert (campari.on_hand_units, campari.store_units) == (13.5, 12.0)
    assert campari.on_hand_sigma == pytest.approx(0.01)


def test_a_delivery_after_the_count_adds_to_the_store_and_a_carried_bottle_leaves_it():
    orders = [ordered(17), ordered(18), ordered(19), ordered(20, came=20), ordered(22)]
    (campari,) = gathered(stores=counted(12.0, carried=5), ordered=orders).products
    assert campari.store_units == 12.0 + 6.0 + 6.0 - 5
    assert campari.on_hand_sigma == pytest.approx(MOVED_SIGMA * 17**0.5, rel=1e-3)
    assert campari.open_orders == ((date(2026, 11, 22), 6.0),)


def test_more_carried_than_counted_leaves_nothing_and_not_less():
    (campari,) = gathered(stores=counted(1.0, carried=4)).products
    assert (campari.on_hand_units, campari.store_units) == (1.5, 0.0)


def test_an_order_of_a_late_supplier_is_waited_for_until_its_usual_day():
    late = {"anker": Lateness(1.6, 0.8, 5, 0.2)}
    (campari,) = gathered(lateness=late, ordered=[ordered(19), ordered(17)]).products
    assert campari.open_orders == ((date(2026, 11, 21), 6.0),)
    (supplier,) = gathered(lateness=late).suppliers
    assert (supplier.late_days, supplier.late_sigma_days) == (1.6, 0.8)


def test_what_has_come_is_not_on_its_way():
    assert gathered(ordered=[ordered(21, came=20)]).products[0].open_orders == ()
