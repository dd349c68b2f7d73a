import numpy as np
import pytest

from cloud.forecasting.cold_start import (
    Guess,
    combined,
    first_forecast,
    from_category,
    from_par,
    from_sibling,
)
from cloud.forecasting.panel import PanelError

NOTHING = np.zeros(0)


def test_a_sibling_site_twice_as_busy_halves_the_guess() -> None:
    guess = from_sibling(6.0, both_here=[2.0, 1.0], both_there=[4.0, 2.0])
    assert guess is not None
    assert guess.per_period == 3.0


def test_many_shared_products_say_how_far_selling_there_is_selling_here() -> None:
    dice = np.random.default_rng(1)
    there = np.exp(dice.normal(0, 1, 60))
    here = 3 * there**0.5 * np.exp(dice.normal(0, 0.2, 60))
    guess = from_sibling(4.0, here.tolist(), there.tolist())
    assert guess is not None
    assert guess.per_period == pytest.approx(6.0, rel=0.15)
    assert guess.doubt == pytest.approx(0.2, abs=0.08)


def test_a_guess_far_beyond_the_shared_products_stays_within_ten_times() -> None:
    there = [0.1 + 0.1 * each for each in range(20)]
    guess = from_sibling(1e4, [5.0] * 20, there)
    assert guess is not None
    assert guess.per_period >= 1e3


def test_what_the_next_days_are_worth_by_their_weekdays_scales_the_forecast() -> None:
    guess = Guess(2.0, 0.7, "a")
    usual, busy = (first_forecast(guess, NOTHING, NOTHING, lead=2, reach=reach) for reach in (None, 3.0))
    assert busy.mean[0] / usual.mean[0] == pytest.approx(1.5)


def test_sites_without_a_shared_product_give_no_guess() -> None:
    assert from_sibling(6.0, [], []) is None


def test_the_category_gives_its_median_product() -> None:
    guess = from_category([0.5, 1.0, 9.0])
    assert guess is not None
    assert guess.per_period == 1.0


def test_a_par_of_six_bottles_for_eight_days_is_half_a_bottle_a_day() -> None:
    guess = from_par(6.0, periods_covered=8.0)
    assert guess is not None
    assert guess.per_period == 0.5


def test_a_par_for_no_time_is_refused() -> None:
    with pytest.raises(PanelError, match="give lead time plus review period"):
        from_par(6.0, 0.0)


def test_two_guesses_are_surer_than_one_and_the_surer_weighs_more() -> None:
    both = combined([Guess(1.0, 0.5, "a"), None, Guess(4.0, 1.0, "b")])
    assert both is not None
    assert both.per_period == pytest.approx(4**0.2)
    assert both.doubt == pytest.approx(0.4472, abs=1e-4)
    assert both.source == "a and b"


def test_nobody_guesses_is_no_guess() -> None:
    assert combined([None, None]) is None


def test_a_week_of_own_days_outweighs_the_guess() -> None:
    spread = first_forecast(Guess(10.0, 0.5, "a"), np.full(7, 1.0), np.ones(7), lead=9)
    assert spread.mean == pytest.approx([27.0])


def test_own_days_make_the_forecast_surer() -> None:
    guess = Guess(2.0, 0.7, "a")
    before = first_forecast(guess, NOTHING, NOTHING, lead=14)
    after = first_forecast(guess, np.full(28, 2.0), np.ones(28), lead=14)
    assert after.mean[0] == before.mean[0]
    assert after.quantiles[0, 3] < before.quantiles[0, 3]
