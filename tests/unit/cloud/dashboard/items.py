"""Demand and forecasts of the corner bar's Campari, for its page."""

from dataclasses import replace
from datetime import date, timedelta

from cloud.demand.schemas import DemandDay, DemandSource
from cloud.forecasts.schemas import Accuracy, Calibration
from tests.unit.cloud.dashboard.bars import busy_corner_bar
from tests.unit.cloud.dashboard.fakes import FakeBar
from tests.unit.cloud.forecasts.made import issued

TODAY = date(2026, 11, 20)


def past(days=56, product_id="campari") -> list[DemandDay]:
    """Eight weeks, newest first; out of stock for half of the tenth of them."""
    return [
        DemandDay(
            product_id=product_id,
            day_on=TODAY - timedelta(days=1 + back),
            quantity_ml=300.0 + 40 * (back % 7),
            sigma_ml=4.0,
            servings=9,
            exposure=0.5 if back == 9 else 1.0,
            source=DemandSource.SENSED,
        )
        for back in range(days)
    ]


WHY = {
    "level_ml": 424.0,
    "level_before_ml": 380.0,
    "weekday": [1.3, 1.3, 0.9, 0.8, 0.8, 0.9, 1.0],
    "days_out": 1.4,
}


def bar_with_forecast() -> FakeBar:
    bar = busy_corner_bar()
    bar.demand = past()
    bar.forecasts = [replace(issued(424.0, 0.25), why=WHY)]
    bar.accuracy = Accuracy("corner-bar", None, {7: Calibration(480, 0.51, 0.91, 0.95, 0.01, 40.0)}, None)
    return bar
