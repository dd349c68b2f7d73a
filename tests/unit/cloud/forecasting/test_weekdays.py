import numpy as np

from cloud.forecasting.weekdays import opening, weekday_factors
from tests.unit.cloud.forecasting.made import WEEK, poisson_panel

ONE_GROUP = np.zeros(1, dtype=np.int64)


def test_a_rare_series_takes_over_the_week_of_its_group() -> None:
    busy = poisson_panel(series=30, days=364, mean=20.0).sold
    rare = np.zeros((1, 364))
    rare[0, 100] = 1
    demand = np.concatenate([busy, rare])
    phases = np.asarray((np.arange(364) - 364) % 7)
    factors = weekday_factors(demand, np.ones(demand.shape), phases, 7, np.zeros(31, dtype=np.int64))
    np.testing.assert_allclose(factors[30], WEEK, atol=0.1)


def test_weekly_series_have_no_weekdays() -> None:
    factors = weekday_factors(np.ones((1, 30)), np.ones((1, 30)), np.zeros(30, dtype=np.int64), 1, ONE_GROUP)
    assert factors.tolist() == [[1.0]]


def test_one_closed_sunday_is_a_holiday_and_eight_are_a_rule() -> None:
    phases = np.arange(56) % 7
    once, always = np.ones((1, 56), dtype=bool), np.ones((1, 56), dtype=bool)
    once[0, 6] = False
    always[0, 6::7] = False
    assert opening(once, phases, 7)[0].tolist() == [1, 1, 1, 1, 1, 1, 1]
    assert opening(always, phases, 7)[0].tolist() == [1, 1, 1, 1, 1, 1, 0]
