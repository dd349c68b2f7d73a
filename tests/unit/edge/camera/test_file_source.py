"""A picture file as a camera."""

import os
from pathlib import Path

import pytest

from edge.camera.__main__ import main
from edge.camera.file_source import FileSource, PictureFileError, read_ppm

PICTURE = b"P6\n2 1\n255\n\xff\x00\x00\x00\x00\xff"


def test_every_change_of_the_file_is_a_frame(tmp_path: Path) -> None:
    path = tmp_path / "frame.ppm"
    path.write_bytes(PICTURE)
    source = FileSource(path, 100.0)
    first = source.capture()
    assert (first.width, first.height, first.seq, first.payload) == (2, 1, 0, PICTURE[-6:])
    path.write_bytes(PICTURE[:-6] + b"\x01\x02\x03\x04\x05\x06")
    os.utime(path, ns=(1, 1))
    assert source.capture().payload == b"\x01\x02\x03\x04\x05\x06"


def test_a_file_that_vanishes_is_a_camera_that_is_unplugged(tmp_path: Path) -> None:
    path = tmp_path / "frame.ppm"
    path.write_bytes(PICTURE)
    source = FileSource(path, 100.0)
    source.capture()
    path.unlink()
    with pytest.raises(FileNotFoundError):
        source.capture()


@pytest.mark.parametrize("data", [b"", b"P5\n2 1\n255\n" + b"x" * 6, PICTURE[:-1], b"P6\n99999 1\n255\nx"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(PictureFileError):
        read_ppm(data)


def test_a_source_without_its_file_is_a_sentence(tmp_path: Path, capsys) -> None:
    assert main(["serve", "--socket", str(tmp_path / "s"), "--source", "file"]) == 1
    assert "needs --file" in capsys.readouterr().err
