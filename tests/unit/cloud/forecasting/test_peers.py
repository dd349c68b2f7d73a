"""Other people's models in our shape; a stand-in speaks statsforecast's language."""

import sys
from types import ModuleType

import numpy as np
import pytest

from cloud.forecasting import peers
from cloud.forecasting.panel import PanelError
from cloud.forecasting.peers import PEERS, peer
from tests.unit.cloud.forecasting.made import panel_from


class Flat:
    """Says the mean with a sigma of 2, as statsforecast's models do: a dict with 'mean' and 'hi-68.27'."""

    def __init__(self, **options):
        self.options = options

    def forecast(self, y, h, level):
        if y.max() > 1e6:
            raise ZeroDivisionError
        return {"mean": np.full(h, y.mean()), f"hi-{level[0]}": np.full(h, y.mean() + 2.0)}


class Without(Flat):
    """Refuses to be asked for intervals, as Croston's methods do."""

    def forecast(self, y, h, level=None):
        if level is not None:
            raise TypeError("You have to instantiate the class with `prediction_intervals`")
        return {"mean": np.full(h, y.mean())}


@pytest.fixture
def statsforecast(monkeypatch):
    models = ModuleType("statsforecast.models")
    for name in ("AutoARIMA", "AutoETS", "AutoTheta"):
        setattr(models, name, Flat)
    models.CrostonSBA = Without
    package = ModuleType("statsforecast")
    package.models = models
    monkeypatch.setitem(sys.modules, "statsforecast", package)
    monkeypatch.setitem(sys.modules, "statsforecast.models", models)
    monkeypatch.setattr(peers, "find_spec", lambda name: object())


@pytest.mark.parametrize("name", ["ARIMA", "ETS", "Theta"])
def test_a_models_mean_and_sigma_become_days_and_sums(statsforecast, name):
    known = np.tile([4.0, 6.0], (3, 30))
    forecast = peer(name)(panel_from(known), 7, (4,), (0.5, 0.8413))
    assert forecast.daily.mean == pytest.approx(np.full((3, 7), 5.0))
    assert forecast.daily.quantiles[0, 0] == pytest.approx([5.0, 7.0], abs=1e-3)
    assert forecast.sums[4].quantiles[0] == pytest.approx([20.0, 24.0], abs=1e-2)


def test_a_model_without_intervals_gets_the_spread_of_the_newest_weeks(statsforecast):
    known = np.tile([4.0, 6.0], (1, 60))
    forecast = peer("Croston")(panel_from(known), 7, (4,), (0.5, 0.8413))
    assert forecast.daily.quantiles[0, 0] == pytest.approx([5.0, 6.0], abs=1e-3)


def test_a_series_too_short_or_too_strange_for_a_model_gets_its_own_mean(statsforecast):
    strange = np.full((3, 60), 5.0)
    strange[0] = 2e6
    assert peer("ETS")(panel_from(strange), 7, (7,)).daily.mean[0, 0] == pytest.approx(2e6)
    short = np.full((1, 5), 3.0)
    assert peer("ETS")(panel_from(short), 7, (7,)).daily.mean[0, 0] == pytest.approx(3.0)


def test_a_model_that_is_not_installed_says_what_to_install(monkeypatch):
    monkeypatch.setattr(peers, "find_spec", lambda name: None)
    with pytest.raises(PanelError, match="Prophet needs prophet: install the extra `compare`"):
        peer("Prophet")


def test_a_model_that_fails_at_most_series_says_why_instead_of_standing_in(statsforecast):
    with pytest.raises(PanelError, match="ETS fails at most series: "):
        peer("ETS")(panel_from(np.full((3, 60), 2e6)), 7, (7,))


@pytest.mark.parametrize("name", PEERS)
def test_the_real_models_say_something_of_their_own(name):
    """With the extra `compare` alone: each follows a week or a level that the mean does not know."""
    pytest.importorskip("prophet" if name == "Prophet" else "statsforecast", reason="extra `compare`")
    dice = np.random.default_rng(5)
    rate = np.tile([2.0, 2.0, 2.0, 2.0, 9.0, 9.0, 2.0], 12) * np.repeat([1.0, 2.0], 42)
    panel = panel_from(dice.poisson(rate, (2, 84)).astype(float))
    forecast = peer(name)(panel, 7, (7,), (0.1, 0.5, 0.9))
    assert np.all(np.diff(forecast.daily.quantiles, axis=-1) >= 0)
    week = forecast.daily.mean[0]
    assert abs(week.sum() / panel.sold[0].mean() / 7 - 1) > 0.1 or np.ptp(week) > 3.0
