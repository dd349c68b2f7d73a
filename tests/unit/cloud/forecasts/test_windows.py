"""Windows of an issued forecast: any run of days, any quantile."""

from datetime import timedelta

import pytest

from cloud.forecasts.schemas import LEADS
from cloud.forecasts.windows import chance_of_more, quantile, rank_of, sigma_ml, window
from tests.unit.cloud.forecasts.made import STARTS_ON, issued


@pytest.mark.parametrize("place", range(len(LEADS)))
def test_a_window_from_the_first_day_is_the_sum_that_was_forecast(place):
    forecast = issued()
    found = window(forecast, STARTS_ON, LEADS[place])
    assert found.mean_ml == pytest.approx(forecast.sum_mean_ml[place])
    assert found.quantiles_ml == pytest.approx(forecast.sum_quantiles_ml[place])


def test_a_later_window_has_the_level_of_its_own_days():
    saturday = window(issued(), STARTS_ON + timedelta(days=1), 1)
    assert saturday.mean_ml == 200.0
    assert quantile(saturday, 0.5) == pytest.approx(200.0)


def test_a_length_between_two_leads_lies_between_them():
    between = sigma_ml(window(issued(), STARTS_ON, 8)) / window(issued(), STARTS_ON, 8).mean_ml
    assert between == pytest.approx(0.5 / 8**0.5, rel=0.01)


def test_days_beyond_the_horizon_repeat_its_last_week():
    assert window(issued(), STARTS_ON, 35).mean_ml == pytest.approx(
        window(issued(), STARTS_ON, 28).mean_ml * 1.25
    )


@pytest.mark.parametrize(("level", "expected"), [(0.5, 100.0), (0.95, 182.2), (0.99, 216.3), (0.001, 0.0)])
def test_quantiles_follow_the_normal_scale_between_and_beyond_the_kept_ones(level, expected):
    assert quantile(issued().day(STARTS_ON), level) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("amount_ml", [0.0, 30.0, 100.0, 180.0, 250.0])
def test_the_rank_of_an_amount_is_the_level_whose_quantile_it_is(amount_ml):
    day = issued().day(STARTS_ON)
    assert quantile(day, rank_of(day, amount_ml)) == pytest.approx(amount_ml, abs=1)
    assert chance_of_more(day, amount_ml) == pytest.approx(1 - rank_of(day, amount_ml))


def test_what_always_is_the_same_has_no_spread():
    assert sigma_ml(issued(sigma_share=0.0).day(STARTS_ON)) == 0.0
    assert 0.0 < rank_of(issued(sigma_share=0.0).day(STARTS_ON), 100.0) < 1.0


@pytest.mark.parametrize("days", [0, 183])
def test_a_window_has_a_length(days):
    with pytest.raises(ValueError, match="give 1 to 182"):
        window(issued(), STARTS_ON, days)


def test_the_past_is_not_foretold():
    with pytest.raises(ValueError, match="lies before this forecast"):
        window(issued(), STARTS_ON - timedelta(days=1), 3)
