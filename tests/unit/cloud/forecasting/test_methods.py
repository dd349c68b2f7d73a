import numpy as np
import pytest

from cloud.forecasting.methods import METHODS, default, ensemble
from cloud.forecasting.panel import PanelError
from tests.unit.cloud.forecasting.made import WEEK, panel_from, poisson_panel

LEVELS = (0.1, 0.5, 0.9, 0.95)


def test_finds_rate_and_week_of_poisson_demand() -> None:
    panel = poisson_panel(series=30, days=400, mean=8.0)
    forecast = default(panel, 14, (14,))
    rates = panel.sold[:, :392].mean(axis=1)
    assert forecast.sums[14].mean == pytest.approx(14 * rates, rel=0.2)
    week = forecast.daily.mean[:, :7].sum(axis=0) / forecast.daily.mean[:, :7].sum() * 7
    np.testing.assert_allclose(week, np.roll(WEEK, -1), atol=0.1)


def test_states_the_share_it_reaches_for_the_sum_of_two_weeks() -> None:
    whole = poisson_panel(series=300, days=414, mean=2.0)
    forecast = default(whole.until(400), 14, (14,))
    came = whole.sold[:, 400:].sum(axis=1)
    under = (came[:, None] <= forecast.sums[14].quantiles).mean(axis=0)
    assert under[1] == pytest.approx(0.5, abs=0.1)
    assert under[3] == pytest.approx(0.95, abs=0.04)


def test_a_sum_is_less_spread_than_its_days_would_say_together() -> None:
    forecast = default(poisson_panel(), 14, (14,))
    days = (forecast.daily.quantiles[:, :, 3] - forecast.daily.mean).sum(axis=1)
    total = forecast.sums[14].quantiles[:, 3] - forecast.sums[14].mean
    assert (total < days).all()


def test_follows_a_level_that_fell_to_a_half() -> None:
    dice = np.random.default_rng(1)
    rates = np.r_[np.full(300, 10.0), np.full(60, 5.0)]
    forecast = default(panel_from(dice.poisson(rates, (20, 360))), 7, (7,))
    assert forecast.sums[7].mean.mean() == pytest.approx(35, rel=0.15)


@pytest.mark.parametrize("name", ["default", "seasonal naive", "moving average"])
def test_one_day_of_history_gives_an_answer(name: str) -> None:
    forecast = METHODS[name](panel_from(np.array([[6.0]])), 14, (7, 14))
    assert forecast.daily.quantiles.shape == (1, 14, 4)
    assert np.isfinite(forecast.sums[14].quantiles).all()


def test_one_day_of_history_is_far_from_sure() -> None:
    day, year = (
        default(panel_from(np.array([[6.0]])), 14, (14,)),
        default(panel_from(np.full((1, 365), 6.0)), 14, (14,)),
    )
    assert day.sums[14].quantiles[0, 3] - day.sums[14].mean[0] > 2 * (
        year.sums[14].quantiles[0, 3] - year.sums[14].mean[0]
    )


def test_nothing_ever_sold_is_foretold_as_nothing() -> None:
    forecast = default(panel_from(np.zeros((2, 100))), 14, (14,))
    assert forecast.sums[14].mean.tolist() == [0, 0]
    assert forecast.sums[14].quantiles.max() == 0


def test_a_weekday_the_house_is_closed_gets_nothing() -> None:
    panel = poisson_panel(series=3, days=140)
    closed = np.arange(140) % 7 == 2
    panel.is_open[:, closed] = False
    panel.sold[:, closed] = 0
    forecast = default(panel, 14, (14,))
    assert forecast.daily.mean[:, 2].max() == 0
    assert forecast.daily.quantiles[:, 2].max() == 0
    assert forecast.daily.mean[:, 5].min() > 1


def test_the_same_panel_gives_the_same_forecast() -> None:
    first, again = default(poisson_panel(), 14, (14,)), default(poisson_panel(), 14, (14,))
    np.testing.assert_array_equal(first.daily.quantiles, again.daily.quantiles)


@pytest.mark.parametrize(("horizon", "leads"), [(0, (7,)), (14, ()), (183, (7,)), (14, (0,)), (14, (500,))])
def test_refuses_a_horizon_out_of_range(horizon: int, leads: tuple[int, ...]) -> None:
    with pytest.raises(PanelError, match="Horizon and lead times must be 1 to 182 periods"):
        default(panel_from(np.ones((1, 30))), horizon, leads)


def test_any_service_level_can_be_asked_for() -> None:
    forecast = default(poisson_panel(), 7, (7,), levels=(0.025, 0.5, 0.98, 0.999))
    assert (np.diff(forecast.sums[7].quantiles, axis=1) >= 0).all()
    assert forecast.levels == (0.025, 0.5, 0.98, 0.999)


def test_the_ensemble_leaves_a_short_history_to_the_default() -> None:
    panel = poisson_panel(series=5, days=60)
    np.testing.assert_array_equal(
        ensemble(panel, 14, (14,)).daily.quantiles, default(panel, 14, (14,)).daily.quantiles
    )
