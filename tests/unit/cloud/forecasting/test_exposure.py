import numpy as np
import pytest

from cloud.forecasting.exposure import demand_of, whole_demand
from cloud.forecasting.methods import default
from tests.unit.cloud.forecasting.made import panel_from


def emptied(demand: np.ndarray, full: float, away: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Sales and exposure of a shelf filled `away` days after it ran empty; sales at random times."""
    dice = np.random.default_rng(4)
    sold, exposure = np.zeros(demand.shape), np.zeros(demand.shape)
    for series, wanted in enumerate(demand):
        stock, filled_on = full, -1
        for day, units in enumerate(wanted):
            stock = full if day == filled_on else stock
            sold[series, day] = min(units, stock)
            exposure[series, day] = 1.0 if units < stock else 0.0
            if 0 < stock <= units:
                exposure[series, day] = np.sort(dice.random(units))[int(stock) - 1]
                filled_on = day + away
            stock = max(stock - units, 0.0)
    return sold, exposure


def test_days_in_stock_are_left_as_they_were() -> None:
    sold = np.array([[3.0, 0.0, 5.0, 2.0]])
    demand, weight = demand_of(panel_from(sold))
    assert demand.tolist() == sold.tolist()
    assert weight.tolist() == [[1, 1, 1, 1]]


def test_a_day_without_stock_teaches_nothing() -> None:
    demand, weight = demand_of(panel_from(np.array([[3.0, 0.0, 3.0]]), np.array([[1.0, 0.0, 1.0]])))
    assert weight.tolist() == [[1, 0, 1]]
    assert demand[0, 1] == 0


def test_a_day_that_ran_out_at_half_time_is_completed() -> None:
    sold, exposure = np.full((1, 60), 10.0), np.ones((1, 60))
    sold[0, 30], exposure[0, 30] = 5.0, 0.5
    demand, _ = demand_of(panel_from(sold, exposure))
    assert demand[0, 30] == pytest.approx(10, rel=0.05)


def test_stock_outs_hide_less_than_three_percent_of_poisson_demand() -> None:
    demand = np.random.default_rng(8).poisson(3.0, (40, 350))
    sold, exposure = emptied(demand, full=12.0)
    assert sold.sum() < 0.8 * demand.sum()
    assert whole_demand(panel_from(sold, exposure)).sum() == pytest.approx(demand.sum(), rel=0.03)


def test_the_forecast_is_of_demand_and_not_of_sales() -> None:
    demand = np.random.default_rng(9).poisson(3.0, (60, 350))
    sold, exposure = emptied(demand, full=12.0)
    forecast = default(panel_from(sold, exposure), 14, (14,))
    assert forecast.sums[14].mean.mean() == pytest.approx(42, rel=0.05)


def test_millilitres_poured_are_completed_like_pieces() -> None:
    sold, exposure = np.full((1, 60), 400.0), np.ones((1, 60))
    sold[0, 30], exposure[0, 30] = 200.0, 0.5
    demand, _ = demand_of(panel_from(sold, exposure), sale_size=40.0)
    assert demand[0, 30] == pytest.approx(400, rel=0.05)
