import subprocess
import sys

import numpy as np
import pytest

from cloud.forecasting.boosting import boosted, rows_per_series, share_of_boosting
from cloud.forecasting.levels import levels_of
from cloud.forecasting.methods import default, ensemble
from tests.unit.cloud.forecasting.made import panel_from, poisson_panel

lightgbm = pytest.importorskip("lightgbm", reason="the extra `forecast` (LightGBM) is not installed")


def test_learns_the_rate_of_poisson_demand() -> None:
    panel = poisson_panel(series=30, days=300, mean=6.0)
    split = levels_of(panel, 14)
    learned = boosted(panel, split, default(panel, 14, (14,)), 14, (14,))
    assert learned.sums[14].mean.sum() == pytest.approx(14 * panel.sold.mean() * 30, rel=0.1)


def test_two_fits_on_the_same_panel_agree_exactly() -> None:
    panel = poisson_panel(series=60, days=300)
    first, again = ensemble(panel, 7, (7,)), ensemble(panel, 7, (7,))
    assert share_of_boosting(panel, levels_of(panel, 7), 7) > 0
    np.testing.assert_array_equal(first.sums[7].quantiles, again.sums[7].quantiles)


def test_quantiles_never_cross() -> None:
    panel = poisson_panel(series=60, days=300)
    forecast = ensemble(panel, 7, (3, 7), levels=(0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99))
    assert (np.diff(forecast.daily.quantiles, axis=-1) >= 0).all()
    assert (np.diff(forecast.sums[3].quantiles, axis=-1) >= 0).all()


def test_its_share_grows_with_what_was_seen() -> None:
    few, many = poisson_panel(series=20, days=300), poisson_panel(series=300, days=800)
    shares = [share_of_boosting(panel, levels_of(panel, 14), 14) for panel in (few, many)]
    assert shares[0] == 0
    assert shares[1] > 0.5


def test_rows_stay_bounded_with_many_series() -> None:
    panel = panel_from(np.ones((50_000, 3)))
    assert rows_per_series(panel) * 50_000 <= 600_000


def test_importing_the_methods_imports_neither_pandas_nor_lightgbm() -> None:
    code = (
        "import sys, cloud.forecasting.command; print({'pandas', 'lightgbm', 'pyarrow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
