import json
import re
from pathlib import Path

import pytest

from cloud.forecasting.command import main
from cloud.forecasting.methods import METHODS
from tests.unit.cloud.forecasting.made import LAST, poisson_panel


def write_csv(path: Path, separator: str = ",", series: int = 4, days: int = 150) -> Path:
    panel = poisson_panel(series=series, days=days)
    lines = [separator.join(("unique_id", "ds", "y"))]
    for name, sold in zip(panel.ids, panel.sold, strict=True):
        for at, amount in enumerate(sold):
            day = LAST.fromordinal(LAST.toordinal() - days + 1 + at)
            lines.append(separator.join((name, day.isoformat(), str(amount))))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_reports_which_method_wins(tmp_path, capsys, separator: str) -> None:
    file = write_csv(tmp_path / "sales.csv", separator)
    assert main(["backtest", str(file), "--methods", "default,seasonal naive"]) == 0
    told = capsys.readouterr().out
    assert (
        "4 series, 150 days up to 2026-11-20; 4 of them tried from 3 past origins, lead time 14 days." in told
    )
    assert "Best for orders: default" in told


def test_figures_can_be_read_by_a_program(tmp_path, capsys) -> None:
    file = write_csv(tmp_path / "sales.csv")
    assert main(["backtest", str(file), "--methods", "default", "--json", "--lead", "5", "--cuts", "2"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["lead_periods"] == 5
    assert told["scores"][0]["method"] == "default"
    assert told["scores"][0]["origins"] == 2


def test_parquet_gives_the_same_figures_as_csv(tmp_path, capsys) -> None:
    csv = pytest.importorskip("pyarrow.csv", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")

    file = write_csv(tmp_path / "sales.csv")
    parquet.write_table(csv.read_csv(file), tmp_path / "sales.parquet")
    told = []
    for name in ("sales.csv", "sales.parquet"):
        assert main(["backtest", str(tmp_path / name), "--methods", "default", "--json"]) == 0
        told.append(json.loads(capsys.readouterr().out)["scores"][0]["lead_loss"])
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("unique_id,ds\nbeer,2026-11-20\n", "Column y is missing"),
        (
            "unique_id,ds,y\nbeer,20.11.2026,3\n",
            "Line 2: ds is '20.11.2026', wanted a date such as 2026-11-20.",
        ),
        (
            "unique_id,ds,y\nbeer,2026-11-20,three\n",
            "Line 2: y is 'three', wanted a number such as 12 or 0.5.",
        ),
        ("unique_id,ds,y\nbeer,2026-11-20\n", "Line 2 has 2 fields, the first line 3."),
        ("unique_id,ds,y\n", "The file has no rows"),
        ("", "Column unique_id, ds, y is missing"),
        ("unique_id,ds,y\nbeer,2026-11-20,3\n", "the history is too short to try methods on it"),
    ],
)
def test_refuses_a_broken_file_in_a_sentence(tmp_path, capsys, content: str, sentence: str) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(content, encoding="utf-8")
    assert main(["backtest", str(file)]) == 2
    assert sentence in capsys.readouterr().err


def test_refuses_a_file_that_is_not_there(tmp_path, capsys) -> None:
    assert main(["backtest", str(tmp_path / "none.csv")]) == 2
    assert "There is no file" in capsys.readouterr().err


def test_refuses_an_unknown_method_and_names_the_known(tmp_path, capsys) -> None:
    assert main(["backtest", str(write_csv(tmp_path / "s.csv")), "--methods", "oracle"]) == 2
    assert "There is no method oracle: choose from default, ensemble" in capsys.readouterr().err


def test_many_series_are_thinned_to_the_asked_number(tmp_path, capsys) -> None:
    file = write_csv(tmp_path / "sales.csv", series=6)
    assert main(["backtest", str(file), "--methods", "default", "--max-series", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scores"][0]["series"] == 2


def test_every_option_and_method_is_documented(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["backtest", "--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    documented = (Path(__file__).parents[4] / "docs" / "forecasting.md").read_text(encoding="utf-8")
    assert options == {"--horizon", "--lead", "--cuts", "--methods", "--max-series", "--json"}
    assert [name for name in (*options, *METHODS) if name not in documented] == []


@pytest.mark.parametrize("option", ["--lead", "--horizon", "--cuts", "--max-series"])
def test_an_option_out_of_range_is_refused(tmp_path, capsys, option: str) -> None:
    file = write_csv(tmp_path / "sales.csv")
    assert main(["backtest", str(file), "--methods", "default", option, "-3"]) == 2
    assert "Give " in capsys.readouterr().err
