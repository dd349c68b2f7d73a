import numpy as np
import pytest

from cloud.forecasting.history import Records, clean
from cloud.forecasting.panel import PanelError
from tests.unit.cloud.forecasting.made import LAST, records

STEADY = [3.0, 4.0, 2.0, 5.0, 3.0, 6.0, 4.0] * 10


def kinds(findings: tuple) -> list[str]:
    return [finding.kind for finding in findings]


def test_a_clean_file_has_no_findings() -> None:
    panel, findings = clean(records({"beer": STEADY, "wine": STEADY}))
    assert findings == ()
    assert panel.ids == ("beer", "wine")
    assert panel.sold[0].tolist() == STEADY
    assert panel.ends_on == LAST


def test_days_before_a_series_begins_are_not_zeros() -> None:
    panel, _ = clean(records({"beer": STEADY, "new": STEADY[:20]}))
    assert panel.exposure[1, :50].max() == 0
    assert panel.exposure[1, 50:].min() == 1


def test_missing_days_are_days_without_a_sale_and_said() -> None:
    rows = records({"beer": STEADY, "rare": STEADY})
    keep = (rows.names == "beer") | (np.arange(140) % 2 == 0)
    panel, findings = clean(Records(rows.names[keep], rows.days[keep], rows.sold[keep]))
    assert panel.sold[1, 1::2].max() == 0
    assert [f.sentence for f in findings] == [
        "rare: 35 periods without a record were read as nothing sold."
    ] or kinds(findings) == ["gaps"]


def test_a_hole_in_every_series_is_a_closed_house() -> None:
    rows = records({"beer": STEADY})
    keep = (np.arange(70) < 20) | (np.arange(70) >= 40)
    panel, findings = clean(Records(rows.names[keep], rows.days[keep], rows.sold[keep]))
    assert not panel.is_open[0, 20:40].any()
    assert "closed" in kinds(findings)


def test_a_file_of_selling_days_alone_has_no_closed_house() -> None:
    rows = records({"rare": [1.0] * 100})
    keep = np.isin(np.arange(100), [0, 3, 9, 30, 47, 99])
    panel, findings = clean(Records(rows.names[keep], rows.days[keep], rows.sold[keep]))
    assert panel.is_open.all()
    assert kinds(findings) == ["gaps"]


def test_a_return_counts_as_nothing_sold() -> None:
    sold = [*STEADY[:-1], -2.0]
    panel, findings = clean(records({"beer": sold}))
    assert panel.sold[0, -1] == 0
    assert findings[0].sentence == "beer: 1 negative periods (returns) were read as nothing sold."


def test_a_column_of_negatives_is_refused() -> None:
    with pytest.raises(PanelError, match="70 periods are negative; these are not sales"):
        clean(records({"beer": [-amount for amount in STEADY]}))


def test_several_lines_of_one_day_are_added() -> None:
    rows = records({"beer": STEADY})
    twice = Records(
        np.append(rows.names, "beer"), np.append(rows.days, rows.days[5]), np.append(rows.sold, 1.0)
    )
    panel, findings = clean(twice)
    assert panel.sold[0, 5] == 7
    assert findings[0].sentence == "beer: 1 periods have several rows; they were added up."


def test_a_file_exported_twice_is_refused() -> None:
    rows = records({"beer": STEADY})
    with pytest.raises(
        PanelError, match="nearly every day is there twice with the same figure; export it once"
    ):
        clean(
            Records(np.r_[rows.names, rows.names], np.r_[rows.days, rows.days], np.r_[rows.sold, rows.sold])
        )


def test_one_bad_series_does_not_stop_the_others() -> None:
    panel, findings = clean(records({"beer": STEADY, "broken": [-1.0] * 70}))
    assert panel.ids == ("beer",)
    assert [finding.series for finding in findings if finding.refused] == ["broken"]


def test_an_absurd_outlier_is_left_out() -> None:
    sold = [*STEADY]
    sold[30] = 40_000.0
    panel, findings = clean(records({"beer": sold}))
    assert panel.exposure[0, 30] == 0
    assert panel.sold[0].max() == 6
    assert "40000 on 2026-10-12 is absurd" in findings[0].sentence


def test_after_a_change_of_unit_only_the_new_unit_is_used() -> None:
    panel, findings = clean(records({"rum": STEADY + [amount * 700 for amount in STEADY]}))
    assert panel.exposure[0, :70].max() == 0
    assert panel.sold[0, 70:].min() == 1400
    assert "since 2026-09-12 figures are 700 times those before" in findings[0].sentence


def test_a_doubled_business_is_no_change_of_unit() -> None:
    _, findings = clean(records({"rum": STEADY + [amount * 2 for amount in STEADY]}))
    assert findings == ()


def test_one_day_of_history_is_said_to_be_a_guess() -> None:
    panel, findings = clean(records({"beer": [6.0]}))
    assert panel.sold.tolist() == [[6.0]]
    assert "beer: only 1 periods of history" in findings[0].sentence


def test_all_zeros_are_said_to_be_nothing() -> None:
    _, findings = clean(records({"beer": [0.0] * 60}))
    assert findings[0].sentence == "beer: nothing was ever sold; the forecast is nothing."


def test_weekly_records_are_recognised() -> None:
    rows = records({"beer": STEADY})
    panel, _ = clean(Records(rows.names, LAST.toordinal() - 7 * np.arange(70), rows.sold))
    assert panel.step_days == 7
    assert panel.season == 1


def test_monthly_records_are_refused() -> None:
    rows = records({"beer": STEADY})
    with pytest.raises(PanelError, match="30 days apart: forecasts need daily or weekly demand"):
        clean(Records(rows.names, LAST.toordinal() - 30 * np.arange(70), rows.sold))


def test_an_unknown_amount_is_not_a_zero() -> None:
    sold = [*STEADY]
    sold[10] = float("nan")
    panel, _ = clean(records({"beer": sold}))
    assert panel.exposure[0, 10] == 0


def test_no_rows_are_refused() -> None:
    with pytest.raises(PanelError, match="The file has no rows"):
        clean(records({}))


def test_an_exposure_over_one_is_refused() -> None:
    rows = records({"beer": STEADY})
    with pytest.raises(PanelError, match="Column exposure must lie between 0 and 1"):
        clean(Records(rows.names, rows.days, rows.sold, exposure=np.full(70, 24.0)))
