"""Real demand lies outside the repository; where it is, the default must keep what it reached."""

import pytest

from cloud.forecasting.backtest import compare
from cloud.forecasting.history import clean
from cloud.forecasting.methods import default, seasonal_naive
from cloud.forecasting.tables import read_records
from tests.recordings import recording


@pytest.mark.parametrize(
    ("name", "horizon", "loss", "lead_loss"),
    [("cafe_montreal", 14, 0.198, 0.256), ("tavern_weekly", 4, 0.277, 0.304)],
)
def test_the_default_is_as_good_as_its_model_on_real_bars(name, horizon, loss, lead_loss) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    panel, findings = clean(read_records(recording(f"demand/{name}.parquet")))
    scores = compare(panel, {"default": default, "naive": seasonal_naive}, horizon, horizon, 3)
    assert not [finding for finding in findings if finding.refused]
    assert scores[0].method == "default"
    assert scores[0].loss <= loss
    assert scores[0].lead_loss <= lead_loss
    assert 0.90 <= scores[0].under_95 <= 0.995
