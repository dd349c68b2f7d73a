"""The command that writes the contact sheet."""

from pathlib import Path

import pytest

pytest.importorskip("cv2", reason="the renderer needs OpenCV: install opencv-python-headless")

from firmware_sim.render.__main__ import main


def test_the_sheet_is_written(tmp_path: Path) -> None:
    out = tmp_path / "sheet.jpg"
    assert main(["sheet", str(out), "--quality", "50"]) == 0
    assert out.read_bytes()[:2] == b"\xff\xd8"


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sheet", str(tmp_path / "missing" / "sheet.jpg")]) == 1
    assert "does its folder exist" in capsys.readouterr().err
