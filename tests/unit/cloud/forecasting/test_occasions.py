"""What special days do, and that only what foretells is believed."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from cloud.forecasting.levels import levels_of
from cloud.forecasting.methods import default, ensemble
from cloud.forecasting.occasions import Occasions, effects_of
from cloud.forecasting.panel import Panel

DAYS, AHEAD = 400, 14
FESTIVAL = np.zeros(DAYS + AHEAD)
FESTIVAL[[60, 131, 202, 273, 344, DAYS + 3]] = 1.0


def panel(factor=1.0, column=FESTIVAL, family="event", series=20, seed=1):
    """Twenty products whose demand a festival multiplies."""
    dice = np.random.default_rng(seed)
    mean = dice.uniform(2, 10, (series, 1)) * np.where(column[:DAYS] != 0, factor, 1.0)
    sold = dice.poisson(mean).astype(float)
    whole = np.ones(sold.shape)
    occasions = Occasions(("festival",), (family,), column[:, None])
    ids = tuple(f"p{at}" for at in range(series))
    return Panel(ids, date(2026, 1, 1), 1, sold, whole, whole > 0, occasions=occasions)


def test_a_festival_that_doubles_demand_is_foretold_to_do_so_again():
    known = panel(2.0)
    effects = levels_of(known, 14).effects
    assert effects.strength["festival"] == pytest.approx(2.0, rel=0.1)
    assert effects.gain["festival"] > 0.5
    foretold = default(known, AHEAD, (7,)).daily.mean.sum(axis=0)
    assert foretold[3] / np.delete(foretold, 3).mean() == pytest.approx(2.0, rel=0.1)


def test_the_level_does_not_follow_a_festival():
    known = panel(4.0)
    with_, without = (
        levels_of(each, 14).level[:, 345].sum() for each in (known, replace(known, occasions=None))
    )
    usual = levels_of(panel(1.0), 14).level[:, 345].sum()
    assert abs(with_ - usual) < abs(without - usual)


@pytest.mark.parametrize("seed", range(5))
def test_what_does_nothing_is_not_believed(seed):
    assert levels_of(panel(1.0, seed=seed), 14).effects.strength == {}


def test_what_was_seen_too_rarely_is_not_believed():
    twice = np.where(np.arange(DAYS + AHEAD) < 150, FESTIVAL, 0.0)
    assert levels_of(panel(3.0, column=twice), 14).effects.strength == {}


def test_warmth_is_a_matter_of_degree():
    warmth = np.random.default_rng(3).normal(0, 0.6, DAYS + AHEAD)
    dice = np.random.default_rng(4)
    known = panel(1.0, column=warmth, family="weather")
    sold = dice.poisson(5 * np.exp(0.4 * warmth[:DAYS]), known.sold.shape).astype(float)
    effects = levels_of(replace(known, sold=sold), 14).effects
    assert np.log(effects.strength["festival"]) == pytest.approx(0.4, abs=0.05)
    assert np.log(effects.ahead) == pytest.approx(0.4 * warmth[DAYS:], abs=0.05)


def test_nothing_known_and_nothing_sold_are_no_effect():
    known = panel(1.0)
    assert levels_of(replace(known, occasions=None), 14).effects.strength == {}
    nothing = np.zeros((2, DAYS))
    assert effects_of(known.occasions, nothing, nothing, AHEAD).ahead.tolist() == [1.0] * AHEAD


def test_days_beyond_those_known_have_nothing_special():
    occasions = Occasions(("festival",), ("event",), FESTIVAL[: DAYS + 2, None])
    foretold = default(replace(panel(3.0), occasions=occasions), AHEAD, (7,)).daily.mean.sum(axis=0)
    assert foretold.std() / foretold.mean() < 0.1


def test_the_ensemble_moves_the_trees_as_well():
    pytest.importorskip("lightgbm", reason="the extra `forecast` is not installed")
    known = panel(2.0, series=50)
    foretold = ensemble(known, AHEAD, (7,))
    daily = foretold.daily.mean.sum(axis=0)
    assert daily[3] / np.delete(daily, 3).mean() == pytest.approx(2.0, rel=0.15)
    assert foretold.sums[7].mean.sum() == pytest.approx(daily[:7].sum(), rel=0.1)
