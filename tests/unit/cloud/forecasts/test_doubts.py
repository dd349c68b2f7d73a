"""Absurd days and changed units of a site's demand: left out of forecasts, said, and kept as demand."""

from datetime import date, timedelta

import numpy as np
import pytest

from cloud.demand.schemas import DemandHistory, DemandSeries
from cloud.forecasts.doubts import without_doubtful
from cloud.forecasts.making import make

UNTIL = date(2026, 11, 19)


def history(*amounts, ml=40.0):
    """One product, a day each up to UNTIL, in servings of 40 ml."""
    days = tuple(UNTIL - timedelta(days=back) for back in reversed(range(len(amounts))))
    campari = DemandSeries(
        "campari", "Campari", "liqueur", 700.0, None, days,
        tuple(ml * each for each in amounts), tuple(int(each) for each in amounts), (1.0,) * len(days),
    )  # fmt: skip
    return DemandHistory(UNTIL, days, (campari,))


USUAL = [8, 6, 9, 7, 11, 12, 5] * 8


def test_an_ordinary_history_is_left_as_it_is():
    usual = history(*USUAL)
    assert without_doubtful(usual) == (usual, {})


def test_an_absurd_day_does_not_move_the_forecast_and_is_said():
    strange = [*USUAL]
    strange[-10] = 7_000
    usual, absurd = make(history(*USUAL), "default")[0], make(history(*strange), "default")[0]
    assert absurd.mean_ml == pytest.approx(usual.mean_ml, rel=0.05)
    assert absurd.why["left_out"] == ["280.0 l on Tue 10 Nov 2026 is absurd beside all others: left out."]
    assert "left_out" not in usual.why


def test_after_a_change_of_unit_only_the_new_unit_counts_and_it_is_said():
    changed = history(*np.asarray(USUAL) * np.repeat([24, 1], 28))
    made = make(changed, "default")[0]
    assert made.mean_ml.mean() == pytest.approx(40 * np.mean(USUAL), rel=0.15)
    assert made.days_known == 28
    assert made.why["left_out"][0].startswith("Since Fri 23 Oct 2026 figures are 0.0417 times those before")


def test_what_a_product_that_sells_twice_as_much_sold_before_still_counts():
    doubled = history(*np.asarray(USUAL) * np.repeat([1, 2], 28))
    assert without_doubtful(doubled)[1] == {}


@pytest.mark.parametrize(("amounts", "days_known"), [([7], 1), ([0] * 60, 60), ([3, 0, 0, 500], 4)])
def test_one_day_nothing_and_next_to_nothing_give_an_answer(amounts, days_known):
    made = make(history(*amounts), "default")[0]
    assert made.days_known == days_known
    assert np.isfinite(made.sum_quantiles_ml).all()
    assert (np.diff(made.sum_quantiles_ml, axis=1) >= 0).all()
