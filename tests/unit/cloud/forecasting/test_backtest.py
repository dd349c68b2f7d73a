import numpy as np
import pytest

from cloud.forecasting.backtest import compare, origins
from cloud.forecasting.forecast import LEVELS, Forecast, Spread
from cloud.forecasting.methods import default, moving_average, seasonal_naive
from cloud.forecasting.panel import Panel, PanelError
from cloud.forecasting.scoring import movement, pinball, sum_movement
from tests.unit.cloud.forecasting.made import panel_from, poisson_panel


def test_pinball_of_a_missed_ninety_percent_line() -> None:
    assert pinball(np.array([10.0]), np.array([[4.0]]), (0.9,)).tolist() == [pytest.approx(5.4)]
    assert pinball(np.array([4.0]), np.array([[10.0]]), (0.9,)).tolist() == [pytest.approx(0.6)]


def test_movement_begins_at_the_first_sale() -> None:
    assert movement(panel_from(np.array([[0.0, 0.0, 2.0, 4.0, 2.0]]))).tolist() == [2.0]


def test_movement_of_sums_compares_neighbouring_windows() -> None:
    assert sum_movement(panel_from(np.array([[1.0, 1.0, 3.0, 3.0]])), 2).tolist() == [4.0]


def test_a_method_never_sees_what_it_is_asked_for() -> None:
    panel = poisson_panel(series=3, days=200)
    ends = [(known.periods, real.shape) for known, real in origins(panel, 14, 3)]
    assert ends == [(158, (3, 14)), (172, (3, 14)), (186, (3, 14))]


def test_the_truth_scores_nothing_and_wins() -> None:
    panel = poisson_panel(series=5, days=200)

    def oracle(known: Panel, horizon: int, leads: tuple[int, ...]) -> Forecast:
        real = panel.sold[:, known.periods : known.periods + horizon]
        total = real.sum(axis=1)
        spread = Spread(real, np.repeat(real[:, :, None], 4, axis=2))
        return Forecast(LEVELS, spread, {leads[0]: Spread(total, np.repeat(total[:, None], 4, axis=1))})

    scores = compare(panel, {"naive": seasonal_naive, "oracle": oracle}, 14, 14, 2)
    assert scores[0].method == "oracle"
    assert scores[0].loss == 0
    assert scores[0].bias == 0


def test_the_default_beats_the_simple_rules_on_demand_with_a_week() -> None:
    methods = {"default": default, "naive": seasonal_naive, "moving average": moving_average}
    scores = compare(poisson_panel(series=60, days=300), methods, 14, 14, 3)
    assert scores[0].method == "default"
    assert min(scores, key=lambda score: score.loss).method == "default"


def test_refuses_a_history_too_short_for_one_origin() -> None:
    with pytest.raises(PanelError, match="the history is too short to try methods on it"):
        compare(poisson_panel(series=2, days=20), {"default": default}, 14, 14, 3)


@pytest.mark.parametrize(("lead", "cuts"), [(15, 3), (0, 3), (14, 0), (14, 27)])
def test_refuses_origins_and_lead_times_out_of_range(lead: int, cuts: int) -> None:
    with pytest.raises(PanelError, match="Give 1 to 26 origins and a lead time of 1 to 14 periods"):
        compare(poisson_panel(series=2, days=200), {"default": default}, 14, lead, cuts)
