"""When a challenger takes over."""

from dataclasses import replace

import pytest

from cloud.forecasting.backtest import Score
from cloud.forecasts.judging import chosen

DEFAULT = Score("default", 0.2, 0.2, 0.5, 0.9, 0.95, 0.0, 1.0, 30, 4)


@pytest.mark.parametrize(
    ("loss", "series", "expected"),
    [(0.19, 30, "ensemble"), (0.197, 30, "default"), (0.21, 30, "default"), (0.1, 9, "default")],
)
def test_a_challenger_must_be_clearly_better_on_enough_forecasts(loss, series, expected):
    scores = [
        replace(DEFAULT, series=series),
        replace(DEFAULT, method="ensemble", loss=loss, lead_loss=loss, series=series),
    ]
    assert chosen("default", scores) == expected


def test_a_good_day_does_not_make_up_for_bad_sums():
    sums = replace(DEFAULT, method="moving average", loss=0.26, lead_loss=0.17)
    assert chosen("default", [DEFAULT, sums]) == "default"


def test_a_champion_that_is_not_installed_any_more_gives_way():
    assert chosen("ensemble", [DEFAULT]) == "default"
