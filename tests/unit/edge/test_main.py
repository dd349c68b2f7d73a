import json
from pathlib import Path

import pytest

from edge.__main__ import main


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace.csv"
    weights = [2.0 + 0.001 * (i % 3) for i in range(100)] + [1.5 + 0.001 * (i % 3) for i in range(100)]
    lines = [f"{i},{kg}" for i, kg in enumerate(weights)]
    path.write_text("\n".join(["sample,weight_kg", *lines, ""]))
    return path


def test_movements_prints_what_the_engine_finds_one_json_line_each(trace, capsys) -> None:
    assert main(["movements", str(trace), "--rate", "10", "--density", "1.0"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert found["movement"] == "pour"
    assert found["delta_g"] == pytest.approx(-500, abs=1)
    assert found["volume_ml"] == pytest.approx(500, abs=1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--column", "salt"], "no column salt; the file has sample, weight_kg"),
        (["--column", "sample"], "does not say its unit: pass --unit kg or --unit g"),
        (["--rate", "0"], "give 1 to 1000 samples per second"),
    ],
)
def test_a_trace_that_cannot_be_read_says_what_to_do(trace, capsys, arguments, words) -> None:
    assert main(["movements", str(trace), *arguments]) == 1
    assert words in capsys.readouterr().err


def test_a_row_without_a_number_is_named(tmp_path, capsys) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("weight_g\n1\nx\n")
    assert main(["movements", str(path)]) == 1
    assert "a row without a number in column 'weight_g'" in capsys.readouterr().err


def test_identity_prints_the_same_key_every_time(tmp_path, capsys, monkeypatch) -> None:
    for name, value in {
        "GATEWAY_ID": "gw",
        "LAYOUT_FILE": "x",
        "DATA_DIR": str(tmp_path),
        "CLOUD_URL": "http://c",
    }.items():
        monkeypatch.setenv(f"BARBACK_EDGE_{name}", value)
    assert main(["identity"]) == 0
    assert main(["identity"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    assert main(["status"]) == 1
    assert "the gateway has not run there; start `python -m edge run`" in capsys.readouterr().out


def test_missing_settings_fail_the_selftest_and_every_command(capsys) -> None:
    assert main(["selftest"]) == 1
    assert "FAIL  settings: BARBACK_EDGE_GATEWAY_ID is not set" in capsys.readouterr().out
    assert main(["run"]) == 1
    assert "BARBACK_EDGE_GATEWAY_ID is not set" in capsys.readouterr().err


def test_every_command_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs/gateway.md").read_text()
    for command in ("run", "identity", "status", "calibrate", "tare", "selftest", "movements"):
        assert f"`python -m edge {command}" in text
    for command in ("serve", "grab", "selftest"):
        assert f"`python -m edge.camera {command}" in text
